"""Connected components by repeated relaxation: slow, obvious, and the truth for the union-find kernel."""

from collections.abc import Sequence


def connected_components(n_rows: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Return the smallest row connected to each row."""
    labels = list(range(n_rows))
    changed = True
    while changed:
        changed = False
        for a, b in edges:
            smallest = min(labels[a], labels[b])
            if labels[a] != smallest or labels[b] != smallest:
                labels[a] = labels[b] = smallest
                changed = True
    return labels

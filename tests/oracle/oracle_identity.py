"""Which child a cluster continues, record by record."""

from collections import defaultdict


def continue_slowly(
    clusters: list[int], previous: list[int], record_nos: list[int], first_new: int
) -> tuple[list[int], dict[int, int]]:
    """The child of each record, and which children were merged into which."""
    parts: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for cluster, child, record_no in zip(clusters, previous, record_nos, strict=True):
        if child != -1:
            parts[child][cluster].append(record_no)
    claims: dict[int, list[int]] = defaultdict(list)
    for child, by_cluster in parts.items():
        stays = min(by_cluster, key=lambda cluster: (-len(by_cluster[cluster]), min(by_cluster[cluster])))
        claims[stays].append(child)
    child_of_cluster: dict[int, int] = {}
    merged: dict[int, int] = {}
    for cluster, children in claims.items():
        child_of_cluster[cluster] = min(children)
        merged |= {child: min(children) for child in children if child != min(children)}
    oldest = {c: min(r for r, k in zip(record_nos, clusters, strict=True) if k == c) for c in set(clusters)}
    for cluster in sorted(set(clusters) - set(claims), key=lambda c: oldest[c]):
        child_of_cluster[cluster] = first_new
        first_new += 1
    return [child_of_cluster[cluster] for cluster in clusters], merged

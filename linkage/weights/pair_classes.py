"""The numbering of unordered pairs of sources, and how many record pairs each holds."""

import numpy as np
import numpy.typing as npt

__all__ = ["n_sources_of", "pair_class_of", "sources_of_pair_classes", "total_pairs"]


def pair_class_of(first: int, second: int, n_sources: int) -> int:
    """Index of the pair class of two sources, in either order."""
    low, high = min(first, second), max(first, second)
    return low * n_sources - low * (low - 1) // 2 + (high - low)


def sources_of_pair_classes(n_sources: int) -> list[tuple[int, int]]:
    """(a, b) with a <= b of every pair class, in order."""
    return [(a, b) for a in range(n_sources) for b in range(a, n_sources)]


def n_sources_of(n_pair_classes: int) -> int:
    """How many sources make this many pair classes; ValueError if no number does."""
    n_sources = int((np.sqrt(8 * n_pair_classes + 1) - 1) / 2 + 0.5)
    if n_sources * (n_sources + 1) // 2 != n_pair_classes:
        raise ValueError(f"{n_pair_classes} pair classes: expected n(n+1)/2 for n sources")
    return n_sources


def total_pairs(n_records: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Record pairs in every pair class, int64 (n_pair_classes,), from the records per source."""
    records = np.asarray(n_records, dtype=np.int64)
    pairs = [
        records[a] * (records[a] - 1) // 2 if a == b else records[a] * records[b]
        for a, b in sources_of_pair_classes(len(records))
    ]
    return np.array(pairs, dtype=np.int64)

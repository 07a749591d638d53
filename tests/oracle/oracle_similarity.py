"""Similarity joins with Python integers and fractions: one number a filter, every pair looked at."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt


def as_integers(filters: npt.NDArray[np.uint64]) -> list[int]:
    """Each filter as one integer."""
    return [int.from_bytes(row.astype("<u8").tobytes(), "little") for row in filters]


def similarity(a: int, b: int, metric: str, n_bits: int) -> Fraction:
    """Exact similarity of two filters; 0 if either has no set bit."""
    both, total = (a & b).bit_count(), a.bit_count() + b.bit_count()
    if not a or not b:
        return Fraction(0)
    if metric == "dice":
        return Fraction(2 * both, total)
    if metric == "jaccard":
        return Fraction(both, total - both)
    return 1 - Fraction(total - 2 * both, n_bits)


def join(
    left: npt.NDArray[np.uint64], right: npt.NDArray[np.uint64] | None, threshold: str, metric: str
) -> list[tuple[int, int, int]]:
    """Pairs (left, right, overlap) whose similarity is at least the decimal threshold, ascending."""
    xs, ys = as_integers(left), as_integers(left if right is None else right)
    n_bits = 64 * left.shape[1]
    return [
        (i, j, (x & y).bit_count())
        for i, x in enumerate(xs)
        for j, y in enumerate(ys)
        if (right is not None or i < j)
        and x
        and y
        and similarity(x, y, metric, n_bits) >= Fraction(threshold)
    ]


def greedy_one_to_one(edges: Sequence[tuple[int, int, float]]) -> set[int]:
    """Edges taken greedily: best weight first, ties by left row, then right row, then place."""
    order = sorted(range(len(edges)), key=lambda place: (-edges[place][2], *edges[place][:2], place))
    lefts: set[int] = set()
    rights: set[int] = set()
    taken = set()
    for place in order:
        left, right, _ = edges[place]
        if left not in lefts and right not in rights:
            taken.add(place)
            lefts.add(left)
            rights.add(right)
    return taken

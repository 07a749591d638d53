"""What a similarity threshold asks of two filters, exactly, and where a pair may be given up."""

from fractions import Fraction
from math import floor
from typing import Literal

import numpy as np
import numpy.typing as npt

from linkage.kernels.join_loading import JoinSide
from linkage.kernels.join_tiles import JoinRule
from linkage.kernels.lanes import LANES
from linkage.kernels.stopping import cheapest_points
from linkage.kernels.tile_layout import PIECES_A_WORD

__all__ = ["Similarity", "greatest_distance", "join_rule", "needed_overlaps", "sorted_side"]

Similarity = Literal["dice", "jaccard", "hamming"]

_SAMPLE_TILES = 32
_SAMPLE_QUERIES = 16


def sorted_side(words: npt.NDArray[np.uint64]) -> JoinSide:
    """Sort filters by their set bits, by row among equals, and leave out those without any."""
    bits = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    rows = np.argsort(bits, kind="stable")
    rows = rows[np.searchsorted(bits[rows], 1) :]
    return JoinSide(np.ascontiguousarray(words), rows, bits[rows])


def needed_overlaps(n_bits: int, threshold: float, metric: Similarity) -> npt.NDArray[np.int64]:
    """Least overlap of two similar filters for every sum of their set bits, int64 (2 * n_bits + 1,).

    The threshold is taken for the decimal number it prints as, so 0.8 is four fifths, and a pair at exactly
    the threshold is similar. Dice: ``2 * o / s``; Jaccard: ``o / (s - o)``; Hamming: share of equal bits.
    """
    if metric == "hamming":
        distance = greatest_distance(n_bits, threshold)
        return np.maximum((np.arange(2 * n_bits + 1) - distance + 1) // 2, 0)
    t = _decimal(threshold)
    factor = t / 2 if metric == "dice" else t / (1 + t)
    # In whole numbers, and Python's, which do not overflow; fractions would take longer than a small join.
    over, under = factor.as_integer_ratio()
    return np.array([-(-over * total // under) for total in range(2 * n_bits + 1)], dtype=np.int64)


def greatest_distance(n_bits: int, threshold: float) -> int:
    """Most bits that may differ at a Hamming similarity."""
    return floor((1 - _decimal(threshold)) * n_bits)


def _decimal(threshold: float) -> Fraction:
    return Fraction(repr(float(threshold)))


def join_rule(
    left: JoinSide,
    right: JoinSide,
    need: npt.NDArray[np.int64],
    most: npt.NDArray[np.int64] | None,
    *,
    itself: bool,
) -> JoinRule:
    """Put the rule together; lanes are dropped by distance where `most` is given.

    `most` int64 (n_words,) is the greatest distance after each word of a pair that is not given up.
    """
    n_bits = (need.size - 1) // 2
    first, stop = _places(right.bits, need, n_bits)
    ends = _points(left, right, need, most, (first, stop))
    points = np.array([PIECES_A_WORD * end for end in ends], dtype=np.int64)
    bounds = np.zeros(points.size, np.int64) if most is None else most[np.array(ends) - 1]
    return JoinRule(need, first, stop, points, most is not None, bounds, itself)


def _places(
    bits: npt.NDArray[np.int64], need: npt.NDArray[np.int64], n_bits: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Places whose lengths can be similar to so many set bits: an interval around as many bits.

    `need` rises by at most one a step, so with `a` bits on the left, shorter filters become possible at
    some length (the overlap is at most that length) and longer ones stay so until `need` exceeds `a`.
    """
    least = np.zeros(n_bits + 1, dtype=np.int64)
    shortest = 1
    for a in range(1, n_bits + 1):
        while shortest < need[a + shortest]:
            shortest += 1
        least[a] = min(shortest, a)
    greatest = np.searchsorted(need, np.arange(n_bits + 1), "right") - 1 - np.arange(n_bits + 1)
    return (
        np.searchsorted(bits, least, "left").astype(np.int64),
        np.searchsorted(bits, greatest, "right").astype(np.int64),
    )


def _points(
    left: JoinSide,
    right: JoinSide,
    need: npt.NDArray[np.int64],
    most: npt.NDArray[np.int64] | None,
    places: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
) -> list[int]:
    """Words after which lanes are dropped, so that sampled tiles cost least; the last is all words."""
    shares = _shares_alive(left, right, need, most, places)
    return [left.words.shape[1]] if shares is None else cheapest_points(shares)


def _shares_alive(
    left: JoinSide,
    right: JoinSide,
    need: npt.NDArray[np.int64],
    most: npt.NDArray[np.int64] | None,
    places: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
) -> npt.NDArray[np.float64] | None:
    """Share of sampled tiles with a lane that may still be similar after each word; None if none was sampled."""
    rng = np.random.default_rng(0)
    counts = np.zeros(left.words.shape[1] + 1)
    for _ in range(_SAMPLE_TILES if left.rows.size else 0):
        # Queries of about one length, as a tile meets them, and a tile that the first of them reaches.
        start = int(rng.integers(max(left.rows.size - _SAMPLE_QUERIES, 0) + 1))
        queries = left.rows[start : start + _SAMPLE_QUERIES]
        a = left.bits[start : start + _SAMPLE_QUERIES]
        first, stop = int(places[0][a[0]]), int(places[1][a[0]])
        if first >= stop:
            continue
        column = int(rng.integers(first // LANES, (stop - 1) // LANES + 1)) * LANES
        b = right.bits[column : column + LANES]
        x = left.words[queries][:, None]
        y = right.words[right.rows[column : column + LANES]]
        if most is None:
            overlap = np.bitwise_count(x & y).cumsum(axis=2, dtype=np.int64)
            rest_x = a[:, None, None] - np.bitwise_count(x).cumsum(axis=2, dtype=np.int64)
            rest_y = b[:, None] - np.bitwise_count(y).cumsum(axis=1, dtype=np.int64)
            kept = overlap + np.minimum(rest_x, rest_y) >= need[a + b[0]][:, None, None]
        else:
            kept = np.bitwise_count(x ^ y).cumsum(axis=2, dtype=np.int64) <= most
        counts[:-1] += kept.any(axis=1).sum(axis=0)
        counts[-1] += queries.size
    return counts[:-1] / counts[-1] if counts[-1] else None

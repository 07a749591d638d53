"""Every pair of similar filters of two tables, or of one with itself, exactly and in chunks.

Two filters are compared as a whole, so this serves single-filter records (a CLK) and look-ups; records of
several filters are compared in `linkage.candidates`. The join does not fit results in memory: it yields
them.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from linkage.kernels.join_loading import JOIN_PANEL_ROWS
from linkage.kernels.join_rules import Similarity, greatest_distance, join_rule, needed_overlaps, sorted_side
from linkage.kernels.join_tiles import JoinInput, JoinPart, SimilarBuffer, join_part
from linkage.kernels.lanes import LANES
from linkage.kernels.plan_arrays import MAX_VIEW_WORDS
from linkage.kernels.running import available_threads, stream_in_order
from linkage.kernels.stopping import stopping_distances

__all__ = [
    "SimilarPairs",
    "Similarity",
    "checked_filters",
    "checked_metric",
    "similarities",
    "similarity_join",
]

_CHUNKS = 32
_CHUNK_PAIRS = 1 << 22, 1 << 27
"""How many chunks a join is cut into, so that threads end together, and between how many pairs each has."""


@dataclass(frozen=True, repr=False)
class SimilarPairs:
    """Pairs at or above a threshold.

    Attributes
    ----------
    left, right
        int64 (n,): rows of the two tables; in a self-join left < right.
    overlap
        int64 (n,): bits that both set.
    similarity
        float64 (n,): for reading and sorting; the threshold was met in integers.
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    overlap: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return self.left.size


def similarity_join(
    left: npt.NDArray[np.uint64],
    right: npt.NDArray[np.uint64] | None,
    threshold: float,
    *,
    metric: Similarity = "dice",
    threads: int | None = None,
    error: float = 0.0,
    buffer_pairs: int = 1 << 20,
) -> Generator[SimilarPairs, None, None]:
    """Find every pair of filters whose similarity is at least a threshold.

    Parameters
    ----------
    left, right
        uint64 (n, n_words): filters, of any width that is a multiple of 64 bits. None on the right joins
        the left with itself: every pair of different rows once. A filter without a set bit is missing, and
        similar to nothing.
    threshold
        Above 0 and at most 1. Taken for the decimal number it prints as; a pair exactly at it is found.
    metric
        "dice" ``2 |A and B| / (|A| + |B|)``, "jaccard" ``|A and B| / |A or B|``, "hamming" share of equal
        bits.
    threads
        By default all processors. Pairs and their order do not depend on it.
    error
        For "hamming" on diffused filters: chance that a pair at the threshold is given up by a sequential
        test on a part of its bits. 0 is exact.
    buffer_pairs
        Most pairs in a chunk. Memory is bounded by it, also if every pair is similar.

    Yields
    ------
    SimilarPairs, none empty, in an order that is always the same.

    Raises
    ------
    ValueError
        At once, if an argument is out of range or the filters differ in width.
    """
    left = checked_filters("left", left)
    other = left if right is None else checked_filters("right", right)
    if left.shape[1] != other.shape[1]:
        raise ValueError(f"filters differ in width: {left.shape[1]} words and {other.shape[1]} words")
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold: expected above 0 and at most 1, got {threshold}")
    checked_metric(metric)
    if not 0 <= error < 0.01 or (error and metric != "hamming"):
        raise ValueError("error: expected 0, or for hamming less than 0.01")
    if buffer_pairs < 2 * LANES:
        raise ValueError(f"buffer_pairs: expected {2 * LANES} or more, got {buffer_pairs}")
    join = _Join(left, None if right is None else other, threshold, metric, error, buffer_pairs)
    return join.stream(threads or available_threads())


def checked_filters(side: str, filters: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Filters as the kernels take them.

    Raises
    ------
    ValueError
        If they are not uint64 in two dimensions, or too wide.
    """
    if filters.ndim != 2 or filters.dtype != np.uint64:
        raise ValueError(
            f"{side}: expected uint64 of shape (n, n_words), got {filters.dtype} {filters.shape}"
        )
    if not 1 <= filters.shape[1] <= MAX_VIEW_WORDS:
        raise ValueError(f"{side}: expected 1 to {MAX_VIEW_WORDS} words a filter, got {filters.shape[1]}")
    return np.ascontiguousarray(filters)


def checked_metric(metric: str) -> None:
    """Refuse an unknown similarity."""
    if metric not in get_args(Similarity):
        raise ValueError(f"metric: expected one of {', '.join(get_args(Similarity))}, got {metric!r}")


def similarities(
    bits_left: npt.NDArray[np.int64],
    bits_right: npt.NDArray[np.int64],
    overlap: npt.NDArray[np.int64],
    metric: Similarity,
    n_bits: int,
) -> npt.NDArray[np.float64]:
    """Similarity of pairs of filters, none of them empty, from their set bits and overlap."""
    total = bits_left + bits_right
    if metric == "dice":
        return 2 * overlap / total
    if metric == "jaccard":
        return overlap / (total - overlap)
    return 1 - (total - 2 * overlap) / n_bits


class _Join:
    """One join: both sides sorted, the rule worked out."""

    def __init__(
        self,
        left: npt.NDArray[np.uint64],
        right: npt.NDArray[np.uint64] | None,
        threshold: float,
        metric: Similarity,
        error: float,
        buffer_pairs: int,
    ) -> None:
        self._metric: Similarity = metric
        self._n_bits = 64 * left.shape[1]
        self._buffer_pairs = buffer_pairs
        self._left = sorted_side(left)
        self._right = self._left if right is None else sorted_side(right)
        self._bits_left = np.bitwise_count(left).sum(axis=1, dtype=np.int64)
        self._bits_right = (
            self._bits_left if right is None else np.bitwise_count(right).sum(axis=1, dtype=np.int64)
        )
        need = needed_overlaps(self._n_bits, threshold, metric)
        most = None
        if metric == "hamming":
            distance = greatest_distance(self._n_bits, threshold)
            most = stopping_distances(left.shape[1], distance, error)
        self._rule = join_rule(self._left, self._right, need, most, itself=right is None)
        self._input = JoinInput(self._left, self._right, self._rule)

    def stream(self, threads: int) -> Generator[SimilarPairs, None, None]:
        """Run the parts and give what they find."""
        for _, pairs, _ in stream_in_order(self._parts(), self._run, threads):
            if len(pairs):
                yield pairs

    def _parts(self) -> Iterator[JoinPart]:
        n_left, n_right = self._left.rows.size, self._right.rows.size
        wanted = min(max(n_left * n_right // _CHUNKS, _CHUNK_PAIRS[0]), _CHUNK_PAIRS[1])
        width = -(-wanted // JOIN_PANEL_ROWS // LANES) * LANES
        for query in range(0, n_left, JOIN_PANEL_ROWS):
            stop = min(query + JOIN_PANEL_ROWS, n_left)
            fewest, most = self._left.bits[query], self._left.bits[stop - 1]
            first = int(self._rule.first[fewest])
            if self._rule.itself:
                first = max(first, query)
            last = min(int(self._rule.stop[most]), n_right)
            for column in range(first // LANES * LANES, last, width):
                yield query, stop, column, min(column + width, last)

    def _run(
        self, part: JoinPart, cursor: npt.NDArray[np.int64] | None
    ) -> tuple[SimilarPairs, npt.NDArray[np.int64] | None]:
        if cursor is None:
            cursor = np.array([part[2], 0], dtype=np.int64)
        n = self._buffer_pairs
        found = SimilarBuffer(np.empty((n, 2), np.int64), np.empty(n, np.int64), np.zeros(1, np.int64))
        join_part(self._input, part, cursor, found)
        written = int(found.written[0])
        rows, overlap = found.rows[:written], found.overlaps[:written].copy()
        left, right = rows[:, 0].copy(), rows[:, 1].copy()
        similarity = similarities(
            self._bits_left[left], self._bits_right[right], overlap, self._metric, self._n_bits
        )
        return SimilarPairs(left, right, overlap, similarity), None if cursor[0] < 0 else cursor

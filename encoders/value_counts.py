"""How many distinct values a stream holds and how often the most frequent occurs, in bounded memory.

Values are kept as 64-bit hashes, never as text. While there is room, both numbers are exact (up to collisions of
hashes: one in ten million at a million distinct values). After that, counts are Misra-Gries counters merged as in
Agarwal et al., "Mergeable summaries" (PODS 2012), section 3, which fall short by at most rows / capacity, and the
number of distinct values is estimated from the smallest hashes (Bar-Yossef et al., RANDOM 2002, algorithm 1), with a
standard error of about 1 / sqrt(16,384), 0.8%.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.normalise.byte_columns import ByteColumn

__all__ = ["ValueCounts"]

_CAPACITY = 1 << 18
_SMALLEST = 1 << 14
_MULTIPLIER = 0x9E3779B97F4A7C15


class ValueCounts:
    """Counts of the values of a stream.

    Parameters
    ----------
    capacity
        Values whose counts are kept; at most twice as many are held between two merges.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._hashes = np.zeros(0, np.uint64)
        self._counts = np.zeros(0, np.int64)
        self._pending: list[tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]] = []
        self._n_pending = 0
        self._smallest = np.zeros(0, np.uint64)
        self._overflowed = False

    def add(self, values: pa.StringArray) -> None:
        """Count the values of a batch; nulls and empty texts are left out."""
        counted = pc.value_counts(values.filter(pc.greater(pc.binary_length(values), 0)))
        hashes = _hashes(counted.field("values"))
        self._pending.append((hashes, counted.field("counts").to_numpy()))
        self._n_pending += hashes.size
        if self._n_pending > self._capacity:
            self._merge()

    @property
    def is_exact(self) -> bool:
        """Whether every distinct value has had a counter of its own."""
        self._merge()
        return not self._overflowed

    @property
    def n_distinct(self) -> int:
        """Distinct values, estimated if not `is_exact`."""
        self._merge()
        if not self._overflowed or self._smallest.size < _SMALLEST:
            return max(self._hashes.size, self._smallest.size)
        return round((_SMALLEST - 1) * 2.0**64 / float(self._smallest[-1]))

    @property
    def most_frequent(self) -> int:
        """Occurrences of the most frequent value, at least; exactly if `is_exact`."""
        self._merge()
        return int(self._counts.max(initial=0))

    @property
    def second_most_frequent(self) -> int:
        """Occurrences of the value that is most frequent but for one, as `most_frequent`; 0 where there is none."""
        self._merge()
        return int(np.partition(self._counts, -2)[-2]) if self._counts.size > 1 else 0

    def _merge(self) -> None:
        if not self._pending:
            return
        hashes = np.concatenate([self._hashes, *(hashes for hashes, _ in self._pending)])
        counts = np.concatenate([self._counts, *(counts for _, counts in self._pending)])
        self._pending, self._n_pending = [], 0
        self._hashes, groups = np.unique(hashes, return_inverse=True)
        # Sums of counts are exact in floating point up to 2**53 rows.
        self._counts = np.bincount(groups, weights=counts).astype(np.int64)
        self._smallest = np.union1d(self._smallest, self._hashes[:_SMALLEST])[:_SMALLEST]
        if self._hashes.size > self._capacity:
            self._overflowed = True
            self._keep_heaviest()

    def _keep_heaviest(self) -> None:
        """Give up the lightest counters, and what the heaviest of those had from every other."""
        order = np.argpartition(self._counts, self._hashes.size - self._capacity)
        lost, kept = order[: -self._capacity], order[-self._capacity :]
        left = self._counts[kept] - self._counts[lost].max()
        self._hashes, self._counts = self._hashes[kept][left > 0], left[left > 0]


def _hashes(values: pa.StringArray) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each value, none of them empty: a polynomial of its bytes, mixed (SplitMix64)."""
    column = ByteColumn.from_arrow(values)
    if column.data.size == 0:
        return np.zeros(0, np.uint64)
    starts, lengths = column.offsets[:-1], column.lengths
    powers = np.full(int(lengths.max()), _MULTIPLIER, np.uint64)
    np.multiply.accumulate(powers, out=powers)
    places = np.arange(column.data.size) - np.repeat(starts, lengths)
    mixed = np.add.reduceat((column.data.astype(np.uint64) + np.uint64(1)) * powers[places], starts)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))

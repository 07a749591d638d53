"""The numbering of unordered pairs of sources, and how many record pairs each holds."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["PairClasses", "n_sources_of"]

Indices = npt.NDArray[np.int64]


def n_sources_of(n_pair_classes: int) -> int:
    """How many sources make this many pair classes; ValueError if no number does."""
    n_sources = int((np.sqrt(8 * n_pair_classes + 1) - 1) / 2 + 0.5)
    if n_sources * (n_sources + 1) // 2 != n_pair_classes:
        raise ValueError(f"{n_pair_classes} pair classes: expected n(n+1)/2 for n sources")
    return n_sources


@dataclass(frozen=True)
class PairClasses:
    """Pair classes (a, b) with a <= b in order: (0, 0), (0, 1), ..., (1, 1), ...

    Parameters
    ----------
    n_records
        Records per source.
    """

    n_records: tuple[int, ...]

    @property
    def n_sources(self) -> int:
        """Sources."""
        return len(self.n_records)

    @cached_property
    def first(self) -> Indices:
        """Lower source of every pair class."""
        return np.triu_indices(self.n_sources)[0].astype(np.int64)

    @cached_property
    def second(self) -> Indices:
        """Higher source of every pair class."""
        return np.triu_indices(self.n_sources)[1].astype(np.int64)

    @cached_property
    def is_within(self) -> npt.NDArray[np.bool_]:
        """Pair classes of a source with itself."""
        return np.asarray(self.first == self.second)

    @cached_property
    def within(self) -> Indices:
        """Pair class of every source with itself, int64 (n_sources,)."""
        return np.flatnonzero(self.is_within).astype(np.int64)

    @cached_property
    def smaller(self) -> npt.NDArray[np.float64]:
        """Records of the smaller source of every pair class."""
        records = np.array(self.n_records, dtype=np.float64)
        return np.minimum(records[self.first], records[self.second])

    @cached_property
    def total_pairs(self) -> Indices:
        """Record pairs in every pair class, int64 (n_pair_classes,)."""
        records = np.array(self.n_records, dtype=np.int64)
        between = records[self.first] * records[self.second]
        return np.where(self.is_within, records[self.first] * (records[self.first] - 1) // 2, between)

"""The levels of all comparisons side by side.

A *slot* is one level of one comparison; the slots of all comparisons, level 0 first, form one axis. Probabilities of
a class are then one row, and `halves` beside this multiplies and adds up along it. The slot of level 0, missing,
has probability one: missing is neutral.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["Slots"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Slots:
    """The axis of slots for comparisons with these numbers of levels, missing included.

    `equal_shares` has for every comparison the share of records of each of its levels of full agreement; one level
    each where left out.
    """

    n_levels: tuple[int, ...]
    equal_shares: tuple[tuple[float, ...], ...] = ()

    @cached_property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Where the slots of each comparison begin, int64 (n_comparisons + 1,)."""
        return np.concatenate([[0], np.cumsum(self.n_levels)]).astype(np.int64)

    @cached_property
    def n_slots(self) -> int:
        """Length of the axis."""
        return int(self.offsets[-1])

    @cached_property
    def comparison(self) -> npt.NDArray[np.int64]:
        """The comparison of every slot."""
        return np.repeat(np.arange(len(self.n_levels), dtype=np.int64), self.n_levels)

    @cached_property
    def level(self) -> npt.NDArray[np.int64]:
        """The level of every slot."""
        return np.arange(self.n_slots, dtype=np.int64) - self.offsets[:-1][self.comparison]

    @cached_property
    def is_missing(self) -> Flags:
        """Slots of level 0."""
        return np.asarray(self.level == 0)

    @cached_property
    def full_shares(self) -> Floats:
        """Share of every slot in the full agreement of its comparison, float64 (n_slots,); zero for other slots."""
        shares = np.zeros(self.n_slots)
        for comparison, end in enumerate(self.offsets[1:].tolist()):
            own = self.equal_shares[comparison] if self.equal_shares else (1.0,)
            shares[end - len(own) : end] = own
        return shares

    @cached_property
    def is_full(self) -> Flags:
        """Slots of full agreement."""
        return np.asarray(self.full_shares > 0)

    @cached_property
    def n_present(self) -> npt.NDArray[np.int64]:
        """Levels other than missing of each slot's comparison."""
        return np.array(self.n_levels)[self.comparison] - 1

    def present(self, comparison: int) -> slice:
        """The slots of a comparison's levels other than missing."""
        return slice(int(self.offsets[comparison]) + 1, int(self.offsets[comparison + 1]))

    def spread(self, of_comparisons: Flags) -> Flags:
        """A flag of every comparison as a flag of its slots."""
        return np.asarray(of_comparisons)[self.comparison]

    def probabilities(self, counts: Floats) -> Floats:
        """Counts by slot, shape (..., n_slots), as probabilities of the levels that are present."""
        present = np.where(self.is_missing, 0.0, counts)
        totals = np.add.reduceat(present, self.offsets[:-1], axis=-1)
        return np.where(self.is_missing, 1.0, present / np.maximum(totals[..., self.comparison], 1e-300))

"""Products over comparisons and sums by level for many cells, each cell as two halves of its pattern.

A cell's density is a product over a dozen comparisons. There are few different halves of patterns, some hundreds, so
that a table a half and two look-ups a cell take the place of the product, and two sums by half, added up over the
levels afterwards, that of a sum for every comparison. That is four times as fast as a sparse design matrix, and needs
two numbers a cell.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from linkage.weights.slots import Slots

__all__ = ["Halves", "halves_of"]

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Halves:
    """The patterns of cells, cut in two.

    Attributes
    ----------
    slots
        The axis of levels.
    n_first
        Comparisons of the first half.
    first, second
        int64 (n_cells,): the code of each half.
    """

    slots: Slots
    n_first: int
    first: Indices
    second: Indices

    def products(self, levels: Floats) -> Floats:
        """The product over comparisons of the value of each cell's level, float64 (n_cells,), of a row of slots."""
        offsets, n = self.slots.offsets, len(self.slots.n_levels)
        tables = []
        for comparisons in (range(self.n_first), range(self.n_first, n)):
            table = np.ones(1)
            for comparison in comparisons:
                own = levels[offsets[comparison] : offsets[comparison + 1]]
                table = np.multiply.outer(table, own).ravel()
            tables.append(table)
        return np.asarray(tables[0][self.first] * tables[1][self.second])

    def sums(self, weights: Floats) -> Floats:
        """The sum of the cells' weights over each slot, float64 (n_slots,)."""
        n_levels, found = self.slots.n_levels, []
        for codes, radices in (
            (self.first, n_levels[: self.n_first]),
            (self.second, n_levels[self.n_first :]),
        ):
            table = np.bincount(codes, weights, prod(radices)).reshape(radices or (1,))
            axes = range(len(radices))
            found += [table.sum(axis=tuple(other for other in axes if other != axis)) for axis in axes]
        return np.concatenate(found).astype(np.float64)


def halves_of(slots: Slots, patterns: Indices) -> Halves:
    """Cut pattern codes where both halves have about as many."""
    n_levels = slots.n_levels
    n_first = min(range(len(n_levels)), key=lambda n: prod(n_levels[:n]) + prod(n_levels[n:]))
    first, second = np.divmod(patterns, prod(n_levels[n_first:]))
    return Halves(slots, n_first, first, second)

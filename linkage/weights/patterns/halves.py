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

from linkage.weights.patterns.slots import Slots

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

    def tables(self, levels: Floats) -> tuple[Floats, Floats]:
        """Products over the comparisons of each half, float64 (n_codes, n_rows), of rows of slots (n_rows, n_slots)."""
        offsets, n = self.slots.offsets, len(self.slots.n_levels)
        tables = []
        for comparisons in (range(self.n_first), range(self.n_first, n)):
            table = np.ones((1, len(levels)))
            for comparison in comparisons:
                own = levels[:, offsets[comparison] : offsets[comparison + 1]].T
                table = (table[:, None] * own).reshape(-1, len(levels))
            tables.append(table)
        return tables[0], tables[1]

    def over_slots(self, first: Floats, second: Floats) -> Floats:
        """Sums over each slot, float64 (n_rows, n_slots), of sums over the codes of each half, (n_codes, n_rows)."""
        n_levels, found = self.slots.n_levels, []
        for table, radices in ((first, n_levels[: self.n_first]), (second, n_levels[self.n_first :])):
            by_level = table.reshape(*radices, table.shape[1])
            axes = range(len(radices))
            found += [by_level.sum(axis=tuple(other for other in axes if other != axis)) for axis in axes]
        return np.ascontiguousarray(np.concatenate(found).T)

    def products(self, levels: Floats) -> Floats:
        """The product over comparisons of the value of each cell's level, float64 (n_cells,), of a row of slots."""
        first, second = self.tables(levels[None])
        return np.asarray(first[self.first, 0] * second[self.second, 0])

    def sums(self, weights: Floats) -> Floats:
        """The sum of the cells' weights over each slot, float64 (n_slots,)."""
        n_levels = self.slots.n_levels
        sizes = prod(n_levels[: self.n_first]), prod(n_levels[self.n_first :])
        first, second = (
            np.bincount(codes, weights, size).astype(np.float64)[:, None]
            for codes, size in zip((self.first, self.second), sizes, strict=True)
        )
        return np.asarray(self.over_slots(first, second)[0])


def halves_of(slots: Slots, patterns: Indices) -> Halves:
    """Cut pattern codes where both halves have about as many."""
    n_levels = slots.n_levels
    n_first = min(range(len(n_levels)), key=lambda n: prod(n_levels[:n]) + prod(n_levels[n:]))
    first, second = np.divmod(patterns, prod(n_levels[n_first:]))
    return Halves(slots, n_first, first, second)

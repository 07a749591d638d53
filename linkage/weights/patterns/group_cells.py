"""The patterns of overlapping comparisons that were seen, and sums over configurations for them.

With a few hundred configurations and thousands of patterns the products would dominate the fit. Comparisons are
therefore split into two halves: a table a half, patterns of the half by configurations, and every pattern is a product
of one row of each. The sums back, from patterns to configurations and to levels, go through one sparse matrix of
first by second half.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from linkage.weights.patterns.field_states import FieldGroup

__all__ = ["GroupCells", "GroupCounts", "Tables", "group_cells_of"]

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

# Doubles in one piece of work, so that memory does not grow with the number of patterns.
CHUNK = 1 << 22


@dataclass(frozen=True)
class Tables:
    """Probability of each half's patterns under every configuration, float64 (n_half_patterns, n_configurations)."""

    first: Floats
    second: Floats


@dataclass(frozen=True)
class GroupCounts:
    """Pairs by configuration, float64 (n_configurations,), and by signature and level for each comparison."""

    configurations: Floats
    levels: tuple[Floats, ...]


@dataclass(frozen=True)
class GroupCells:
    """Patterns of a group's comparisons.

    Attributes
    ----------
    group
        The comparisons and configurations.
    position
        int64 (n_cells,): which pattern each cell of the full table has.
    first_levels, second_levels
        int64 (n_half_patterns, n_comparisons_of_the_half).
    first_row, second_row
        int64 (n_patterns,): the halves of every pattern.
    """

    group: FieldGroup
    position: Indices
    first_levels: Indices
    second_levels: Indices
    first_row: Indices
    second_row: Indices

    @cached_property
    def n_patterns(self) -> int:
        """Distinct patterns."""
        return len(self.first_row)

    def tables(self, emissions: tuple[Floats, ...]) -> Tables:
        """Probabilities of both halves' patterns under every configuration."""
        split = self.first_levels.shape[1]
        shown = [table[rows] for table, rows in zip(emissions, self.group.signatures, strict=True)]
        halves = []
        for levels, own in ((self.first_levels, shown[:split]), (self.second_levels, shown[split:])):
            product = np.ones((len(levels), len(self.group.configurations)))
            for column, table in enumerate(own):
                product *= table[:, levels[:, column]].T
            halves.append(product)
        return Tables(*halves)

    def density(self, tables: Tables, weights: Floats) -> Floats:
        """Probability of every pattern, float64 (n_patterns,), from those of the configurations."""
        weighted = tables.first * weights
        found = np.empty(self.n_patterns)
        step = max(1, CHUNK // max(len(weights), 1))
        for begin in range(0, self.n_patterns, step):
            part = slice(begin, begin + step)
            found[part] = np.einsum(
                "pc,pc->p", weighted[self.first_row[part]], tables.second[self.second_row[part]]
            )
        return np.maximum(found, 1e-300)

    def counts(self, tables: Tables, weights: Floats, pairs: Floats, density: Floats) -> GroupCounts:
        """Divide the pairs of every pattern among configurations, and add them up."""
        shape = (len(self.first_levels), len(self.second_levels))
        share = sparse.csr_array((pairs / density, (self.first_row, self.second_row)), shape=shape)
        first = tables.first * np.asarray(share @ tables.second) * weights
        second = tables.second * np.asarray(share.T @ tables.first) * weights
        split = self.first_levels.shape[1]
        levels = []
        for number, overlap in enumerate(self.group.overlaps):
            half, own = (
                (first, self.first_levels[:, number])
                if number < split
                else (second, self.second_levels[:, number - split])
            )
            table = np.zeros((len(overlap.damage), overlap.n_levels))
            for level in range(1, overlap.n_levels):
                seen = half[own == level].sum(axis=0)
                table[:, level] = np.bincount(self.group.signatures[number], seen, len(overlap.damage))
            levels.append(table)
        return GroupCounts(first.sum(axis=0), tuple(levels))


def group_cells_of(group: FieldGroup, levels: Indices) -> GroupCells:
    """Patterns of the group among cells with these levels, int64 (n_cells, n_comparisons of the model)."""
    own = levels[:, group.comparisons]
    patterns, position = np.unique(own, axis=0, return_inverse=True)
    split = (own.shape[1] + 1) // 2
    first_levels, first_row = np.unique(patterns[:, :split], axis=0, return_inverse=True)
    second_levels, second_row = np.unique(patterns[:, split:], axis=0, return_inverse=True)
    return GroupCells(
        group, position.ravel(), first_levels, second_levels, first_row.ravel(), second_row.ravel()
    )

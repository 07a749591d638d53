"""What happened to the fields of a pair: the hidden states behind filters that share fields.

A filter over forename, surname and birth date and another over forename, birth date and postcode are no independent
witnesses: one misspelt forename shows in both. The cause is modelled instead of the symptoms. Each field of a pair is
in one of five *states*: it differs, is much, partly or slightly different, or the same; fields are independent within a
kind of pair; and what a filter shows depends on the states of its fields alone, alike for matches and twins. A
*configuration* is the states of all fields. Few numbers describe a kind of pair (three a field), they mean something,
and a match cannot be made of anything but fields that mostly agree.

The idea is that of latent class models with local dependence (Hagenaars 1988; Thibaudeau 1993, "The discrimination
power of dependency structures in record linkage"), with the dependence known from the filters' make-up.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from linkage.weights.patterns.traits import ComparisonTraits, FieldTrait, Nature

__all__ = ["DIFFERS", "N_STATES", "SAME", "SLIGHTLY", "FieldGroup", "Overlap", "overlap_of"]

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

N_STATES = 5
DIFFERS, SLIGHTLY, SAME = 0, 3, 4
# How far a field in each state takes a filter from full agreement, in slight errors. A field that differs outweighs
# any two smaller errors; the rest follows from the data.
DAMAGE = np.array([5, 3, 2, 1, 0], dtype=np.int64)
# Matches with more fields in error than this are too few and too weak to find.
MOST_ERRORS = 3


@dataclass(frozen=True)
class Overlap:
    """One comparison of a group: which fields it holds.

    Attributes
    ----------
    comparison
        Number of the comparison in the model.
    members
        Its fields, as numbers within the group.
    n_levels
        Its levels, missing included.
    is_incomplete
        Whether it is of pairs of which a record lacks one of the fields, no matter which.
    """

    comparison: int
    members: tuple[int, ...]
    n_levels: int
    is_incomplete: bool = False

    @cached_property
    def signatures(self) -> Indices:
        """All combinations of states of its fields, int64 (n_signatures, n_members)."""
        return np.array(list(itertools.product(range(N_STATES), repeat=len(self.members))), dtype=np.int64)

    @cached_property
    def is_top(self) -> npt.NDArray[np.bool_]:
        """The level of full agreement, bool (n_levels,)."""
        return np.asarray(np.arange(self.n_levels) == self.n_levels - 1)

    @cached_property
    def damage(self) -> Indices:
        """Damage of every signature, int64 (n_signatures,)."""
        return np.asarray(DAMAGE[self.signatures].sum(axis=1))

    @cached_property
    def held(self) -> npt.NDArray[np.bool_]:
        """Signatures whose levels are not estimated: equal fields make equal filters, bool (n_signatures,)."""
        return np.asarray((self.damage == 0) & (not self.is_incomplete))

    @cached_property
    def first_emission(self) -> Floats:
        """What it shows under each signature before anything is learned, float64 (n_signatures, n_levels)."""
        if not self.is_incomplete:
            return self._emission_of(self.damage)
        # Any of the fields may be the one that a record lacks, and what is lacking does no damage.
        by_field = DAMAGE[self.signatures]
        return np.asarray(np.mean([self._emission_of(self.damage - own) for own in by_field.T], axis=0))

    def _emission_of(self, damages: Indices) -> Floats:
        top = self.n_levels - 1
        table = np.full((len(damages), self.n_levels), 0.01)
        for row, damage in enumerate(damages):
            level = max(1, top - int(damage))
            table[row, level] += 0.7
            table[row, max(1, level - 1)] += 0.12
            table[row, min(top, level + 1)] += 0.12
            if not self.is_incomplete:
                table[row, top] = 1e-5
        if not self.is_incomplete:
            table[damages == 0] = 1e-9
            table[damages == 0, top] = 1.0
        return normalised_emissions(table)


@dataclass(frozen=True)
class FieldGroup:
    """Comparisons that share fields, and the configurations behind them.

    Attributes
    ----------
    fields
        The fields.
    overlaps
        The comparisons.
    """

    fields: tuple[FieldTrait, ...]
    overlaps: tuple[Overlap, ...]

    @cached_property
    def configurations(self) -> Indices:
        """States of all fields, int64 (n_configurations, n_fields); at most `MOST_ERRORS` are not the same."""
        found = [
            states
            for states in itertools.product(range(N_STATES), repeat=len(self.fields))
            if sum(state != SAME for state in states) <= MOST_ERRORS
        ]
        return np.array(found, dtype=np.int64)

    @cached_property
    def signatures(self) -> tuple[Indices, ...]:
        """The signature that every configuration has in each comparison, int64 (n_configurations,)."""
        found = []
        for overlap in self.overlaps:
            code = np.zeros(len(self.configurations), dtype=np.int64)
            for member in overlap.members:
                code = code * N_STATES + self.configurations[:, member]
            found.append(code)
        return tuple(found)

    @cached_property
    def is_personal(self) -> npt.NDArray[np.bool_]:
        """Fields that another child of the household does not share, bool (n_fields,)."""
        return np.array(
            [field.nature in {Nature.PERSON, Nature.FULL_NAME} for field in self.fields], dtype=bool
        )

    @cached_property
    def comparisons(self) -> Indices:
        """Numbers of the comparisons in the model."""
        return np.array([overlap.comparison for overlap in self.overlaps], dtype=np.int64)

    def weights(self, states: Floats) -> Floats:
        """Probability of every configuration from those of the states, float64 (n_fields, N_STATES)."""
        chosen = states[np.arange(len(self.fields)), self.configurations]
        return np.asarray(chosen.prod(axis=1))

    def state_counts(self, of_configurations: Floats) -> Floats:
        """Counts by configuration as counts by state, float64 (n_fields, N_STATES)."""
        return np.stack(
            [
                np.bincount(self.configurations[:, field], of_configurations, N_STATES)
                for field in range(len(self.fields))
            ]
        ).astype(np.float64)

    def first_emissions(self) -> tuple[Floats, ...]:
        """What every comparison shows under each signature before anything is learned.

        One level down from full agreement for each slight error, float64 (n_signatures, n_levels) a comparison; the
        column of level 0, missing, is one. Full agreement needs every field to be the same: equal fields make equal
        filters, and unequal ones hardly ever do.
        """
        return tuple(overlap.first_emission for overlap in self.overlaps)


def normalised_emissions(table: Floats) -> Floats:
    """Rows as probabilities of the levels that are present, with one for missing."""
    present = table.copy()
    present[:, 0] = 0.0
    present /= np.maximum(present.sum(axis=1, keepdims=True), 1e-300)
    present[:, 0] = 1.0
    return np.asarray(present)


def overlap_of(comparisons: tuple[ComparisonTraits, ...]) -> FieldGroup | None:
    """The comparisons that share fields with others; None where every field stands in one comparison alone."""
    holders: dict[str, int] = {}
    for traits in comparisons:
        for field in () if traits.is_incomplete else traits.fields:
            holders[field.name] = holders.get(field.name, 0) + 1
    linked = {
        field.name
        for traits in comparisons
        if any(holders[other.name] > 1 for other in traits.fields)
        for field in traits.fields
    }
    fields = list(
        dict.fromkeys(field for traits in comparisons for field in traits.fields if field.name in linked)
    )
    overlaps = tuple(
        Overlap(
            number,
            tuple(fields.index(field) for field in traits.fields),
            traits.n_levels,
            traits.is_incomplete,
        )
        for number, traits in enumerate(comparisons)
        if any(field.name in linked for field in traits.fields)
    )
    return FieldGroup(tuple(fields), overlaps) if overlaps else None

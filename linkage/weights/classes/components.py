"""Latent classes: what kinds of pairs there are beside strangers, and what each kind must look like.

A *component* is one latent class: matches, siblings, twins, or people who are alike in a way that the data show.
Strangers (chance agreement) are not a component: they are estimated from random pairs and held.

What holds for a component is said by one `LevelRule` a comparison. It is the only knowledge about the world in the
model: another child of a household has another forename and another identifier, and, unless a twin, another birth
date.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.priors import household_prior, match_prior
from linkage.weights.patterns.traits import ComparisonTraits, Nature

__all__ = [
    "ComponentKind",
    "ComponentPlan",
    "LevelRule",
    "alike_plan",
    "family_namesakes_plan",
    "household_plan",
    "match_plan",
    "may_be_alike",
    "neighbours_plan",
    "siblings_plan",
    "twins_plan",
]

TWINS = "twins"
# Twin maternities: 15 in a thousand in England and Wales (ONS, Birth characteristics), nowhere more than 28 (Smits and
# Monden 2011, "Twinning across the developing world"). Without a bound, matches with a wrong forename pass for twins
# wherever nothing else tells them apart.
TWIN_PAIRS_PER_CHILD = 0.028
# Of twins, at most so many have forenames that are alike in part. Without a bound, matches whose forename stands in the
# place of the surname, or is a pet form, pass for twins where there are few.
ALIKE_TWINS = 0.1
# Of the places of matches that are other ones altogether, those that are so among people who live together: a wrong
# address is far rarer than a move.
STILL_ANOTHER = 0.01


class ComponentKind(StrEnum):
    """What a pair of the component is."""

    MATCH = "match"
    HOUSEHOLD = "household"
    ALIKE = "alike"


class LevelRule(StrEnum):
    """How the levels of one comparison are estimated within a component."""

    ORDERED = "ordered"
    """Free, but stronger agreement never speaks less for the component."""
    FREE = "free"
    """Free."""
    AS_CHANCE = "as chance"
    """As among strangers."""
    TOP_AS_CHANCE = "top as chance"
    """Full agreement as among strangers, the rest free: names of twins sound alike more often than chance."""
    HARDLY_ALIKE = "hardly alike"
    """The same, but different altogether in most pairs: few twins have names that are alike."""
    AS_MATCH = "as match"
    """As among matches: what two records of one child share, two records of twins share too."""
    AS_STAYED = "as match who stayed"
    """As among matches, but never another one altogether: the place of two people who live together."""


@dataclass(frozen=True)
class ComponentPlan:
    """A component before it is fitted.

    Parameters
    ----------
    name
        Shown in reports.
    kind
        Whether its pairs count as matches, and how its share is tied between sources.
    rules
        One a comparison.
    start_levels
        int64 (n_comparisons,): the level that its pairs reach more often than strangers at the start of the fit;
        1 or less for none.
    pairs_per_record
        No more pairs of this kind than this many for each record of a source; None for no bound.
    by_field
        Whether comparisons that share fields are explained by hidden states of the fields.
    births_differ
        Whether its birth dates are those of two people.
    names_differ
        Whether the fields that belong to one person are those of two, unless its pairs count as matches.
    is_by_chance
        Whether its pairs are strangers but for the name that they share.
    prior
        float64 (n_slots,): pseudo-counts of every level; None for half a pair a level, spread as chance has it.
    """

    name: str
    kind: ComponentKind
    rules: tuple[LevelRule, ...]
    start_levels: npt.NDArray[np.int64]
    pairs_per_record: float | None = None
    by_field: bool = False
    births_differ: bool = False
    names_differ: bool = True
    is_by_chance: bool = False
    prior: npt.NDArray[np.float64] | None = None

    @property
    def is_match(self) -> bool:
        """Whether its pairs count as matches."""
        return self.kind is ComponentKind.MATCH

    def where(self, rule: LevelRule) -> npt.NDArray[np.bool_]:
        """The comparisons under a rule, bool (n_comparisons,)."""
        return np.array([own is rule for own in self.rules], dtype=bool)

    def n_free(self, comparisons: tuple[ComparisonTraits, ...], n_sources: int) -> int:
        """Free parameters, its share included."""
        held = {LevelRule.AS_CHANCE, LevelRule.AS_MATCH, LevelRule.AS_STAYED}
        levels = sum(
            traits.n_levels - 2
            for traits, rule in zip(comparisons, self.rules, strict=True)
            if rule not in held
        )
        return levels + (1 if self.is_match else n_sources)


def match_plan(comparisons: tuple[ComparisonTraits, ...], *, by_field: bool = False) -> ComponentPlan:
    """Matches: every comparison agrees more than by chance."""
    tops = _tops(comparisons, np.ones(len(comparisons), dtype=bool))
    rules = (LevelRule.ORDERED,) * len(comparisons)
    prior = match_prior(comparisons)
    return ComponentPlan("match", ComponentKind.MATCH, rules, tops, by_field=by_field, prior=prior)


def alike_plan(
    comparisons: tuple[ComparisonTraits, ...], levels: npt.NDArray[np.int64], number: int
) -> ComponentPlan:
    """People who are alike more often than independent fields would have it, as seen within the sources.

    However alike, they are two people: what holds a person's own field and the birth date is the same by chance only,
    and so is an identifier. Without that rule duplicates within the sources make a class of people who are alike.
    *Namesakes* of one birth date are the exception: where few names go round, or days of birth are written as the
    first of the month, names and birth date are the same in many a pair of two people. They live in different places,
    so what holds a place is the same by chance only instead, and duplicates, of whom most did not move, cannot be
    made of them.
    """
    namesakes = bool(_are_namesakes(comparisons, levels[None])[0])
    rules = tuple(
        _rule_of_namesakes(traits) if namesakes else _rule_of_alikes(traits) for traits in comparisons
    )
    return ComponentPlan(f"alike {number}", ComponentKind.ALIKE, rules, levels)


def may_be_alike(
    comparisons: tuple[ComparisonTraits, ...], levels: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Patterns that two people may show by more than chance, bool (n,); `levels` is int64 (n, n_comparisons)."""
    alike = tuple(_rule_of_alikes(traits) for traits in comparisons)
    return np.asarray(~_barred(comparisons, levels, alike) | _are_namesakes(comparisons, levels))


def _are_namesakes(
    comparisons: tuple[ComparisonTraits, ...], levels: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Patterns of the same person by names and birth date and of different places, bool (n,)."""
    alike = tuple(_rule_of_alikes(traits) for traits in comparisons)
    namesakes = tuple(_rule_of_namesakes(traits) for traits in comparisons)
    places = np.array([traits.holds_place for traits in comparisons], dtype=bool)
    seen = (levels[:, places] > 0).any(axis=1)
    return np.asarray(seen & _barred(comparisons, levels, alike) & ~_barred(comparisons, levels, namesakes))


def _barred(
    comparisons: tuple[ComparisonTraits, ...], levels: npt.NDArray[np.int64], rules: tuple[LevelRule, ...]
) -> npt.NDArray[np.bool_]:
    """Patterns that reach a level at which the rules know chance agreement only, bool (n,)."""
    by_chance = np.array(
        [rule in {LevelRule.AS_CHANCE, LevelRule.TOP_AS_CHANCE} for rule in rules], dtype=bool
    )
    tops = np.array([traits.n_plain_levels - 1 for traits in comparisons], dtype=np.int64)
    return np.asarray(((levels >= tops) & by_chance).any(axis=1))


def _rule_of_alikes(traits: ComparisonTraits) -> LevelRule:
    if traits.is_personal and Nature.BIRTH in traits.natures:
        return LevelRule.TOP_AS_CHANCE
    return LevelRule.AS_CHANCE if traits.is_identifier else LevelRule.FREE


def _rule_of_namesakes(traits: ComparisonTraits) -> LevelRule:
    if traits.holds_place:
        return LevelRule.TOP_AS_CHANCE
    return LevelRule.AS_CHANCE if traits.is_identifier else LevelRule.FREE


def siblings_plan(comparisons: tuple[ComparisonTraits, ...], *, controlled: bool) -> ComponentPlan | None:
    """Siblings where filters share fields: what is a person's own differs, and the birth date; the rest is the same.

    Without them siblings are left to the matches, since nothing else has their surname and home. None where the
    comparisons hold no forename or nothing that siblings share; where the whole name is one field, which siblings share
    in part; and in one source without a place, where nothing tells them from matches with wrong fields.
    """
    natures = frozenset().union(*(traits.natures for traits in comparisons))
    shared = {Nature.FAMILY, Nature.PLACE} if controlled else {Nature.PLACE}
    if Nature.PERSON not in natures or not natures & shared or Nature.FULL_NAME in natures:
        return None
    # Some feeds give a whole family the number of its head: that is left to the data.
    rules = tuple(
        LevelRule.FREE if traits.is_identifier else _rule_of_siblings(traits) for traits in comparisons
    )
    none = np.zeros(len(comparisons), dtype=np.int64)
    return ComponentPlan("household", ComponentKind.HOUSEHOLD, rules, none, by_field=True, births_differ=True)


def household_plan(
    comparisons: tuple[ComparisonTraits, ...], chance: npt.NDArray[np.float64], *, controlled: bool = False
) -> ComponentPlan | None:
    """Siblings: family and place agree; what belongs to one person, and the birth date, agree by chance only.

    None where no comparison tells siblings from strangers or none tells them from matches. `chance` is float64
    (n_slots,), the levels among strangers.

    Some feeds give a whole family the number of its head. Where birth dates, and pairs within the sources, tell what is
    a family, whether it shares a number is left to the data.
    """
    births = any(traits.natures == {Nature.BIRTH} for traits in comparisons)
    shared = np.array([traits.is_of_household for traits in comparisons])
    personal = np.array([traits.is_personal for traits in comparisons])
    if not shared.any() or not personal.any():
        return None
    rules = tuple(
        LevelRule.FREE if traits.is_identifier and controlled and births else _rule_of_siblings(traits)
        for traits in comparisons
    )
    tops, prior = _tops(comparisons, shared), household_prior(comparisons, chance)
    return ComponentPlan("household", ComponentKind.HOUSEHOLD, rules, tops, prior=prior)


def family_namesakes_plan(
    comparisons: tuple[ComparisonTraits, ...],
    *,
    by_field: bool = False,
    pairs_per_record: float | None = None,
    is_by_chance: bool = False,
    live_together: bool = False,
) -> ComponentPlan | None:
    """Parent and child of one name: a pair agrees as a match does, but for the birth date and identifiers.

    Only where it is told how many there are (`namesakes_seen.py`): a match with a wrong birth date looks the same. None
    where nothing is left that a family shares, or, unless fields have states, a comparison holds the birth date with
    something else.

    Parameters
    ----------
    is_by_chance
        In one source also anybody of one name, whose birth dates and places are those of two strangers.
    live_together
        Whether they have one place: in one source only matches who moved say how often a birth date is wrong.
    """
    births = np.array([traits.natures == {Nature.BIRTH} for traits in comparisons])
    shared = np.array([traits.is_of_household for traits in comparisons])
    if by_field:
        births |= [Nature.BIRTH in traits.natures for traits in comparisons]
        shared |= [bool(traits.natures & {Nature.FAMILY, Nature.PLACE}) for traits in comparisons]
    if not births.any() or not shared.any():
        return None
    rules = tuple(
        LevelRule.AS_CHANCE
        if birth or traits.is_identifier
        else LevelRule.AS_STAYED
        if traits.holds_place and live_together
        else LevelRule.AS_MATCH
        for birth, traits in zip(births, comparisons, strict=True)
    )
    return ComponentPlan(
        "namesakes of a family" if live_together else "namesakes",
        ComponentKind.HOUSEHOLD,
        rules,
        _tops(comparisons, ~births),
        pairs_per_record,
        by_field,
        births_differ=True,
        names_differ=False,
        is_by_chance=is_by_chance,
    )


def neighbours_plan(comparisons: tuple[ComparisonTraits, ...]) -> ComponentPlan | None:
    """Neighbours: the place agrees, and nothing else does save by chance.

    Without them the class of households goes to whatever shares a street or a postcode, since there are more of them,
    and families are left to the matches. None where no comparison is of a place, or nothing else is compared.
    """
    places = np.array([traits.natures == {Nature.PLACE} for traits in comparisons])
    family = np.array([Nature.FAMILY in traits.natures for traits in comparisons])
    if not places.any() or not family.any():
        return None
    rules = tuple(LevelRule.FREE if place else LevelRule.AS_CHANCE for place in places)
    return ComponentPlan("neighbours", ComponentKind.HOUSEHOLD, rules, _tops(comparisons, places))


def _rule_of_siblings(traits: ComparisonTraits) -> LevelRule:
    if traits.is_partly_shared:
        return LevelRule.TOP_AS_CHANCE
    if traits.is_personal or traits.natures == {Nature.BIRTH}:
        return LevelRule.AS_CHANCE
    return LevelRule.FREE


def twins_plan(
    comparisons: tuple[ComparisonTraits, ...],
    *,
    controlled: bool,
    by_field: bool = False,
    pairs_per_record: float = TWIN_PAIRS_PER_CHILD,
) -> ComponentPlan | None:
    """Twins: a pair that agrees as a match does, but for the forename, the identifiers and perhaps the sex.

    None where matches with a wrong forename could not be told from twins: without a birth date, without a personal
    comparison, or in one source where neither the sex is compared nor the state of each field known.
    """
    personal = np.array([traits.is_personal for traits in comparisons])
    sexes = np.array([traits.natures == {Nature.SEX} for traits in comparisons])
    births = np.array([Nature.BIRTH in traits.natures for traits in comparisons])
    if not personal.any() or not births.any() or not (controlled or by_field or sexes.any()):
        return None
    rules = tuple(_rule_of_twins(traits) for traits in comparisons)
    tops = _tops(comparisons, ~personal & ~sexes)
    return ComponentPlan(TWINS, ComponentKind.HOUSEHOLD, rules, tops, pairs_per_record, by_field)


def _rule_of_twins(traits: ComparisonTraits) -> LevelRule:
    if traits.is_personal:
        # Whatever else a filter holds is the same for both.
        return LevelRule.HARDLY_ALIKE if traits.natures == {Nature.PERSON} else LevelRule.TOP_AS_CHANCE
    return LevelRule.FREE if traits.natures == {Nature.SEX} else LevelRule.AS_MATCH


def _tops(comparisons: tuple[ComparisonTraits, ...], where: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    tops = np.array([traits.n_levels - 1 for traits in comparisons], dtype=np.int64)
    return np.where(where, tops, 0)

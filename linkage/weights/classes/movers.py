"""Movers: address, postcode and town differ together, or not at all.

As independent fields they would count three times against a child who moved once, and every class that shares a place
would have to make room for it. So where filters hold a field each, and two or more of them a place, matches who moved
are a class of their own, which has all else in common with the others; and so are twins and namesakes of whom one
record is of another place, which only pairs within the sources tell from matches with a wrong field.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import ComponentKind, ComponentPlan, LevelRule
from linkage.weights.patterns.traits import ComparisonTraits, Nature

__all__ = ["MOVED", "has_movers", "moved_plan", "prior_match_mixing", "with_moved"]

MOVED = "{}, moved"
MATCH_MOVED = MOVED.format("match")
# One household in eight moves within a year or two.
WHO_MOVED = 0.125
LEAST_PLACES = 2


def moved_plan(comparisons: tuple[ComparisonTraits, ...]) -> ComponentPlan | None:
    """Matches who moved; None where less than two comparisons are of a place, or all are."""
    places = _places(comparisons)
    if places.sum() < LEAST_PLACES or places.all():
        return None
    rules = tuple(LevelRule.FREE if place else LevelRule.AS_MATCH for place in places)
    return ComponentPlan(MATCH_MOVED, ComponentKind.MATCH, rules, np.zeros(len(comparisons), dtype=np.int64))


def with_moved(
    plan: ComponentPlan | None, comparisons: tuple[ComparisonTraits, ...]
) -> tuple[ComponentPlan, ...]:
    """A class, and beside it those of whom one record is of another place; none without the class."""
    if plan is None:
        return ()
    places = _places(comparisons)
    if places.sum() < LEAST_PLACES:
        return (plan,)
    rules = tuple(LevelRule.FREE if place else rule for place, rule in zip(places, plan.rules, strict=True))
    moved = replace(
        plan, name=MOVED.format(plan.name), rules=rules, start_levels=np.where(places, 0, plan.start_levels)
    )
    return plan, moved


def prior_match_mixing(plans: tuple[ComponentPlan, ...]) -> npt.NDArray[np.float64]:
    """Of the matches, the share that each component holds as far as is known beforehand, (n_components,)."""
    has_moved = any(plan.name == MATCH_MOVED for plan in plans)
    usual = 1.0 - has_moved * WHO_MOVED
    return np.array([WHO_MOVED if plan.name == MATCH_MOVED else usual * plan.is_match for plan in plans])


def has_movers(plan: ComponentPlan, plans: tuple[ComponentPlan, ...]) -> bool:
    """Whether those of a class who moved have a class beside it."""
    return any(other.name == MOVED.format(plan.name) for other in plans)


def _places(comparisons: tuple[ComparisonTraits, ...]) -> npt.NDArray[np.bool_]:
    return np.array([traits.natures == {Nature.PLACE} for traits in comparisons])

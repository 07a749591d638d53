"""Which classes of pairs a fit begins with."""

from linkage.weights.classes.components import (
    ComponentPlan,
    family_namesakes_plan,
    household_plan,
    match_plan,
    neighbours_plan,
    siblings_plan,
    twins_plan,
)
from linkage.weights.classes.movers import moved_plan, with_moved
from linkage.weights.classes.namesakes_seen import namesake_pairs_per_record, namesakes_beside_copies
from linkage.weights.classes.twins_seen import twin_pairs_per_record
from linkage.weights.fitting.mixture import Problem
from linkage.weights.patterns.traits import ComparisonTraits

__all__ = ["structure"]


def structure(problem: Problem, comparisons: tuple[ComparisonTraits, ...]) -> tuple[ComponentPlan, ...]:
    """Matches first. Where filters share fields, further classes of people who are alike grow from the data.

    Namesakes of a family, and relatives of whom one moved, can only be told from matches with a wrong field where pairs
    within the sources show how many there are. In one source whose filters share fields namesakes are strangers whose
    birth dates are as far apart as those of any two.
    """
    controlled, by_field = problem.controlled, problem.group is not None
    twins = twins_plan(
        comparisons,
        controlled=controlled,
        by_field=by_field,
        pairs_per_record=twin_pairs_per_record(problem.cells, comparisons),
    )
    if by_field:
        siblings = siblings_plan(comparisons, controlled=controlled)
        seen = controlled or problem.alone
        most = namesake_pairs_per_record(problem.cells, comparisons) if seen else None
        one_name = (
            None
            if most is None
            else family_namesakes_plan(
                comparisons, by_field=True, pairs_per_record=most, is_by_chance=problem.alone
            )
        )
        family = None if controlled else _family_of_one_name(problem, comparisons, by_field=True)
        return _those_there(match_plan(comparisons, by_field=True), siblings, family, one_name, twins)
    household = household_plan(comparisons, problem.chance.pooled, controlled=controlled)
    neighbours = None if household is None else neighbours_plan(comparisons)
    matches = _those_there(match_plan(comparisons), moved_plan(comparisons))
    if not controlled:
        family = _family_of_one_name(problem, comparisons, by_field=False)
        return (*matches, *_those_there(household, neighbours, family, twins))
    # A family that moved apart is nothing but namesakes, unless it shares a number.
    with_number = any(traits.is_identifier for traits in comparisons)
    families = with_moved(household, comparisons) if with_number else _those_there(household)
    namesakes = with_moved(family_namesakes_plan(comparisons), comparisons)
    return (*matches, *families, *_those_there(neighbours), *namesakes, *with_moved(twins, comparisons))


def _family_of_one_name(
    problem: Problem, comparisons: tuple[ComparisonTraits, ...], *, by_field: bool
) -> ComponentPlan | None:
    """Parents and children of one name in one source; None where duplicates with a wrong birth date may be as many."""
    most = namesakes_beside_copies(problem.cells, comparisons)
    if not most:
        return None
    return family_namesakes_plan(comparisons, by_field=by_field, pairs_per_record=most, live_together=True)


def _those_there(*plans: ComponentPlan | None) -> tuple[ComponentPlan, ...]:
    return tuple(plan for plan in plans if plan is not None)

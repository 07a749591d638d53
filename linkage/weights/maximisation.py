"""The maximisation step: levels under the rules of each component, and shares."""

import numpy as np
import numpy.typing as npt

from linkage.weights.components import ComponentPlan, LevelRule
from linkage.weights.mixture import Expected, Parameters, Problem
from linkage.weights.monotone import order_slots
from linkage.weights.shares import affinities_of
from linkage.weights.slots import Slots

__all__ = ["maximise", "pairs_by_class"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Half a pair a level: the Jeffreys prior, which keeps weights finite and is forgotten once pairs are counted.
SMOOTHING = 0.5
# Pairs worth of chance mixed into the names of twins below full agreement, where few twins are seen.
TWIN_NAME_PRIOR = 20.0


def pairs_by_class(problem: Problem, expected: Expected) -> Floats:
    """Pairs of each component in each pair class, float64 (n_pair_classes, n_components)."""
    return np.stack([problem.cells.by_pair_class(column) for column in expected.pairs[:, 1:].T], axis=1)


def maximise(
    problem: Problem,
    plans: tuple[ComponentPlan, ...],
    parameters: Parameters,
    expected: Expected,
    frozen: Flags,
) -> Parameters:
    """The parameters that fit the expected pairs best.

    Parameters
    ----------
    frozen
        bool (n_components,): components whose levels stay as they are.
    """
    counts = np.asarray((problem.cells.design_transposed @ expected.pairs[:, 1:]).T)
    pairs = pairs_by_class(problem, expected)
    is_match = np.array([plan.is_match for plan in plans], dtype=bool)
    matches = pairs[:, is_match].sum(axis=1)
    totals = np.maximum(problem.cells.total_pairs, 1.0)
    mix = np.where(is_match, pairs.sum(axis=0) + 1e-9, 0.0)
    return Parameters(
        levels=_levels(problem, plans, parameters, counts, frozen),
        affinities=_affinities(problem, plans, parameters, pairs),
        match_shares=np.minimum(np.minimum(matches, problem.match_caps) / totals, 0.5),
        match_mix=mix / max(float(mix.sum()), 1e-300),
    )


def _affinities(
    problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters, pairs: Floats
) -> Floats:
    is_match = np.array([plan.is_match for plan in plans], dtype=bool)
    bounds = np.array([np.inf if plan.pairs_per_record is None else plan.pairs_per_record for plan in plans])
    totals = np.where(problem.compared, problem.cells.total_pairs, 0.0)
    classes = problem.cells.pair_classes
    found = affinities_of(pairs, totals, parameters.affinities, classes, bounds)
    found[:, is_match] = 0.0
    return found


def _levels(
    problem: Problem,
    plans: tuple[ComponentPlan, ...],
    parameters: Parameters,
    counts: Floats,
    frozen: Flags,
) -> Floats:
    slots, chance = problem.cells.slots, problem.chance.pooled
    prior = SMOOTHING * slots.n_present * chance
    levels = parameters.levels.copy()
    is_match = np.array([plan.is_match for plan in plans], dtype=bool)
    of_matches = counts[is_match].sum(axis=0)
    for row in np.flatnonzero(~frozen):
        plan = plans[row]
        if plan.is_match:
            levels[row] = order_slots(slots.probabilities(counts[row] + SMOOTHING), chance, slots)
            continue
        free = slots.probabilities(counts[row] + prior)
        as_match = slots.probabilities(counts[row] + of_matches + SMOOTHING)
        levels[row] = np.select(
            [
                slots.spread(plan.where(LevelRule.AS_CHANCE)),
                slots.spread(plan.where(LevelRule.AS_MATCH)),
                slots.spread(plan.where(LevelRule.TOP_AS_CHANCE)),
            ],
            [chance, as_match, _top_as_chance(counts[row], chance, slots)],
            free,
        )
    return levels


def _top_as_chance(counts: Floats, chance: Floats, slots: Slots) -> Floats:
    """Top level as among strangers, the others free with a prior of chance."""
    below = np.where(slots.is_top, 0.0, counts + TWIN_NAME_PRIOR * chance)
    top = chance[slots.offsets[1:] - 1][slots.comparison]
    rest = slots.probabilities(below) * (1.0 - top)
    return np.where(slots.is_missing, 1.0, np.where(slots.is_top, top, rest))

"""The maximisation step: levels under the rules of each component, states of fields, and shares."""

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import ALIKE_TWINS, STILL_ANOTHER, ComponentPlan, LevelRule
from linkage.weights.classes.movers import has_movers, prior_match_mixing
from linkage.weights.classes.priors import PRIOR_MATCHES
from linkage.weights.fitting.division import Division
from linkage.weights.fitting.mixture import Parameters, Problem
from linkage.weights.fitting.monotone import order_slots
from linkage.weights.fitting.shares import affinities_of
from linkage.weights.fitting.state_estimates import estimate_states, full_agreement_cap
from linkage.weights.patterns.slots import Slots

__all__ = ["maximise"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Half a pair a level: the Jeffreys prior, which keeps weights finite and is forgotten once pairs are counted.
SMOOTHING = 0.5
# A tenth of a match in each pair class keeps the odds finite where there is none: tomorrow there may be one.
SHARE_PRIOR = 0.1
# Of a pair class without pairs, such as one with an empty source: one match in a thousand pairs.
UNSEEN_SHARE = 1e-3
# Pairs worth of chance mixed into the names of twins below full agreement, where few twins are seen.
TWIN_NAME_PRIOR = 20.0


def maximise(
    problem: Problem,
    plans: tuple[ComponentPlan, ...],
    parameters: Parameters,
    division: Division,
    frozen: Flags,
) -> Parameters:
    """The parameters that fit the divided pairs best.

    Parameters
    ----------
    frozen
        bool (n_components,): components whose levels and states stay as they are.
    """
    states, emissions = parameters.states, parameters.emissions
    if division.expected is not None and any(
        plan.by_field and not held for plan, held in zip(plans, frozen, strict=True)
    ):
        states, emissions = estimate_states(problem, plans, parameters, division.expected)
    return Parameters(
        levels=_levels(problem, plans, parameters, division.counts, frozen),
        affinities=_affinities(problem, plans, parameters, division.by_class),
        match_shares=_match_shares(problem, plans, parameters, states, division.by_class),
        match_mixing=_match_mixing(plans, parameters, division.by_class),
        states=states,
        emissions=emissions,
    )


def _match_shares(
    problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters, states: Floats, pairs: Floats
) -> Floats:
    is_match = np.array([plan.is_match for plan in plans], dtype=bool)
    if not is_match.any():
        return parameters.match_shares
    found = pairs[:, is_match].sum(axis=1)
    matches = np.minimum(found + SHARE_PRIOR, problem.match_caps)
    if problem.group is not None and plans[int(np.argmax(is_match))].by_field:
        matches = np.minimum(matches, full_agreement_cap(problem, states[int(np.argmax(is_match))]))
    shares = np.minimum(matches / np.maximum(problem.cells.total_pairs, 1.0), 0.5)
    shares = np.where(problem.cells.total_pairs > 0, shares, UNSEEN_SHARE)
    # A part of the table says nothing about the pair classes that are not in it.
    told = problem.filled | (problem.cells.total_pairs == 0)
    return np.where(told, shares, parameters.match_shares)


def _match_mixing(plans: tuple[ComponentPlan, ...], parameters: Parameters, pairs: Floats) -> Floats:
    is_match = np.array([plan.is_match for plan in plans], dtype=bool)
    if is_match.sum() < 2:
        return parameters.match_mixing
    weights = pairs.sum(axis=0) * is_match + PRIOR_MATCHES * prior_match_mixing(plans)
    return np.asarray(weights / weights.sum())


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
    known = [plan.prior for plan in plans if plan.is_match and plan.prior is not None]
    of_prior = known[0] if known else np.full(slots.n_slots, SMOOTHING)
    alike = np.zeros(slots.n_slots, dtype=bool)
    for plan in plans:
        if plan.is_match:
            alike |= slots.spread(plan.where(LevelRule.AS_MATCH))
    stayed = counts[[plan.is_match and plan.prior is not None for plan in plans]].sum(axis=0)
    for row in np.flatnonzero(~frozen):
        plan = plans[row]
        if plan.is_match and plan.prior is not None:
            # What all kinds of matches share is counted in all of them.
            own = np.where(alike, of_matches, counts[row])
            levels[row] = order_slots(slots.probabilities(own + of_prior), chance, slots)
        else:
            free = slots.probabilities(counts[row] + (prior if plan.prior is None else plan.prior))
            # Twins who have a class of movers beside them have the places of matches who did not move.
            stays = has_movers(plan, plans) or plan.where(LevelRule.AS_STAYED).any()
            basis = np.where(alike, of_matches, stayed) if stays else of_matches
            as_match = slots.probabilities(counts[row] * (not plan.is_match) + basis + of_prior)
            if plan.is_match:
                as_match = order_slots(as_match, chance, slots)
            levels[row] = np.select(
                [
                    slots.spread(plan.where(LevelRule.AS_CHANCE)),
                    slots.spread(plan.where(LevelRule.AS_MATCH)),
                    slots.spread(plan.where(LevelRule.AS_STAYED)),
                    slots.spread(plan.where(LevelRule.TOP_AS_CHANCE)),
                    slots.spread(plan.where(LevelRule.HARDLY_ALIKE)),
                ],
                [
                    chance,
                    as_match,
                    _as_stayed(as_match, slots),
                    _top_as_chance(counts[row], chance, slots),
                    _hardly_alike(counts[row], chance, slots),
                ],
                free,
            )
        if plan.by_field:
            levels[row, problem.group_slots] = 1.0
    return levels


def _as_stayed(as_match: Floats, slots: Slots) -> Floats:
    """As among matches, but hardly ever in disagreement."""
    return slots.probabilities(np.where(slots.level == 1, STILL_ANOTHER * as_match, as_match))


def _top_as_chance(counts: Floats, chance: Floats, slots: Slots) -> Floats:
    """Full agreement as among strangers, the others free with a prior of chance."""
    return _with_top(counts + TWIN_NAME_PRIOR * chance, chance, slots)


def _hardly_alike(counts: Floats, chance: Floats, slots: Slots) -> Floats:
    """The same, with a bound on what is alike in part."""
    below = np.where(slots.is_full | slots.is_missing, 0.0, counts + TWIN_NAME_PRIOR * chance)
    alike = np.where(slots.level > 1, below, 0.0)
    most = ALIKE_TWINS * _of_comparison(below, slots)
    bounded = alike * np.minimum(1.0, most / np.maximum(_of_comparison(alike, slots), 1e-300))
    return _with_top(np.where(slots.level > 1, bounded, below), chance, slots)


def _with_top(below: Floats, chance: Floats, slots: Slots) -> Floats:
    """Levels in proportion to `below`, save full agreement, which is that of chance."""
    full = _of_comparison(np.where(slots.is_full, chance, 0.0), slots)
    rest = slots.probabilities(np.where(slots.is_full, 0.0, below)) * (1.0 - full)
    return np.where(slots.is_missing, 1.0, np.where(slots.is_full, chance, rest))


def _of_comparison(values: Floats, slots: Slots) -> Floats:
    """The sum over each comparison, for each of its slots."""
    return np.asarray(np.add.reduceat(values, slots.offsets[:-1])[slots.comparison])

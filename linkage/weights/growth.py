"""More classes where the data ask for them.

Filters over several fields overlap: two people of the same names agree in part in every filter that holds the names.
Such kinds of pairs are found in the pairs within the sources, where there are few matches to confuse them with: the
pattern that is most under-explained starts a component, which is kept if the likelihood pays for its parameters.
Then the same is done for kinds of matches (a moved child, a misspelt name) in the pairs between sources, with the
other components held.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.weights.components import ComponentPlan, alike_plan, match_plan
from linkage.weights.iteration import Fit, iterate
from linkage.weights.mixture import Parameters, Problem, expect
from linkage.weights.starts import starting_levels, with_component, without_component
from linkage.weights.traits import ComparisonTraits

__all__ = ["grow_alikes", "grow_matches", "price_of", "prune"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MOST_ALIKES = 25
MOST_MATCHES = 6
STEPS = 60
# Patterns tried as the start of a component, the most under-explained first.
TRIES = 3
START_AGREEMENT = 0.7
# A pattern is under-explained only if this share of its pairs is: smaller misfits are everywhere in large tables, and
# change no decision.
LEAST_EXCESS = 0.1
# Nats: runs that are only compared with each other need no more.
ROUGH = 1.0
# Nats that a single pattern must promise to be tried as the start of a kind of matches, which gathers many patterns.
LEAST_PROMISE = 5.0


@dataclass(frozen=True)
class Excess:
    """Patterns by how much they are under-explained, most first.

    `gain` is the log likelihood to be had, `pairs` the pairs too many, `levels` int64 (n, n_comparisons).
    """

    gain: Floats
    pairs: Floats
    levels: npt.NDArray[np.int64]


def price_of(problem: Problem, plan: ComponentPlan, comparisons: tuple[ComparisonTraits, ...]) -> float:
    """Log likelihood that a component must bring (half the Bayesian information criterion's penalty)."""
    n_free = plan.n_free(comparisons, problem.cells.pair_classes.n_sources)
    return float(0.5 * n_free * np.log(problem.cells.n_candidates))


def find_excess(
    problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters, where: Flags
) -> Excess:
    """Under-explained patterns among the cells `where`."""
    expected = expect(problem, plans, parameters).joint.sum(axis=1) * problem.expected_scale
    _, first, position = np.unique(problem.cells.pattern[where], return_index=True, return_inverse=True)
    seen = np.bincount(position, problem.full[where]).astype(np.float64)
    fitted = np.maximum(np.bincount(position, expected[where]), 1e-12)
    over = seen - fitted > LEAST_EXCESS * seen
    gain = np.where(over, seen * np.log(np.maximum(seen, 1e-12) / fitted) - (seen - fitted), 0.0)
    order = np.argsort(-gain, kind="stable")[:TRIES]
    return Excess(gain[order], (seen - fitted)[order], problem.cells.levels[where][first][order])


def grow_alikes(
    problem: Problem, comparisons: tuple[ComparisonTraits, ...], start: Parameters
) -> tuple[tuple[ComponentPlan, ...], Parameters]:
    """Components of people who are alike, fitted to the pairs within the sources alone."""
    inside = problem.only(problem.cells.pair_classes.is_within[problem.cells.pair_class])
    plans: tuple[ComponentPlan, ...] = ()
    parameters = start
    everywhere = np.ones(len(inside.full), dtype=bool)
    reached = expect(inside, plans, parameters).log_likelihood
    while len(plans) < MOST_ALIKES:
        excess = find_excess(inside, plans, parameters, everywhere)
        best: Fit | None = None
        for gain, pairs, levels in zip(excess.gain, excess.pairs, excess.levels, strict=True):
            plan = alike_plan(comparisons, levels, len(plans) + 1)
            if gain < price_of(problem, plan, comparisons):
                break
            share = np.sqrt(
                max(pairs, 1.0) / inside.cells.total_pairs[inside.cells.pair_classes.within].sum()
            )
            affinities = np.full(inside.cells.pair_classes.n_sources, share)
            row = starting_levels(inside, plan, START_AGREEMENT)
            tried = iterate(
                inside,
                (*plans, plan),
                with_component(parameters, row, plan, affinities),
                max_steps=STEPS,
                tolerance=ROUGH,
            )
            if best is None or tried.log_likelihood > best.log_likelihood:
                best = tried
        if best is None:
            break
        if plans:
            reached = iterate(inside, plans, parameters, max_steps=STEPS, tolerance=ROUGH).log_likelihood
        if best.log_likelihood - reached < price_of(problem, best.plans[-1], comparisons):
            break
        plans, parameters, reached = best.plans, best.parameters, best.log_likelihood
    return plans, parameters


def grow_matches(problem: Problem, comparisons: tuple[ComparisonTraits, ...], fit: Fit) -> Fit:
    """More kinds of matches, where pairs between the sources stay under-explained."""
    between = ~problem.cells.pair_classes.is_within[problem.cells.pair_class]
    none = np.zeros(problem.cells.pair_classes.n_sources)
    while fit.is_match.sum() < MOST_MATCHES + 1:
        excess = find_excess(problem, fit.plans, fit.parameters, between)
        best: Fit | None = None
        number = int(fit.is_match.sum()) + 1
        for gain, levels in zip(excess.gain, excess.levels, strict=True):
            plan = match_plan(comparisons, levels, number)
            if gain < LEAST_PROMISE:
                break
            row = starting_levels(problem, plan, START_AGREEMENT)
            tried = _with_others_held(
                problem, (*fit.plans, plan), with_component(fit.parameters, row, plan, none)
            )
            if best is None or tried.log_likelihood > best.log_likelihood:
                best = tried
        if best is None:
            break
        base = _with_others_held(problem, fit.plans, fit.parameters)
        if best.log_likelihood - base.log_likelihood < price_of(problem, best.plans[-1], comparisons):
            break
        fit = best
    return fit


def _with_others_held(problem: Problem, plans: tuple[ComponentPlan, ...], start: Parameters) -> Fit:
    held = np.array([not plan.is_match for plan in plans], dtype=bool)
    return iterate(problem, plans, start, max_steps=STEPS, frozen=held, tolerance=ROUGH)


def prune(problem: Problem, comparisons: tuple[ComparisonTraits, ...], fit: Fit) -> Fit:
    """Drop every component whose parameters the likelihood does not pay for, the last first."""
    for row in range(len(fit.plans) - 1, -1, -1):
        if fit.plans[row].is_match and fit.is_match.sum() == 1:
            continue
        plans, parameters = without_component(fit, row)
        smaller = iterate(problem, plans, parameters, max_steps=STEPS, tolerance=0.1 * ROUGH)
        if fit.log_likelihood - smaller.log_likelihood < price_of(problem, fit.plans[row], comparisons):
            fit = smaller
    return fit

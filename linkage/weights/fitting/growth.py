"""More classes where the data ask for them, fewer where they do not.

Filters over several fields overlap: two people of the same names agree in part in every filter that holds the names.
Such kinds of pairs are found among the pairs within the sources, where there are few matches to confuse them with:
the pattern that is most under-explained starts a component, which is kept if the likelihood pays for its parameters.
Where no pairs within the sources were compared all pairs have to do, with the matches held as they are; in one source
none grow (`fit.py`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import ComponentKind, ComponentPlan, alike_plan, may_be_alike
from linkage.weights.fitting.iteration import Fit, iterate
from linkage.weights.fitting.mixture import Parameters, Problem, expect
from linkage.weights.fitting.starts import starting_levels, with_component, without_component
from linkage.weights.patterns.traits import ComparisonTraits

__all__ = ["grow_alikes", "price_of", "prune"]

Floats = npt.NDArray[np.float64]

MOST_ALIKES = 20
STEPS = 40
# Patterns tried as the start of a component, the most under-explained first.
TRIES = 3
START_AGREEMENT = 0.7
# A pattern is under-explained only if this share of its pairs is: smaller misfits are everywhere in large tables, and
# change no decision.
LEAST_EXCESS = 0.1
# A pattern is tried as a start if it alone promises this share of a component's price: a component gathers many.
LEAST_PROMISE = 0.3
# Nats: runs that are only compared with each other need no more.
ROUGH = 1.0


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
    problem: Problem,
    comparisons: tuple[ComparisonTraits, ...],
    plans: tuple[ComponentPlan, ...],
    parameters: Parameters,
) -> Excess:
    """Under-explained patterns that two people may show."""
    expected = expect(problem, plans, parameters).joint.sum(axis=1) * problem.expected_scale
    _, first, position = np.unique(problem.cells.pattern, return_index=True, return_inverse=True)
    seen = np.bincount(position, problem.full).astype(np.float64)
    fitted = np.maximum(np.bincount(position, expected), 1e-12)
    over = (seen - fitted > LEAST_EXCESS * seen) & may_be_alike(comparisons, problem.cells.levels[first])
    gain = np.where(over, seen * np.log(np.maximum(seen, 1e-12) / fitted) - (seen - fitted), 0.0)
    order = np.argsort(-gain, kind="stable")[:TRIES]
    return Excess(gain[order], (seen - fitted)[order], problem.cells.levels[first][order])


def grow_alikes(
    problem: Problem,
    comparisons: tuple[ComparisonTraits, ...],
    plans: tuple[ComponentPlan, ...],
    parameters: Parameters,
) -> tuple[tuple[ComponentPlan, ...], Parameters]:
    """Add components of people who are alike to those given, whose levels are held meanwhile."""
    own = problem
    if problem.controlled:
        own = problem.only(problem.cells.pair_classes.is_within[problem.cells.pair_class])
    n_alikes = sum(plan.kind is ComponentKind.ALIKE for plan in plans)
    base = _held(own, plans, parameters)
    while n_alikes < MOST_ALIKES:
        best = _best_addition(own, comparisons, base, n_alikes + 1)
        if best is None:
            break
        base = _held(own, base.plans, base.parameters)
        if best.log_likelihood - base.log_likelihood < price_of(own, best.plans[-1], comparisons):
            break
        base, n_alikes = best, n_alikes + 1
    return base.plans, base.parameters


def _best_addition(
    problem: Problem, comparisons: tuple[ComparisonTraits, ...], base: Fit, number: int
) -> Fit | None:
    """The most likely fit with one component more; None where no pattern asks for one."""
    excess = find_excess(problem, comparisons, base.plans, base.parameters)
    all_pairs = problem.cells.total_pairs[problem.filled].sum()
    best: Fit | None = None
    for gain, pairs, levels in zip(excess.gain, excess.pairs, excess.levels, strict=True):
        plan = alike_plan(comparisons, levels, number)
        if gain < LEAST_PROMISE * price_of(problem, plan, comparisons):
            break
        affinities = np.full(problem.cells.pair_classes.n_sources, np.sqrt(max(pairs, 1.0) / all_pairs))
        row = starting_levels(problem, plan, START_AGREEMENT)
        start = with_component(problem, base.parameters, row, plan, affinities)
        tried = _held(problem, (*base.plans, plan), start)
        if best is None or tried.log_likelihood > best.log_likelihood:
            best = tried
    return best


def _held(problem: Problem, plans: tuple[ComponentPlan, ...], start: Parameters) -> Fit:
    held = np.array([plan.kind is not ComponentKind.ALIKE for plan in plans], dtype=bool)
    return iterate(problem, plans, start, max_steps=STEPS, frozen=held, tolerance=ROUGH)


def prune(problem: Problem, comparisons: tuple[ComparisonTraits, ...], fit: Fit) -> Fit:
    """Drop every class of people who are alike that the likelihood does not pay for, the last first.

    Households and twins stay: they exist wherever families live, and without them their pairs pass for matches.
    """
    for row in range(len(fit.plans) - 1, -1, -1):
        if fit.plans[row].kind is not ComponentKind.ALIKE:
            continue
        plans, parameters = without_component(fit.plans, fit.parameters, row)
        smaller = iterate(problem, plans, parameters, max_steps=2 * STEPS, tolerance=0.1 * ROUGH)
        if fit.log_likelihood - smaller.log_likelihood < price_of(problem, fit.plans[row], comparisons):
            fit = smaller
    return fit

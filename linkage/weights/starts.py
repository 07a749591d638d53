"""Where the fit starts from: strangers, with more agreement where a component's plan says so."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from linkage.weights.components import ComponentPlan
from linkage.weights.iteration import Fit
from linkage.weights.mixture import Parameters, Problem
from linkage.weights.shares import Floats

__all__ = ["nothing_yet", "starting_levels", "starts", "with_component", "without_component"]

# Starts differ in how strongly a component agrees where it agrees and in how common matches are. They only have to
# cover the ground: the likelihood decides.
AGREEMENTS = (0.9, 0.6)
MATCHES_PER_RECORD = (0.5, 0.05)
# Pairs of other components per record at the start.
PAIRS_PER_RECORD = 0.1
# Duplicates within a source are rarer than matches between sources by this factor at the start.
DUPLICATES = 0.05


def starting_levels(problem: Problem, plan: ComponentPlan, agreement: float) -> Floats:
    """Chance levels, with `agreement` of the mass moved to the levels that the plan names, float64 (n_slots,)."""
    slots = problem.cells.slots
    levels = problem.chance.pooled.copy()
    for comparison in np.flatnonzero(plan.start_levels > 1):
        present = slots.present(int(comparison))
        levels[present] *= 1.0 - agreement
        levels[int(slots.offsets[comparison] + plan.start_levels[comparison])] += agreement
    return levels


def nothing_yet(problem: Problem) -> Parameters:
    """No component at all."""
    classes = problem.cells.pair_classes
    return Parameters(
        levels=np.ones((0, problem.cells.slots.n_slots)),
        affinities=np.zeros((classes.n_sources, 0)),
        match_shares=np.zeros(len(classes.first)),
        match_mix=np.zeros(0),
    )


def starts(
    problem: Problem, plans: tuple[ComponentPlan, ...], grown: Parameters, n_grown: int
) -> Iterator[Parameters]:
    """Every start for `plans`, of which the first `n_grown` stand in `grown` already."""
    classes = problem.cells.pair_classes
    totals = np.maximum(problem.cells.total_pairs, 1.0)
    records = np.maximum(np.array(classes.n_records, dtype=np.float64), 1.0)
    for agreement in AGREEMENTS:
        for rate in MATCHES_PER_RECORD:
            parameters = grown
            for plan in plans[n_grown:]:
                levels = starting_levels(problem, plan, agreement)
                parameters = with_component(parameters, levels, plan, np.sqrt(PAIRS_PER_RECORD / records))
            damping = np.where(classes.is_within & (classes.n_sources > 1), DUPLICATES, 1.0)
            shares = np.minimum(rate * damping * classes.smaller / totals, 0.1)
            is_match = np.array([plan.is_match for plan in plans], dtype=np.float64)
            yield Parameters(
                parameters.levels, parameters.affinities, shares, is_match / max(is_match.sum(), 1.0)
            )


def with_component(
    parameters: Parameters, levels: Floats, plan: ComponentPlan, affinities: Floats, mix: float = 0.05
) -> Parameters:
    """Parameters with one component more; a match component takes `mix` of the matches."""
    taken = mix if plan.is_match else 0.0
    column = np.zeros_like(affinities) if plan.is_match else affinities
    return Parameters(
        levels=np.vstack([parameters.levels, levels]),
        affinities=np.hstack([parameters.affinities, column[:, None]]),
        match_shares=parameters.match_shares,
        match_mix=np.append(parameters.match_mix * (1.0 - taken), taken),
    )


def without_component(fit: Fit, row: int) -> tuple[tuple[ComponentPlan, ...], Parameters]:
    """Plans and parameters with one component less."""
    keep: npt.NDArray[np.bool_] = np.arange(len(fit.plans)) != row
    parameters = fit.parameters
    mix = parameters.match_mix[keep]
    plans = tuple(plan for index, plan in enumerate(fit.plans) if index != row)
    return plans, Parameters(
        levels=parameters.levels[keep],
        affinities=parameters.affinities[:, keep],
        match_shares=parameters.match_shares,
        match_mix=mix / max(float(mix.sum()), 1e-300),
    )

"""Where the fit starts from: strangers, with more agreement where a component's plan says so."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import ComponentPlan
from linkage.weights.classes.movers import prior_match_mixing
from linkage.weights.fitting.mixture import Parameters, Problem
from linkage.weights.fitting.state_estimates import first_states
from linkage.weights.patterns.field_states import N_STATES

__all__ = ["nothing_yet", "starting_levels", "starts", "with_component", "without_component"]

Floats = npt.NDArray[np.float64]

# Starts differ in how strongly a component agrees where it agrees and in how common matches are. They only have to
# cover the ground: the likelihood decides.
AGREEMENTS = (0.9, 0.6)
# Where a component has no prior, in the start from the priors.
PRIOR_AGREEMENT = 0.8
MATCHES_PER_RECORD = (0.5, 0.05)
# Pairs of other components per record at the start.
PAIRS_PER_RECORD = 0.1
# Duplicates within a source are rarer than matches between sources by this factor at the start.
DUPLICATES = 0.05


def starting_levels(problem: Problem, plan: ComponentPlan, agreement: float | None) -> Floats:
    """Chance levels, with `agreement` of the mass moved to the levels that the plan names, float64 (n_slots,)."""
    slots = problem.cells.slots
    if agreement is None and plan.prior is not None:
        levels = slots.probabilities(plan.prior)
        if plan.by_field:
            levels[problem.group_slots] = 1.0
        return levels
    levels = problem.chance.pooled.copy()
    for comparison in np.flatnonzero(plan.start_levels > 1):
        present = slots.present(int(comparison))
        moved = PRIOR_AGREEMENT if agreement is None else agreement
        levels[present] *= 1.0 - moved
        start = int(slots.offsets[comparison] + plan.start_levels[comparison])
        if slots.is_full[start]:
            levels[present] += moved * slots.full_shares[present]
        else:
            levels[start] += moved
    if plan.by_field:
        levels[problem.group_slots] = 1.0
    return levels


def nothing_yet(problem: Problem) -> Parameters:
    """No component at all."""
    classes = problem.cells.pair_classes
    group = None if problem.group is None else problem.group.group
    n_fields = 0 if group is None else len(group.fields)
    return Parameters(
        levels=np.ones((0, problem.cells.slots.n_slots)),
        affinities=np.zeros((classes.n_sources, 0)),
        match_shares=np.zeros(len(classes.first)),
        match_mixing=np.zeros(0),
        states=np.ones((0, n_fields, N_STATES)),
        emissions=() if group is None else group.first_emissions(),
    )


def starts(problem: Problem, plans: tuple[ComponentPlan, ...]) -> Iterator[tuple[Parameters, ...]]:
    """Every start for these components; those together that differ in how common matches are, and soon no more."""
    classes = problem.cells.pair_classes
    totals = np.maximum(problem.cells.total_pairs, 1.0)
    records = np.maximum(np.array(classes.n_records, dtype=np.float64), 1.0)
    damping = np.where(classes.is_within & (classes.n_sources > 1), DUPLICATES, 1.0)
    for agreement in (None, *AGREEMENTS):
        parameters = nothing_yet(problem)
        for plan in plans:
            levels = starting_levels(problem, plan, agreement)
            parameters = with_component(
                problem, parameters, levels, plan, np.sqrt(PAIRS_PER_RECORD / records)
            )
        shares = [np.minimum(rate * damping * classes.smaller / totals, 0.1) for rate in MATCHES_PER_RECORD]
        yield tuple(
            replace(parameters, match_shares=each, match_mixing=prior_match_mixing(plans)) for each in shares
        )


def with_component(
    problem: Problem, parameters: Parameters, levels: Floats, plan: ComponentPlan, affinities: Floats
) -> Parameters:
    """Parameters with one component more."""
    column = np.zeros_like(affinities) if plan.is_match else affinities
    group = None if problem.group is None else problem.group.group
    return Parameters(
        levels=np.vstack([parameters.levels, levels]),
        affinities=np.hstack([parameters.affinities, column[:, None]]),
        match_shares=parameters.match_shares,
        match_mixing=np.append(parameters.match_mixing, 0.0),
        states=np.concatenate([parameters.states, first_states(group, plan)[None]]),
        emissions=parameters.emissions,
    )


def without_component(
    plans: tuple[ComponentPlan, ...], parameters: Parameters, row: int
) -> tuple[tuple[ComponentPlan, ...], Parameters]:
    """Plans and parameters with one component less."""
    keep = np.arange(len(plans)) != row
    kept = tuple(plan for index, plan in enumerate(plans) if index != row)
    return kept, Parameters(
        levels=parameters.levels[keep],
        affinities=parameters.affinities[:, keep],
        match_shares=parameters.match_shares,
        match_mixing=parameters.match_mixing[keep],
        states=parameters.states[keep],
        emissions=parameters.emissions,
    )

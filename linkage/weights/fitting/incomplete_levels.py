"""What the levels of pairs that lack a field are worth, learned with everything else held.

Where a field is missing, siblings without a forename and namesakes without a birth date look like one person. Let loose
on them, the class of matches becomes a class of households. So the model is fitted first to what lacks nothing, as if
the other filters were missing: that says which pairs are matches, and how often fields differ. Then only what is shown
by filters that lack a field is learned, by a few steps of expectation-maximisation in which the number of matches, the
states of fields and all other levels stay as they are.
"""

from dataclasses import replace
from math import prod

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import ComponentPlan
from linkage.weights.fitted.model import Model
from linkage.weights.fitted.rejoined import as_compared
from linkage.weights.fitting.iteration import Fit
from linkage.weights.fitting.mixture import Parameters, Problem, expect
from linkage.weights.fitting.monotone import order_slots
from linkage.weights.fitting.state_estimates import estimate_states
from linkage.weights.patterns.chance import Chance, estimate_chance
from linkage.weights.patterns.evidence import Cells, Evidence, LabelledCounts, cells_of
from linkage.weights.patterns.field_states import overlap_of
from linkage.weights.patterns.incomplete import fitted_codes, fitted_comparisons

__all__ = ["complete_evidence", "with_incomplete_levels"]

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

STEPS = 30
# Pairs worth of chance mixed into the levels of a class, in which few pairs may lack a field.
CHANCE_PRIOR = 5.0


def complete_evidence(evidence: Evidence) -> Evidence:
    """The evidence with filters that lack a field taken for missing; the very same where none can lack one."""
    if not any(traits.incomplete_levels for traits in evidence.comparisons):
        return evidence
    comparisons = fitted_comparisons(evidence.comparisons)[: len(evidence.comparisons)]

    def collapsed(table: Counts) -> Counts:
        levels = table.reshape(*table.shape[:-1], *evidence.n_levels)
        for axis, traits in enumerate(evidence.comparisons, start=table.ndim - 1):
            whole, lacking = (
                np.take(levels, own, axis=axis) for own in (traits.complete_levels, traits.incomplete_levels)
            )
            first = np.take(whole, [0], axis=axis) + lacking.sum(axis=axis, keepdims=True)
            levels = np.concatenate([first, np.delete(whole, 0, axis=axis)], axis=axis)
        return np.ascontiguousarray(levels.reshape(*table.shape[:-1], -1))

    labels = evidence.labels
    return replace(
        evidence,
        comparisons=comparisons,
        candidates=collapsed(evidence.candidates),
        random_pairs=collapsed(evidence.random_pairs),
        labels=None
        if labels is None
        else LabelledCounts(collapsed(labels.matches), collapsed(labels.non_matches)),
    )


def with_incomplete_levels(evidence: Evidence, fit: Fit, model: Model) -> Model:
    """The model with levels of pairs that lack a field.

    Parameters
    ----------
    evidence
        Pairs that lack a field included.
    fit, model
        Of `complete_evidence`.
    """
    cells, n_known = cells_of(evidence), len(evidence.comparisons)
    chance = estimate_chance(
        cells,
        _strangers(evidence, fit, cells),
        n_fields=evidence.n_fields,
        kept=(n_known, fit.problem.chance.edges),
    )
    chance = _with_known(chance, fit.problem.chance)
    problem = Problem.of(cells, chance, fit.problem.match_caps, overlap_of(evidence.fitted))
    # Nothing that is held needs its prior any more.
    plans = tuple(replace(plan, prior=None) for plan in fit.plans)
    parameters = _first(problem, plans, fit.parameters)
    for _ in range(STEPS):
        parameters = _learned(problem, plans, parameters, n_known)
    return as_compared(
        replace(
            model,
            comparisons=evidence.fitted,
            components=tuple(
                replace(component, levels=levels)
                for component, levels in zip(model.components, parameters.levels, strict=True)
            ),
            chance_levels=np.exp(chance.log_levels),
            chance_edges=chance.edges,
            emissions=parameters.emissions,
        ),
        evidence.comparisons,
    )


def _strangers(evidence: Evidence, fit: Fit, cells: Cells) -> Floats:
    """Probability that a pair of each cell is a pair of strangers, by what it does not lack."""
    known = fit.problem.cells
    comparisons = fitted_comparisons(evidence.comparisons)[: len(evidence.comparisons)]
    size = prod(traits.n_levels for traits in comparisons)
    codes = fitted_codes(cells.levels[:, : len(comparisons)], comparisons)
    # Cells are in the order of pair class and pattern.
    places = np.searchsorted(known.pair_class * size + known.pattern, cells.pair_class * size + codes)
    return np.asarray(fit.strangers[places])


def _with_known(chance: Chance, known: Chance) -> Chance:
    n = len(known.pooled)
    return replace(
        chance,
        log_levels=np.hstack([known.log_levels, chance.log_levels[:, n:]]),
        pooled=np.concatenate([known.pooled, chance.pooled[n:]]),
    )


def _first(problem: Problem, plans: tuple[ComponentPlan, ...], known: Parameters) -> Parameters:
    """As among strangers, and by the first guess of what equal fields show."""
    n = known.levels.shape[1]
    by_field = np.array([plan.by_field for plan in plans], dtype=bool)[:, None]
    levels = np.where(by_field & problem.group_slots[n:], 1.0, problem.chance.pooled[n:])
    emissions = known.emissions
    if problem.group is not None:
        emissions = (*emissions, *problem.group.group.first_emissions()[len(emissions) :])
    return replace(known, levels=np.hstack([known.levels, levels]), emissions=emissions)


def _learned(
    problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters, n_known: int
) -> Parameters:
    """One step: levels and emissions of the comparisons behind the known ones."""
    expected = expect(problem, plans, parameters)
    slots, chance = problem.cells.slots, problem.chance.pooled
    levels = parameters.levels.copy()
    for row, (plan, pairs) in enumerate(zip(plans, expected.pairs[:, 1:].T, strict=True)):
        found = slots.probabilities(problem.cells.halves.sums(pairs) + CHANCE_PRIOR * chance)
        if plan.is_match:
            found = order_slots(found, chance, slots)
        new = (slots.comparison >= n_known) & ~(problem.group_slots & plan.by_field)
        levels[row, new] = found[new]
    emissions = parameters.emissions
    if problem.group is not None:
        _, found_emissions = estimate_states(problem, plans, parameters, expected)
        emissions = tuple(
            found if overlap.is_incomplete else held
            for overlap, held, found in zip(
                problem.group.group.overlaps, emissions, found_emissions, strict=True
            )
        )
    return replace(parameters, levels=levels, emissions=emissions)

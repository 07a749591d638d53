"""From pattern counts to a model, without labels.

Several starts are tried and the most likely one is kept; classes that the likelihood does not pay for are dropped;
then chance agreement is estimated again with the matches and household pairs taken out of the random pairs.
"""

import numpy as np
import numpy.typing as npt

from linkage.weights.chance import estimate_chance
from linkage.weights.components import ComponentPlan, household_plan, match_plan, twins_plan
from linkage.weights.evidence import Evidence, cells_of
from linkage.weights.growth import grow_alikes, grow_matches, price_of, prune
from linkage.weights.iteration import Fit, iterate
from linkage.weights.mixture import Problem, shares_of
from linkage.weights.model import Component, FitReport, Model
from linkage.weights.shares import match_caps
from linkage.weights.starts import nothing_yet, starts

__all__ = ["fit_model"]

Floats = npt.NDArray[np.float64]

SHORT_RUN = 40
LONG_RUN = 1000
# Rounds of taking matches and households out of the random pairs.
CHANCE_ROUNDS = 2


def fit_model(evidence: Evidence) -> Model:
    """Fit the model to pattern counts.

    Parameters
    ----------
    evidence
        Candidate and random pattern counts; labels, where there are any, are used for what they say.

    Returns
    -------
    Model
        With the report of the fit, warnings included. A model is always returned; read its warnings.
    """
    cells = cells_of(evidence)
    chance = estimate_chance(cells, np.ones(len(cells.pattern)))
    no_copies = np.zeros(len(cells.total_pairs))
    problem = Problem.of(cells, chance, match_caps(cells.pair_classes, no_copies, evidence.exclusive))
    fit, n_starts = _first_fit(problem, evidence)
    for _ in range(CHANCE_ROUNDS):
        problem = Problem.of(
            cells,
            estimate_chance(cells, fit.strangers),
            match_caps(cells.pair_classes, fit.matches, evidence.exclusive),
        )
        fit = iterate(problem, fit.plans, fit.parameters, max_steps=LONG_RUN)
    return _model(evidence, fit, n_starts)


def _first_fit(problem: Problem, evidence: Evidence) -> tuple[Fit, int]:
    """Every start in a short run, the best to the end, then classes added and dropped."""
    comparisons = evidence.comparisons
    overlapping = any(len(traits.natures) > 1 for traits in comparisons)
    plans: tuple[ComponentPlan, ...] = ()
    grown = nothing_yet(problem)
    if overlapping and problem.controlled:
        plans, grown = grow_alikes(problem, comparisons, grown)
    n_grown = len(plans)
    plans = (*plans, *_structure(problem, evidence, overlapping=overlapping))
    held = np.arange(len(plans)) < n_grown
    short = [
        iterate(problem, plans, start, max_steps=SHORT_RUN, frozen=held)
        for start in starts(problem, plans, grown, n_grown)
    ]
    fit = max(short, key=lambda tried: tried.log_likelihood)
    if overlapping and problem.controlled:
        fit = grow_matches(problem, comparisons, fit)
    fit = iterate(problem, fit.plans, fit.parameters, max_steps=LONG_RUN)
    return prune(problem, comparisons, fit), len(short)


def _structure(problem: Problem, evidence: Evidence, *, overlapping: bool) -> tuple[ComponentPlan, ...]:
    comparisons = evidence.comparisons
    match = match_plan(comparisons)
    if overlapping and problem.controlled:
        # Households are among the components grown from the pairs within the sources.
        return (match,)
    others = (household_plan(comparisons), twins_plan(comparisons, controlled=problem.controlled))
    return (match, *(plan for plan in others if plan is not None))


def _model(evidence: Evidence, fit: Fit, n_starts: int) -> Model:
    components = tuple(
        Component(plan.name, plan.kind, levels)
        for plan, levels in zip(fit.plans, fit.parameters.levels, strict=True)
    )
    chance = fit.problem.chance
    price = sum(price_of(fit.problem, plan, evidence.comparisons) for plan in fit.plans)
    report = FitReport(
        warnings=_warnings(fit),
        n_candidates=int(fit.problem.cells.candidates.sum()),
        estimated_matches=tuple(float(value) for value in fit.matches),
        iterations=fit.steps,
        converged=bool(fit.converged),
        n_starts=n_starts,
        criterion=fit.log_likelihood - price,
    )
    return Model(
        comparisons=evidence.comparisons,
        sources=evidence.sources,
        n_records=evidence.n_records,
        components=components,
        shares=shares_of(fit.problem, fit.plans, fit.parameters),
        chance_levels=np.exp(chance.log_levels),
        chance_edges=chance.edges,
        report=report,
    )


def _warnings(fit: Fit) -> tuple[str, ...]:
    found = []
    if not fit.converged:
        found.append(
            f"the fit still moved after {fit.steps} steps: expected counts are less certain than stated"
        )
    found_here = fit.pairs[:, fit.is_match].sum(axis=1)
    if (found_here > 1.001 * fit.problem.match_caps + 1.0).any():
        found.append(
            "the number of matches stands at what exclusivity within the sources allows: another kind of pair may "
            "have been taken for matches"
        )
    if fit.matches.sum() < 1.0:
        found.append("no matches were found: no pair will be linked")
    return tuple(found)

"""From pattern counts to a model, without labels.

Structures (matches alone, with siblings, with twins too) and starts are tried, the best by a likelihood that pays for
every parameter is kept, and chance agreement is then estimated again with the matches and household pairs taken out
of the random pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.weights.chance import Chance, estimate_chance
from linkage.weights.components import (
    ComponentKind,
    ComponentPlan,
    household_plan,
    match_plan,
    twins_plan,
)
from linkage.weights.evidence import Cells, Evidence, cells_of
from linkage.weights.mixture import Fit, Parameters, Problem, fit_mixture, responsibilities
from linkage.weights.model import Component, FitReport, Model
from linkage.weights.pair_classes import sources_of_pair_classes

__all__ = ["fit_model"]

Floats = npt.NDArray[np.float64]

# Starts differ in how strongly a component agrees where it agrees and in how common it is; the fit decides, these
# only have to cover the ground.
START_AGREEMENTS = (0.95, 0.75)
START_SHARES = (0.5, 0.05)
SHORT_RUN = 40
# Rounds of taking matches out of the random pairs.
CHANCE_ROUNDS = 3


@dataclass(frozen=True)
class _Candidate:
    fit: Fit
    criterion: float


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
    caps = _match_caps(evidence, np.full(cells.n_pair_classes, np.inf))
    problem = Problem.of(cells, chance, caps)
    best, n_starts = _best_structure(problem, evidence)
    for _ in range(CHANCE_ROUNDS):
        strangers = responsibilities(problem, best.fit.parameters)[:, 0]
        matches = _match_shares(best.fit) * cells.total_pairs
        problem = Problem.of(cells, estimate_chance(cells, strangers), _match_caps(evidence, matches))
        best = _scored(problem, fit_mixture(problem, best.fit.plans, best.fit.parameters))
    return _model(evidence, problem, best, n_starts)


def _best_structure(problem: Problem, evidence: Evidence) -> tuple[_Candidate, int]:
    """Every structure from every start in a short run, then the best start of each structure to the end."""
    finished = []
    n_starts = 0
    for plans in _structures(evidence):
        short = [fit_mixture(problem, plans, start, SHORT_RUN) for start in _starts(problem, evidence, plans)]
        n_starts += len(short)
        lead = max(short, key=lambda fit: fit.log_likelihood)
        finished.append(_scored(problem, fit_mixture(problem, plans, lead.parameters)))
    return max(finished, key=lambda candidate: candidate.criterion), n_starts


def _structures(evidence: Evidence) -> Iterator[tuple[ComponentPlan, ...]]:
    match = match_plan(evidence.comparisons)
    household = household_plan(evidence.comparisons)
    twins = twins_plan(evidence.comparisons)
    yield (match,)
    if household:
        yield (match, household)
    if twins:
        yield (match, twins)
    if household and twins:
        yield (match, household, twins)


def _starts(problem: Problem, evidence: Evidence, plans: tuple[ComponentPlan, ...]) -> Iterator[Parameters]:
    cells = problem.cells
    smaller = np.array(
        [
            min(evidence.n_records[a], evidence.n_records[b])
            for a, b in sources_of_pair_classes(len(evidence.n_records))
        ],
        dtype=np.float64,
    )
    for agreement in START_AGREEMENTS:
        for share in START_SHARES:
            levels = np.stack([_start_levels(problem, plan, agreement) for plan in plans])
            rate = np.minimum(share * smaller / np.maximum(cells.total_pairs, 1.0), 0.2 / len(plans))
            yield Parameters(levels, np.repeat(rate[:, None], len(plans), axis=1))


def _start_levels(problem: Problem, plan: ComponentPlan, agreement: float) -> Floats:
    """Chance levels, with `agreement` on the top level where the component agrees."""
    offsets = problem.cells.offsets
    levels = problem.chance.pooled.copy()
    for comparison in np.flatnonzero(plan.agrees):
        begin, end = int(offsets[comparison]) + 1, int(offsets[comparison + 1])
        levels[begin : end - 1] = (1.0 - agreement) / (end - begin - 1)
        levels[end - 1] = agreement
    return levels


def _scored(problem: Problem, fit: Fit) -> _Candidate:
    """Bayesian information criterion, as a log likelihood (larger is better), over the candidate pairs."""
    widths = np.diff(problem.cells.offsets) - 2
    free = sum(int(widths[~plan.held].sum()) + problem.cells.n_pair_classes for plan in fit.plans)
    price = 0.5 * free * np.log(max(problem.cells.candidates.sum(), 2.0))
    return _Candidate(fit, fit.log_likelihood - price)


def _match_shares(fit: Fit) -> Floats:
    is_match = [plan.kind is ComponentKind.MATCH for plan in fit.plans]
    return np.asarray(fit.parameters.shares[:, is_match].sum(axis=1))


def _match_caps(evidence: Evidence, matches: Floats) -> Floats:
    """How many matches each pair class can hold at most.

    Between two sources each record meets at most one child, in as many copies as the other source holds of it: copies
    are counted from the estimated matches within the sources. A source that holds no child twice has no match within.
    """
    records = evidence.n_records
    classes = sources_of_pair_classes(len(records))
    within = {a: matches[index] for index, (a, b) in enumerate(classes) if a == b}
    copies = [
        1.0 if evidence.exclusive[source] else 1.0 + 2.0 * within[source] / max(records[source], 1)
        for source in range(len(records))
    ]
    caps = []
    for a, b in classes:
        if a == b:
            caps.append(0.0 if evidence.exclusive[a] else records[a] * (records[a] - 1) / 2.0)
        else:
            caps.append(min(records[a] * copies[b], records[b] * copies[a]))
    return np.array(caps)


def _model(evidence: Evidence, problem: Problem, best: _Candidate, n_starts: int) -> Model:
    parameters = best.fit.parameters
    chance: Chance = problem.chance
    components = tuple(
        Component(plan.name, plan.kind, levels)
        for plan, levels in zip(best.fit.plans, parameters.levels, strict=True)
    )
    matches = _match_shares(best.fit) * problem.cells.total_pairs
    report = FitReport(
        warnings=_warnings(problem.cells, best.fit),
        n_candidates=int(problem.cells.candidates.sum()),
        estimated_matches=tuple(float(value) for value in matches),
        iterations=best.fit.iterations,
        converged=bool(best.fit.converged),
        n_starts=n_starts,
        criterion=best.criterion,
    )
    return Model(
        comparisons=evidence.comparisons,
        sources=evidence.sources,
        n_records=evidence.n_records,
        components=components,
        shares=parameters.shares,
        chance_levels=np.exp(chance.log_levels),
        chance_edges=chance.edges,
        report=report,
    )


def _warnings(cells: Cells, fit: Fit) -> tuple[str, ...]:
    found = []
    if not fit.converged:
        found.append(
            f"the fit still moved after {fit.iterations} iterations: expected counts are less certain than stated"
        )
    if fit.capped:
        found.append(
            "the number of matches stands at what exclusivity within the sources allows: another kind of pair may "
            "have been taken for matches"
        )
    if (_match_shares(fit) * cells.total_pairs).sum() < 1.0:
        found.append("no matches were found: no pair will be linked")
    return tuple(found)

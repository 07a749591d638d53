"""From pattern counts to a model, without labels.

Chance agreement is estimated from the random pairs, less those whom the priors alone tell from strangers. Several
starts are tried and the most probable one is kept; where filters overlap, classes of people who are alike are added as
the data ask for them, and dropped where the likelihood does not pay for them; then chance agreement is estimated again
with everybody else taken out of the random pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from linkage.kernels.blas_threads import one_blas_thread
from linkage.weights.classes.components import ComponentKind, ComponentPlan
from linkage.weights.classes.people import Lookalikes, lookalikes
from linkage.weights.fitted.model import Component, Model
from linkage.weights.fitting.control import held_against_control
from linkage.weights.fitting.fit_report import nothing_personal, report_on
from linkage.weights.fitting.growth import grow_alikes, price_of, prune
from linkage.weights.fitting.implausible import implausible_matches
from linkage.weights.fitting.incomplete_levels import complete_evidence, with_incomplete_levels
from linkage.weights.fitting.iteration import Fit, iterate
from linkage.weights.fitting.mixture import Problem, expect, shares_of
from linkage.weights.fitting.only_people import only_people, people_in, rests_on_priors
from linkage.weights.fitting.overlooked import overlooked
from linkage.weights.fitting.record_level import LEAST_LEVELS, fit_record_level
from linkage.weights.fitting.shares import match_caps
from linkage.weights.fitting.starts import starts
from linkage.weights.fitting.structure import structure
from linkage.weights.patterns.chance import Chance, estimate_chance
from linkage.weights.patterns.evidence import Cells, Evidence, cells_of
from linkage.weights.patterns.field_states import FieldGroup, overlap_of

__all__ = ["fit_model"]

Floats = npt.NDArray[np.float64]

# Steps of every start, of the best of those that are alike (and before classes grow again), and of the best of all.
FIRST_RUN, SHORT_RUN, LONG_RUN = 10, 30, 1000
# Rounds of taking matches and households out of the random pairs.
CHANCE_ROUNDS = 2


@dataclass(frozen=True)
class Table:
    """What all problems of a fit have in common.

    Attributes
    ----------
    evidence, cells
        What is fitted to.
    group
        The comparisons that share fields; None where none do.
    alike
        Which cells hold pairs that agree as one person does.
    """

    evidence: Evidence
    cells: Cells
    group: FieldGroup | None
    alike: Lookalikes

    @classmethod
    def of(cls, evidence: Evidence) -> "Table":
        """The cells of the tables, and what follows from them alone."""
        cells = cells_of(evidence)
        alike = lookalikes(cells, evidence.comparisons)
        return cls(evidence, cells, overlap_of(evidence.comparisons), alike)

    def problem(self, chance: Chance, matches: Floats) -> Problem:
        """With no more matches than exclusivity allows, nor, in one source whose filters share fields, than people."""
        caps = match_caps(self.cells.pair_classes, matches, self.evidence.exclusive)
        problem = Problem.of(self.cells, chance, caps, self.group)
        if self.group is None or not problem.alone:
            return problem
        return replace(problem, match_caps=np.minimum(caps, people_in(problem, self.alike).most))


@one_blas_thread()
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
    complete = complete_evidence(evidence)
    fit, model = _fitted(complete)
    if fit is None:
        return model
    if complete is not evidence:
        model = with_incomplete_levels(evidence, fit, model)
    # What was put back to the priors is not to be learned from these pairs after all.
    return model if rests_on_priors(model.report) else held_against_control(evidence, model)


def _fitted(evidence: Evidence) -> tuple[Fit | None, Model]:
    """The fit, where it is one of a mixture, and its model."""
    if len(evidence.n_levels) == 1 and evidence.n_levels[0] >= LEAST_LEVELS:
        return None, fit_record_level(evidence)
    table = Table.of(evidence)
    cells, alike = table.cells, table.alike
    no_copies = np.zeros(len(cells.total_pairs))
    chance = _first_chance(table, no_copies)
    fit, n_starts = _first_fit(table.problem(chance, no_copies), evidence)
    fit, warnings = only_people(fit, alike)
    for _ in range(CHANCE_ROUNDS):
        # Of a class that holds others than people chance would learn that there are too few of them.
        chance = estimate_chance(cells, fit.strangers, n_fields=evidence.n_fields)
        problem = table.problem(chance, fit.matches)
        fit = iterate(
            problem, fit.plans, fit.parameters, max_steps=LONG_RUN, frozen=_known(problem, fit.plans)
        )
        fit, warnings = only_people(fit, alike, always=bool(warnings))
    return fit, _model(evidence, fit, n_starts, warnings or overlooked(fit, alike))


def _first_chance(table: Table, matches: Floats) -> Chance:
    """Chance agreement with those taken out whom the priors alone tell from strangers.

    Among the pairs of a small file matches are not rare. Left in, they would pass for dependences among strangers, and
    nothing would be left for the matches to explain.
    """
    cells, evidence = table.cells, table.evidence
    everybody = np.ones(len(cells.pattern))
    chance = estimate_chance(cells, everybody, n_fields=evidence.n_fields, dependent=False)
    for dependent in (False, True):
        problem = table.problem(chance, matches)
        plans = structure(problem, evidence.comparisons)
        expected = expect(problem, plans, next(iter(starts(problem, plans)))[0])
        strangers = expected.posteriors[:, 0]
        chance = estimate_chance(cells, strangers, n_fields=evidence.n_fields, dependent=dependent)
    return chance


def _first_fit(problem: Problem, evidence: Evidence) -> tuple[Fit, int]:
    plans = structure(problem, evidence.comparisons)
    if problem.group is not None:
        return _grown(problem, evidence, plans), 1

    tried = [
        [iterate(problem, plans, start, max_steps=FIRST_RUN) for start in alike]
        for alike in starts(problem, plans)
    ]
    kept = [_likeliest(fits) for fits in tried]
    best = _likeliest([iterate(problem, plans, fit.parameters, max_steps=SHORT_RUN) for fit in kept])
    return iterate(problem, best.plans, best.parameters, max_steps=LONG_RUN), sum(map(len, tried))


def _likeliest(fits: Sequence[Fit]) -> Fit:
    return max(fits, key=lambda fit: fit.log_likelihood)


def _grown(problem: Problem, evidence: Evidence, plans: tuple[ComponentPlan, ...]) -> Fit:
    """Alikes before and after the matches have been fitted once; none in one source.

    Nothing tells what grows in one source from matches with a wrong field.
    """
    parameters = next(iter(starts(problem, plans)))[0]
    if problem.alone:
        return iterate(problem, plans, parameters, max_steps=LONG_RUN)
    plans, parameters = grow_alikes(problem, evidence.comparisons, plans, parameters)
    fit = iterate(problem, plans, parameters, max_steps=SHORT_RUN, frozen=_known(problem, plans))
    plans, parameters = grow_alikes(problem, evidence.comparisons, fit.plans, fit.parameters)
    fit = iterate(problem, plans, parameters, max_steps=LONG_RUN, frozen=_known(problem, plans))
    return prune(problem, evidence.comparisons, fit)


def _known(problem: Problem, plans: tuple[ComponentPlan, ...]) -> npt.NDArray[np.bool_]:
    """Classes of people who are alike that pairs within the sources have taught, bool (n_components,).

    They stay as they are while the matches are fitted. Let loose on the pairs between the sources, a dozen free classes
    take whatever the matches do not explain yet: those with a wrong digit in the birth date, say.
    """
    alike = np.array([plan.kind is ComponentKind.ALIKE for plan in plans], dtype=bool)
    return np.asarray(alike & problem.controlled)


def _model(evidence: Evidence, fit: Fit, n_starts: int, warnings: Sequence[str]) -> Model:
    parameters, problem = fit.parameters, fit.problem
    price = sum(price_of(problem, plan, evidence.comparisons) for plan in fit.plans)
    components = tuple(
        Component(plan.name, plan.kind, levels, states if plan.by_field else None)
        for plan, levels, states in zip(fit.plans, parameters.levels, parameters.states, strict=True)
    )
    fields = problem.group.group.fields if problem.group is not None else ()
    doubts = implausible_matches(
        components[[plan.is_match for plan in fit.plans].index(True)], evidence.comparisons, fields
    )
    return Model(
        comparisons=evidence.comparisons,
        sources=evidence.sources,
        n_records=evidence.n_records,
        components=components,
        shares=shares_of(problem, fit.plans, parameters),
        chance_levels=np.exp(problem.chance.log_levels),
        chance_edges=problem.chance.edges,
        emissions=parameters.emissions,
        report=report_on(
            fit,
            n_starts,
            fit.log_likelihood - price,
            [*nothing_personal(evidence.comparisons), *warnings, *doubts],
        ),
    )

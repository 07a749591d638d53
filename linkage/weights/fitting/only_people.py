"""A class of matches that holds more pairs than there can be people is put back to what is known beforehand.

Where hardly anybody is held twice the likelihood is best served by a class that explains whatever the others do not:
people of one forename and sex, fathers and sons, siblings of near birth dates. What it learned is not about people.
Their own few pairs cannot teach it either, so what a match looks like is taken from the priors and held, and the rest
is fitted again around it. Posteriors come to no more matches than the pairs that agree as one person does stand for:
where they would, all odds of the two sources are lowered alike (posterior regularisation, Ganchev et al. 2010).
"""

from dataclasses import replace

import numpy as np

from linkage.weights.classes.people import Lookalikes, People, count_people
from linkage.weights.fitted.model import FitReport
from linkage.weights.fitting.division import divide
from linkage.weights.fitting.iteration import Fit, iterate
from linkage.weights.fitting.mixture import Problem
from linkage.weights.fitting.starts import starts

__all__ = ["only_people", "people_in", "rests_on_priors"]

STEPS = 1000
# Pairs taken for matches, of those that can be people, from which on they are not: the bound, but for rounding.
AT_BOUND = 1.001
# Share of the pairs taken for matches that lies where there are more than can be; less of them teaches little.
FEW = 0.1
MOST_LOWERINGS = 100
WARNING = (
    "more pairs looked alike than can be of one person: hardly anybody is held twice, and households and namesakes are"
    " many. The weights rest on what is known of such fields beforehand, not on these records, and the quality to"
    " expect is less certain than stated: review the links, or use a model of other feeds (link --model FILE)"
)


def only_people(fit: Fit, alike: Lookalikes, *, always: bool = False) -> tuple[Fit, list[str]]:
    """The fit itself where its matches can be people; else one with matches held, and a warning.

    Parameters
    ----------
    always
        Hold them in any case: what was put back once would only go astray again.
    """
    people = people_in(fit.problem, alike)
    taken = fit.pairs[:, fit.is_match].sum(axis=1)
    if not always and taken[taken > AT_BOUND * people.most].sum() <= FEW * taken.sum():
        return fit, []
    known = next(iter(starts(fit.problem, fit.plans)))[0]
    held = fit.is_match
    # Fields of twins are estimated with those of matches: both are held.
    by_field = np.array([plan.by_field for plan in fit.plans], dtype=bool)
    start = replace(
        fit.parameters,
        levels=np.where((held | by_field)[:, None], known.levels, fit.parameters.levels),
        states=np.where((held | by_field)[:, None, None], known.states, fit.parameters.states),
        emissions=known.emissions,
        match_shares=known.match_shares,
        match_mixing=known.match_mixing,
    )
    problem = replace(fit.problem, match_caps=np.minimum(fit.problem.match_caps, people.usual))
    fitted = iterate(problem, fit.plans, start, max_steps=STEPS, frozen=held | by_field)
    return _lowered(fitted), [WARNING]


def people_in(problem: Problem, alike: Lookalikes) -> People:
    """Pairs of a table that agree as one person does."""
    return count_people(problem.cells, alike, problem.full, problem.expected_scale * problem.chance_density)


def rests_on_priors(report: FitReport) -> bool:
    """Whether the matches of a model were put back; a model file says it by its warnings."""
    return WARNING in report.warnings


def _lowered(fit: Fit) -> Fit:
    """With shares of matches so low that the posteriors come to no more than the bound."""
    problem, parameters, division = fit.problem, fit.parameters, fit.division
    for _ in range(MOST_LOWERINGS):
        taken = division.by_class[:, fit.is_match].sum(axis=1)
        if not np.any(taken > AT_BOUND * problem.match_caps):
            break
        ratio = np.minimum(1.0, problem.match_caps / np.maximum(taken, 1e-300))
        parameters = replace(parameters, match_shares=parameters.match_shares * ratio)
        division = divide(problem, fit.plans, parameters)
    return replace(fit, parameters=parameters, division=division)

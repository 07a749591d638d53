"""What to know about a fit before trusting it."""

from collections.abc import Sequence

import numpy as np

from linkage.weights.classes.priors import PRIOR_MATCHES
from linkage.weights.fitted.model import FitReport
from linkage.weights.fitting.iteration import Fit
from linkage.weights.fitting.mixture import Problem
from linkage.weights.patterns.traits import ComparisonTraits, Nature

__all__ = ["nothing_personal", "report_on"]

NOTHING_PERSONAL = (
    "nothing that is compared tells people of one household apart: families and neighbours are linked as one person."
    " Compare a forename or a birth date"
)
NOTHING_OF_BIRTH = (
    "neither a birth date nor a number of a person is compared, and filters over several fields tell people of one name"
    " or home badly apart without: more links may be wrong than stated. Compare a birth date, a year of birth or a"
    " number, or review links before they are used"
)

# Below this the prior weighs about as much as the matches themselves.
FEW_MATCHES = 2.0 * PRIOR_MATCHES


def report_on(fit: Fit, n_starts: int, criterion: float, doubts: Sequence[str] = ()) -> FitReport:
    """Report with warnings, in plain words; `doubts` are further ones, where anything was found at all."""
    return FitReport(
        warnings=(*_warnings(fit), *(doubts if fit.matches.sum() >= 1.0 else ())),
        n_candidates=int(fit.problem.cells.candidates.sum()),
        estimated_matches=tuple(float(value) for value in fit.matches),
        iterations=fit.steps,
        converged=fit.converged,
        n_starts=n_starts,
        criterion=criterion,
    )


def nothing_personal(comparisons: Sequence[ComparisonTraits]) -> list[str]:
    """A warning where only family names, places and the sex are compared, or filters share names and places only."""
    shared = {Nature.FAMILY, Nature.PLACE, Nature.SEX}
    if all(traits.natures <= shared for traits in comparisons):
        return [NOTHING_PERSONAL]
    names = shared | {Nature.PERSON, Nature.FULL_NAME}
    of_names = all(traits.natures <= names and not traits.is_identifier for traits in comparisons)
    several = any(traits.n_fields > 1 for traits in comparisons)
    return [NOTHING_OF_BIRTH] if of_names and several else []


def _warnings(fit: Fit) -> tuple[str, ...]:
    found = []
    if not fit.converged:
        found.append(
            f"the fit still moved after {fit.steps} steps: expected counts are less certain than stated"
        )
    found_here = fit.pairs[:, fit.is_match].sum(axis=1)
    if bool(np.any(found_here > 1.001 * fit.problem.match_caps + 1.0)):
        found.append(
            "the number of matches stands at what exclusivity within the sources allows: another kind of pair may "
            "have been taken for matches"
        )
    expected = float(fit.matches.sum())
    if 1.0 <= expected < FEW_MATCHES:
        found.append(
            f"only about {expected:.0f} matches: the weights rest on what is known of such fields beforehand more than "
            "on these records; a model of a larger index may serve better (link --model FILE)"
        )
    if expected < 1.0:
        found.append("no matches were found: no pair will be linked")
    if poor := _poorly_compared(fit.problem):
        found.append(
            f"in {poor} of {len(fit.problem.cells.total_pairs)} pairs of sources most records share one comparison or "
            "none: their posteriors may be far off; compare what both sources hold, one field or two at a time"
        )
    return tuple(found)


def _poorly_compared(problem: Problem) -> int:
    """Pair classes of which most random pairs have a single comparison, or none, to be judged by."""
    cells = problem.cells
    several = (cells.levels > 0).sum(axis=1) > 1
    told = cells.by_pair_class(cells.random * several)
    return int((problem.compared & (told < 0.5 * cells.by_pair_class(cells.random))).sum())

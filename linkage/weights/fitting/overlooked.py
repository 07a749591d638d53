"""A fit that expects far fewer matches than pairs agree as one person does says so.

Classes of twins, households and people who are alike explain what the matches do not. A fit that has gone astray gives
them the matches of a pair of sources, and is sure of it: few links are expected, and few are made.
"""

import numpy as np

from linkage.weights.classes.people import Lookalikes, fewest_matches
from linkage.weights.fitting.iteration import Fit

__all__ = ["overlooked"]

# Of the matches that there are at least. What they are counted from is certain within some per cent, and all of them
# are among the clearest matches, so that a fit that is right is far from half.
LEAST_TAKEN = 0.5
WARNING = (
    "in {short} of {all} pairs of sources far fewer matches are expected than pairs agree in forename and birth date:"
    " another kind of pair may have taken them, and too few pairs are linked; review pairs below the threshold, or use"
    " a model of other feeds (link --model FILE)"
)


def overlooked(fit: Fit, alike: Lookalikes) -> list[str]:
    """A warning where the matches of a pair of sources are too few; none where people cannot be counted."""
    problem = fit.problem
    strangers = problem.expected_scale * problem.chance_density
    fewest = fewest_matches(problem.cells, alike, problem.full, strangers)
    # Nobody is missed where one match or less is in question.
    short = int(np.sum((fit.matches < LEAST_TAKEN * fewest) & (fewest > 1.0)))
    return [WARNING.format(short=short, all=len(fewest))] if short else []

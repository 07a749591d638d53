"""Whether labels fit a model, or contradict it so much that one of the two is wrong."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from linkage.exchange.plurals import counted

__all__ = ["label_warnings"]

SUREST = 0.9
"""The model is taken to be no surer than that: posteriors near 0 and 1 are the least reliable, and people slip too."""
LEAST_BITS = np.log2(20.0)
"""How much likelier labels have to be under a coin than under the model before anybody is told."""


def label_warnings(
    odds: npt.NDArray[np.float64], matches: npt.NDArray[np.int64], others: npt.NDArray[np.int64]
) -> Sequence[str]:
    """A warning where a toss of a coin for each pair explains the labels better than the model does.

    The logarithm of the likelihood ratio of the two: labels that were swapped, mixed up or of another index fall far
    short, those where the model is in doubt say nothing either way. It cannot tell which of the two is wrong.

    Parameters
    ----------
    odds
        float64 (n,): log2 posterior odds of patterns, or of pairs.
    matches, others
        int64 (n,): how many pairs of each were judged to be one child, and two.

    Returns
    -------
    One sentence or none; none without labels.
    """
    n_judged = int(matches.sum() + others.sum())
    posterior = 1.0 / (1.0 + np.exp2(-np.clip(odds, -1000.0, 1000.0)))
    held = np.clip(posterior, 1.0 - SUREST, SUREST)
    bits = float((matches * (1.0 + np.log2(held)) + others * (1.0 + np.log2(1.0 - held))).sum())
    if bits > -LEAST_BITS:
        return []
    against = int(np.where(posterior < 0.5, matches, others).sum())
    expected = float(((matches + others) * np.minimum(posterior, 1.0 - posterior)).sum())
    told = (
        f"labels and model contradict each other: {against:,} of {counted(n_judged, 'label')} say the opposite of what"
        f" the model thinks likelier, and it expected {expected:,.0f}; a coin would come nearer to them. See whether"
        " they are of this index and yes means one child; if they are right, the model is wrong, and so are its figures"
    )
    return [told]

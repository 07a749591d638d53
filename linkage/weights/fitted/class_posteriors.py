"""How much of a pattern each latent class explains: what the fitted classes look like along the weights."""

import numpy as np
import numpy.typing as npt

from linkage.weights.fitted.model import Model
from linkage.weights.fitted.pattern_blocks import pattern_blocks
from linkage.weights.fitted.scoring import _log_chance, _log_component

__all__ = ["class_posteriors"]


def class_posteriors(
    model: Model, pair_class: int, patterns: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Probability of each class for pairs of some patterns.

    Parameters
    ----------
    model
        A fitted model.
    pair_class
        Whose shares are the prior.
    patterns
        int64 (n,): pattern codes in any order.

    Returns
    -------
    float64 (n, n_components + 1): in the order of the model's components, strangers last; rows sum to one.
    """
    size = model.n_patterns // model.n_levels[0]
    first_levels = patterns // size
    joint = np.full((len(patterns), len(model.components) + 1), -np.inf)
    with np.errstate(divide="ignore"):
        log_shares = np.log(model.shares[pair_class])
    log_strangers = float(np.log1p(-model.shares[pair_class].sum()))
    for block in pattern_blocks(model.n_levels, None):
        own = np.flatnonzero(first_levels == block.first_level)
        inside = patterns[own] - block.first_level * size
        for row, component in enumerate(model.components):
            joint[own, row] = log_shares[row] + _log_component(model, component, block)[inside]
        joint[own, -1] = log_strangers + _log_chance(model, pair_class, block)[inside]
    joint -= joint.max(axis=1, keepdims=True, initial=-1e300)
    probabilities = np.exp(joint)
    return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))

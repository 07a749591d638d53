"""The scores of every pattern under a model, worked out once a model.

A page asks for them dozens of times: for each blocking key, each step of a waterfall, each pair of sources. Where a
specification has many comparisons a model has a million patterns, and scoring them takes seconds.
"""

import weakref

import numpy as np
import numpy.typing as npt

from linkage.weights import Model, PatternScores, score_patterns

__all__ = ["pattern_odds", "pattern_scores"]

_SCORES: dict[int, PatternScores] = {}


def pattern_scores(model: Model) -> PatternScores:
    """Odds and shares of twins of every pattern, read only; kept for as long as the model is.

    A model is known by its identity: its arrays never change, and to compare them would cost more than it saves.
    """
    known = _SCORES.get(id(model))
    if known is None:
        known = score_patterns(model)
        for scores in (known.odds, known.twin_shares):
            if scores is not None:
                scores.flags.writeable = False
        _SCORES[id(model)] = known
        weakref.finalize(model, _SCORES.pop, id(model), None)
    return known


def pattern_odds(model: Model) -> npt.NDArray[np.float64]:
    """Log2 posterior odds of a match, float64 (n_pair_classes, n_patterns), read only."""
    return pattern_scores(model).odds

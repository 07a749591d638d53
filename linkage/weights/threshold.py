"""The threshold that the software chooses by itself, without labels."""

from typing import Literal

import numpy as np

from linkage.weights.expectation import ExpectedQuality, ScoredCounts, expected_quality

__all__ = ["Objective", "choose_threshold"]

Objective = Literal["f1", "precision"]


def choose_threshold(
    scored: ScoredCounts, objective: Objective = "f1", *, precision: float = 0.99, seed: int = 0
) -> ExpectedQuality:
    """Best expected F1, or the most links at a wanted expected precision.

    Parameters
    ----------
    scored
        Candidate patterns with their odds.
    objective
        ``"f1"`` or ``"precision"``.
    precision
        The wanted precision, for the second.

    Returns
    -------
    ExpectedQuality
        With the threshold in bits of log odds, set half way to the next pattern below so that it does not hang on a
        rounding; nothing is linked (threshold infinity) where there are no candidates or the precision cannot be
        reached.
    """
    if len(scored.log_odds) == 0:
        return expected_quality(scored, np.inf, seed=seed)
    probability = 1.0 / (1.0 + np.exp2(-np.clip(scored.log_odds, -1000.0, 1000.0)))
    links = np.cumsum(scored.counts)
    true = np.cumsum(scored.counts * probability)
    # Equal odds are linked together or not at all.
    last = np.append(scored.log_odds[1:] != scored.log_odds[:-1], True)
    if objective == "f1":
        merit = np.where(last, 2.0 * true / (links + true[-1]), -1.0)
        position = int(np.argmax(merit))
    else:
        good = np.flatnonzero(last & (true >= precision * links))
        if len(good) == 0:
            return expected_quality(scored, np.inf, seed=seed)
        position = int(good[-1])
    here = scored.log_odds[position]
    below = scored.log_odds[position + 1] if position + 1 < len(scored.log_odds) else here - 1.0
    return expected_quality(scored, 0.5 * (here + below), seed=seed)

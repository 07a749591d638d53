"""The threshold that the software chooses by itself, without labels."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from linkage.weights.deciding.expectation import ExpectedQuality, ScoredCounts, expected_quality

__all__ = ["Objective", "best_threshold", "choose_threshold"]

Objective = Literal["f1", "precision"]

# The threshold of the best expected F1 lies at a posterior of half that F1. Where hardly a match is expected it sinks
# to anything that is likelier than the rest; below an F1 of a half it is no longer followed.
LOWEST_POSTERIOR = 0.25
# Odds that no match of these records has taught do not say how many are lost: a link must be likelier right than wrong.
LEAST_WITHOUT_MATCHES = 0.5
# Bits within which odds may be a matter of rounding.
ROUNDING = 1e-6

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def choose_threshold(
    scored: ScoredCounts, objective: Objective = "f1", *, precision: float = 0.99, seed: int = 0
) -> ExpectedQuality:
    """What is expected at `best_threshold`, with intervals."""
    return expected_quality(scored, best_threshold(scored, objective, precision=precision), seed=seed)


def best_threshold(scored: ScoredCounts, objective: Objective = "f1", *, precision: float = 0.99) -> float:
    """The threshold of the best expected F1, or of the most links at a wanted expected precision.

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
    Bits of log odds, never so near to a pattern's that a link hangs on a rounding; infinity, with which nothing is
    linked, where the precision cannot be reached.
    """
    if objective == "f1":
        return _of_best_f1(scored)
    links, true, _, last = _running(scored)
    good = np.flatnonzero(last & (true >= precision * links))
    return _below(scored, int(good[-1])) if len(good) else float("inf")


def _of_best_f1(scored: ScoredCounts) -> float:
    """The threshold of the best expected F1: in theory where the posterior is half of it.

    Where no candidate has these odds, the theory says what to do with pairs that come later.
    """
    links, true, probability, last = _running(scored)
    least = LEAST_WITHOUT_MATCHES if scored.rests_on_priors else LOWEST_POSTERIOR
    likely = last & (probability >= least)
    if not likely.any():
        return 0.0
    merit = np.where(likely, 2.0 * true / (links + true[-1]), -1.0)
    position = int(np.argmax(merit))
    wanted = max(float(merit[position]) / 2.0, least)
    bits = float(np.log2(wanted / (1.0 - wanted)))
    below = scored.log_odds[position + 1] if position + 1 < len(scored.log_odds) else -np.inf
    apart = below + ROUNDING < bits < scored.log_odds[position] - ROUNDING
    return bits if apart else _below(scored, position)


def _running(scored: ScoredCounts) -> tuple[Floats, Floats, Floats, Flags]:
    """Links and true links down to each pattern, its posterior, and where the next pattern has other odds.

    Equal odds are linked together or not at all.
    """
    probability = 1.0 / (1.0 + np.exp2(-np.clip(scored.log_odds, -1000.0, 1000.0)))
    last = np.append(scored.log_odds[1:] != scored.log_odds[:-1], True)[: len(probability)]
    return np.cumsum(scored.counts), np.cumsum(scored.counts * probability), probability, last


def _below(scored: ScoredCounts, position: int) -> float:
    """Half way to the next pattern, so that no link hangs on a rounding."""
    here = scored.log_odds[position]
    below = scored.log_odds[position + 1] if position + 1 < len(scored.log_odds) else here - 1.0
    return float(0.5 * (here + below))

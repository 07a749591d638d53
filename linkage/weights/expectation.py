"""What a threshold does, without labels: expected true, false and missed links among the candidate pairs.

A pair of posterior p is a match p times in one. Summed over the pattern counts this gives the expected counts at
every threshold at once. The interval answers two doubts: how many of the pairs of a pattern happen to be matches
(binomial), and whether the model's odds are right at all (a shift of all odds, drawn anew for every replicate).
It says nothing about matches that no blocking key brought together; their number is in the model's estimate.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.weights.model import Model
from linkage.weights.scoring import log_odds

__all__ = ["ExpectedQuality", "Interval", "ScoredCounts", "expected_quality", "score_counts"]

Floats = npt.NDArray[np.float64]

N_REPLICATES = 200
# Two-sided 95 per cent.
QUANTILES = (0.025, 0.975)
# Standard deviation of the shift of all odds, in bits: a fitted model is seldom nearer than a factor of two.
ODDS_DOUBT_BITS = 1.0


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 per cent interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class ExpectedQuality:
    """Expected outcome of linking every candidate pair at or above a threshold.

    `threshold` is in bits of posterior log odds; 0 is a posterior of one half. Precision is one by convention where
    nothing is linked.
    """

    threshold: float
    n_links: int
    true_links: Interval
    false_links: Interval
    missed_links: Interval
    precision: Interval
    recall: Interval
    f1: Interval

    @property
    def posterior(self) -> float:
        """The threshold as a probability."""
        return float(1.0 / (1.0 + np.exp2(-self.threshold)))


@dataclass(frozen=True)
class ScoredCounts:
    """Candidate patterns in descending order of odds.

    Attributes
    ----------
    log_odds
        float64 (n,): log2 posterior odds.
    counts
        float64 (n,): candidate pairs.
    """

    log_odds: Floats
    counts: Floats


def score_counts(model: Model, candidates: npt.NDArray[np.int64]) -> ScoredCounts:
    """Odds and counts of the patterns that occur, best first.

    Parameters
    ----------
    model
        A fitted model.
    candidates
        int64 (n_pair_classes, n_patterns) or with a strata axis before.
    """
    table = candidates if candidates.ndim == 2 else candidates.sum(axis=0)
    if table.shape != (model.n_pair_classes, model.n_patterns):
        raise ValueError(
            f"candidates: shape {table.shape}, expected ({model.n_pair_classes}, {model.n_patterns}) for this model"
        )
    odds, counts = [], []
    for pair_class in range(model.n_pair_classes):
        seen = np.flatnonzero(table[pair_class])
        odds.append(log_odds(model, pair_class)[seen])
        counts.append(table[pair_class, seen].astype(np.float64))
    all_odds, all_counts = np.concatenate(odds), np.concatenate(counts)
    order = np.argsort(-all_odds, kind="stable")
    return ScoredCounts(all_odds[order], all_counts[order])


def expected_quality(scored: ScoredCounts, threshold: float, *, seed: int = 0) -> ExpectedQuality:
    """Expected counts and measures at a threshold in bits of log odds, with intervals."""
    linked = scored.log_odds >= threshold
    probability = _posterior(scored.log_odds)
    estimate = _totals(scored.counts * probability, scored.counts, linked)
    generator = np.random.default_rng(seed)
    replicates = []
    for _ in range(N_REPLICATES):
        shifted = _posterior(scored.log_odds + generator.normal(0.0, ODDS_DOUBT_BITS))
        matches = generator.binomial(scored.counts.astype(np.int64), shifted).astype(np.float64)
        replicates.append(_totals(matches, scored.counts, linked))
    spread = np.quantile(np.array(replicates), QUANTILES, axis=0)
    intervals = [
        Interval(float(value), min(float(low), float(value)), max(float(high), float(value)))
        for value, low, high in zip(estimate, *spread, strict=True)
    ]
    return ExpectedQuality(float(threshold), int(scored.counts[linked].sum()), *intervals)


def _posterior(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(odds, -1000.0, 1000.0))))


def _totals(matches: Floats, counts: Floats, linked: npt.NDArray[np.bool_]) -> Floats:
    """True, false and missed links, precision, recall, F1."""
    true, links, total = matches[linked].sum(), counts[linked].sum(), matches.sum()
    precision = true / links if links > 0 else 1.0
    recall = true / total if total > 0 else 1.0
    f1 = 2.0 * true / (links + total) if links + total > 0 else 1.0
    return np.array([true, links - true, total - true, precision, recall, f1])

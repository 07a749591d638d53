"""What a threshold does, without labels: expected true, false and missed links among the candidate pairs.

A pair of posterior p is a match p times in one. Summed over the pattern counts this gives the expected counts at
every threshold at once. The interval answers three doubts: how many of the pairs of a pattern happen to be matches
(binomial), whether the model's odds are right at all (a shift of all odds, drawn anew for every replicate), and whether
they are wrong in one place, among false links or among missed ones (a factor on each, and half an error unforeseen).
It says nothing about matches that no blocking key brought together; their number is in the model's estimate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.kernels.running import available_threads, run_in_order
from linkage.weights.fitted.model import Model
from linkage.weights.fitted.scoring import score_patterns
from linkage.weights.fitting.only_people import rests_on_priors

__all__ = [
    "ExpectedQuality",
    "Interval",
    "ScoredCounts",
    "expected_qualities",
    "expected_quality",
    "score_counts",
]

Floats = npt.NDArray[np.float64]

N_REPLICATES = 200
# Two-sided 95 per cent.
QUANTILES = (0.025, 0.975)
# Standard deviation of the shift of all odds, in bits: a fitted model is seldom nearer than a factor of two.
ODDS_DOUBT_BITS = 1.0
# Of a model whose matches were not learned from these records: a factor of four.
DOUBT_WITHOUT_MATCHES_BITS = 2.0
# Standard deviation, in bits, of the factor by which false or missed links are off on their own: a class of pairs that
# the model does not know shows on one side of the threshold only.
ERROR_DOUBT_BITS = 0.5
# Errors of a kind that the model does not foresee.
UNFORESEEN = 0.5


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
    rests_on_priors
        Whether the odds follow from what is known beforehand, not from these records.
    """

    log_odds: Floats
    counts: Floats
    rests_on_priors: bool = False


def score_counts(model: Model, candidates: npt.NDArray[np.int64], odds: Floats | None = None) -> ScoredCounts:
    """Odds and counts of the patterns that occur, best first.

    Parameters
    ----------
    model
        A fitted model.
    candidates
        int64 (n_pair_classes, n_patterns) or with a strata axis before.
    odds
        float64 (n_pair_classes, n_patterns): those of `log_odds` where they are known already.
    """
    table = candidates if candidates.ndim == 2 else candidates.sum(axis=0)
    if table.shape != (model.n_pair_classes, model.n_patterns):
        raise ValueError(
            f"candidates: shape {table.shape}, expected ({model.n_pair_classes}, {model.n_patterns}) for this model"
        )
    seen = np.nonzero(table)
    all_odds = (score_patterns(model).odds if odds is None else odds)[seen]
    all_counts = table[seen].astype(np.float64)
    order = np.argsort(-all_odds, kind="stable")
    return ScoredCounts(all_odds[order], all_counts[order], rests_on_priors(model.report))


def expected_quality(
    scored: ScoredCounts, threshold: float, *, seed: int = 0, threads: int | None = None
) -> ExpectedQuality:
    """Expected counts and measures at a threshold in bits of log odds, with intervals."""
    return expected_qualities(scored, [threshold], seed=seed, threads=threads)[0]


def expected_qualities(
    scored: ScoredCounts, thresholds: Sequence[float], *, seed: int = 0, threads: int | None = None
) -> list[ExpectedQuality]:
    """`expected_quality` at each of several thresholds, from one set of replicates; the figures are the same.

    `threads` are all processors by default, and change nothing but the time.
    """
    # Patterns are in descending order of odds, so the links at a threshold are the first ones.
    cuts = np.searchsorted(-scored.log_odds, -np.asarray(thresholds, dtype=np.float64), side="right")
    counts = scored.counts
    estimate = _totals(counts * _posterior(scored.log_odds), counts, cuts)
    whole = counts.astype(np.int64)
    doubt = DOUBT_WITHOUT_MATCHES_BITS if scored.rests_on_priors else ODDS_DOUBT_BITS

    def replicate(number: int) -> Floats:
        # Each has numbers of its own, so that it does not matter on which thread it is drawn.
        generator = np.random.default_rng((seed, number))
        shifted = _posterior(scored.log_odds + generator.normal(0.0, doubt))
        drawn = _totals(generator.binomial(whole, shifted).astype(np.float64), counts, cuts)
        factors = np.exp2(generator.normal(0.0, ERROR_DOUBT_BITS, 2))
        unforeseen = generator.poisson(UNFORESEEN * factors).astype(np.float64)
        return _doubted(drawn, factors, unforeseen)

    threads = threads or available_threads()
    replicates = [found for _, found in run_in_order(range(N_REPLICATES), replicate, threads)]
    spread = np.quantile(np.stack(replicates), QUANTILES, axis=0)
    lows, highs = np.minimum(spread[0], estimate), np.maximum(spread[1], estimate)
    n_links = np.concatenate([[0.0], np.cumsum(counts)])[cuts]
    return [
        ExpectedQuality(
            float(threshold),
            int(n),
            *(Interval(*ends) for ends in zip(*(part.tolist() for part in parts), strict=True)),
        )
        for threshold, n, *parts in zip(thresholds, n_links, estimate, lows, highs, strict=True)
    ]


def _posterior(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(odds, -1000.0, 1000.0))))


def _doubted(drawn: Floats, factors: Floats, unforeseen: Floats) -> Floats:
    """The same with false links and missed ones so many times as many, and some more of each where any are linked."""
    true, false, missed = drawn[:, :3].T
    links = true + false
    some = links > 0
    false = np.minimum(false * factors[0] + unforeseen[0] * some, links)
    missed = missed * factors[1] + unforeseen[1] * some
    return _measured(links - false, links, links - false + missed)


def _totals(matches: Floats, counts: Floats, cuts: npt.NDArray[np.int64]) -> Floats:
    """True, false and missed links, precision, recall, F1 where the first so many patterns are linked, (n_cuts, 6)."""
    true, links = (np.concatenate([[0.0], np.cumsum(part)]) for part in (matches, counts))
    total = np.full(len(cuts), true[-1])
    return _measured(true[cuts], links[cuts], total)


def _measured(true: Floats, links: Floats, total: Floats) -> Floats:
    ones = np.ones(len(true))
    precision = np.divide(true, links, out=ones.copy(), where=links > 0)
    recall = np.divide(true, total, out=ones.copy(), where=total > 0)
    f1 = np.divide(2.0 * true, links + total, out=ones, where=links + total > 0)
    return np.stack([true, np.maximum(links - true, 0.0), total - true, precision, recall, f1], axis=1)

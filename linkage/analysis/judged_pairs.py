"""Pairs that people have judged, and what they say about a threshold."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.analysis.material import Material
from linkage.analysis.pattern_odds import pattern_odds
from linkage.comparison import compare_pairs
from linkage.evaluation import Reliability, reliability
from linkage.weights import Interval, LabelledCounts, Model, ScoredCounts

__all__ = [
    "JudgedPairs",
    "MeasuredLinks",
    "judged_odds",
    "judged_reliability",
    "labelled_counts",
    "measured_links",
]

BAND_BITS = 2.0
"""Labels speak for the pairs within a band of odds of this width."""

MODEL_LABELS = 2.0
"""What the model says of a band is worth this many labels, so that a band without any falls back on it."""

N_DRAWS = 2000
QUANTILES = (0.025, 0.975)


@dataclass(frozen=True, repr=False)
class JudgedPairs:
    """Judged pairs as positions in the live records of a `Material`.

    Attributes
    ----------
    left, right
        int64 (n,).
    is_match
        bool (n,).
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    is_match: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.left)


@dataclass(frozen=True)
class MeasuredLinks:
    """What labels say of the pairs at or above a threshold, as intervals of 95 per cent."""

    false_links: Interval
    missed_links: Interval
    precision: Interval
    recall: Interval


def labelled_counts(material: Material, judged: JudgedPairs) -> LabelledCounts:
    """Judged pairs by pattern, as `linkage.weights.Evidence` takes them."""
    patterns, classes = _cells(material, judged)
    n_patterns = material.plan.n_patterns
    shape = (len(material.feed_pairs), n_patterns)
    cells = classes * n_patterns + patterns
    matches = np.bincount(cells[judged.is_match], minlength=shape[0] * shape[1]).reshape(shape)
    others = np.bincount(cells[~judged.is_match], minlength=shape[0] * shape[1]).reshape(shape)
    return LabelledCounts(matches.astype(np.int64), others.astype(np.int64))


def judged_odds(material: Material, model: Model, judged: JudgedPairs) -> npt.NDArray[np.float64]:
    """Log2 posterior odds of the judged pairs, float64 (n,)."""
    patterns, classes = _cells(material, judged)
    odds = np.empty(len(judged))
    for pair_class in np.unique(classes).tolist():
        own = classes == pair_class
        odds[own] = pattern_odds(model)[pair_class, patterns[own]]
    return odds


def judged_reliability(odds: npt.NDArray[np.float64], is_match: npt.NDArray[np.bool_]) -> Reliability:
    """Posteriors of judged pairs against the judgements, in ten bins."""
    return reliability(1.0 / (1.0 + np.exp2(-np.clip(odds, -1000, 1000))), is_match)


def measured_links(
    scored: ScoredCounts,
    odds: npt.NDArray[np.float64],
    is_match: npt.NDArray[np.bool_],
    threshold: float,
    *,
    seed: int = 0,
) -> MeasuredLinks:
    """Estimate the quality of a threshold from labels, by post-stratification over bands of odds.

    Labels are drawn where they teach most, not at random, so they may not simply be counted: in each band the share of
    matches among its labels stands for all pairs of the band. The model counts as `MODEL_LABELS` further labels, so a
    band without labels has the model's share, with the doubt that so few labels leave. Pairs of one band are taken to
    be alike. (Holt and Smith 1979, JRSS A 142, section 2, for the estimator; Beta posteriors for the interval.)

    Parameters
    ----------
    scored
        All candidate patterns.
    odds, is_match
        float64 and bool (n,): the judged pairs.
    threshold
        In bits; a band that it cuts is cut in two.
    """
    edges = threshold + BAND_BITS * np.arange(-30, 31)
    n_bands = len(edges) + 1
    place, judged = np.searchsorted(edges, scored.log_odds, "right"), np.searchsorted(edges, odds, "right")
    probability = 1.0 / (1.0 + np.exp2(-np.clip(scored.log_odds, -1000.0, 1000.0)))
    pairs = np.bincount(place, scored.counts, n_bands).astype(np.float64)
    expected = np.bincount(place, scored.counts * probability, n_bands)
    share = np.clip(expected / np.maximum(pairs, 1.0), 1e-12, 1.0 - 1e-12)
    yes = np.bincount(judged[is_match], minlength=n_bands)
    no = np.bincount(judged[~is_match], minlength=n_bands)
    alpha, beta = MODEL_LABELS * share + yes, MODEL_LABELS * (1.0 - share) + no
    linked = np.arange(n_bands) > 30
    draws = np.random.default_rng(seed).beta(alpha, beta, (N_DRAWS, n_bands)) * pairs
    estimate = _measures((pairs * alpha / (alpha + beta))[None], pairs, linked)[0]
    spread = np.quantile(_measures(draws, pairs, linked), QUANTILES, axis=0)
    return MeasuredLinks(
        *(
            Interval(float(value), min(float(low), float(value)), max(float(high), float(value)))
            for value, low, high in zip(estimate, *spread, strict=True)
        )
    )


def _measures(
    matches: npt.NDArray[np.float64], pairs: npt.NDArray[np.float64], linked: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """False and missed links, precision and recall of each row, float64 (n_draws, 4)."""
    links = pairs[linked].sum()
    true, total = matches[:, linked].sum(axis=1), matches.sum(axis=1)
    precision = true / links if links else np.ones(len(matches))
    return np.stack([links - true, total - true, precision, true / np.maximum(total, 1e-300)], axis=1)


def _cells(material: Material, judged: JudgedPairs) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pattern and pair class of each judged pair."""
    sources = material.live.sources
    patterns = compare_pairs(material.words, judged.left, judged.right, material.plan)
    classes = material.candidates.class_table[sources[judged.left], sources[judged.right]]
    return patterns.astype(np.int64), classes.astype(np.int64)

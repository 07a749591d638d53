"""What every threshold would give, from weighted pairs and the truth.

A pair counts as linked at a threshold when its weight reaches it: pairs, not clusters, so chains play no part. Against
all true links, those that were never emitted included.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.evaluation.grouping import UNKNOWN, Integers, group_sizes, pairs_in
from linkage.evaluation.intervals import number
from linkage.evaluation.pair_quality import PairQuality
from linkage.kernels.compiling import kernel


@dataclass(frozen=True)
class ThresholdCurve:
    """Links at every threshold that makes a difference.

    Attributes
    ----------
    thresholds
        float64 (k,) descending: the distinct weights.
    links, true_links
        int64 (k,): pairs at or above the threshold, and how many of them are right.
    n_true
        All true links.
    """

    thresholds: npt.NDArray[np.float64]
    links: npt.NDArray[np.int64]
    true_links: npt.NDArray[np.int64]
    n_true: int

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """Share of links that are right: float64 (k,)."""
        return self.true_links / self.links

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """Share of true links that are found: float64 (k,), NaN where there are none."""
        if self.n_true == 0:
            return np.full(self.links.size, np.nan)
        return self.true_links / self.n_true

    @property
    def f1(self) -> npt.NDArray[np.float64]:
        """Harmonic mean of precision and recall: float64 (k,)."""
        return 2 * self.true_links / (self.links + self.n_true)

    @property
    def best(self) -> tuple[float, PairQuality]:
        """The threshold of greatest F1, of equal ones the highest, and the quality there.

        Without pairs the threshold is infinite: nothing can be linked.
        """
        if not self.thresholds.size:
            return np.inf, PairQuality(0, 0, self.n_true)
        at = int(np.argmax(self.f1))
        return float(self.thresholds[at]), self._quality(at)

    def at(self, threshold: float) -> PairQuality:
        """Quality at a threshold."""
        reached = int(np.searchsorted(-self.thresholds, -threshold, side="right"))
        return self._quality(reached - 1) if reached else PairQuality(0, 0, self.n_true)

    def _quality(self, at: int) -> PairQuality:
        true, links = int(self.true_links[at]), int(self.links[at])
        return PairQuality(true, links - true, self.n_true - true)

    def to_json(self, most_points: int = 200) -> dict[str, Any]:
        """Plain numbers: the best threshold, and up to `most_points` of the curve, evenly spaced by links."""
        threshold, best = self.best
        even = np.linspace(0, self.thresholds.size - 1, min(most_points, self.thresholds.size))
        points = np.unique(even.astype(np.int64))
        return {
            "true_links": self.n_true,
            "best": {"threshold": threshold if np.isfinite(threshold) else None, **best.to_json()},
            "points": [
                {
                    "threshold": float(self.thresholds[at]),
                    "links": int(self.links[at]),
                    "precision": number(float(self.precision[at])),
                    "recall": number(float(self.recall[at])),
                    "f1": number(float(self.f1[at])),
                }
                for at in points
            ],
        }


def threshold_curve(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float64],
    truth: Integers,
    *,
    n_true: int | None = None,
) -> ThresholdCurve:
    """Count links at every threshold.

    Parameters
    ----------
    left, right
        int64 (n,) rows of the emitted pairs, each pair once.
    weights
        float64 (n,), not NaN.
    truth
        Integers (n_records,): entities, -1 where unknown; pairs with such a record are left out.
    n_true
        All true links; default the pairs inside entities. Give it where some were no candidates by design, as in
        matching two files without looking for duplicates.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    _same_edges(left, right, weights)
    if n_true is None:
        n_true = pairs_in(group_sizes(truth[truth != UNKNOWN]))
    known = (truth[left] != UNKNOWN) & (truth[right] != UNKNOWN)
    left, right, weights = left[known], right[known], weights[known]
    order = np.argsort(-weights, kind="stable")
    ordered = weights[order]
    right_pairs = np.cumsum(truth[left[order]] == truth[right[order]], dtype=np.int64)
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))[: ordered.size]
    return ThresholdCurve(ordered[last], last + 1, right_pairs[last], n_true)


def one_to_one(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float64],
    sources: Integers,
    *,
    ties: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.bool_]:
    """Choose pairs so that no record has two of one source, greedily by descending weight.

    What is chosen at or above a threshold does not depend on pairs below it, so the curve of the chosen pairs is the
    one-to-one curve at every threshold.

    Parameters
    ----------
    left, right, weights
        As for `threshold_curve`.
    sources
        Integers (n_records,) from 0.
    ties
        Integers (n,): of pairs of equal weight the smaller goes first; default the order given.

    Returns
    -------
    bool (n,): the chosen pairs.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    _same_edges(left, right, weights)
    order = np.lexsort((np.arange(left.size) if ties is None else ties, -weights))
    n_sources = int(sources.max()) + 1 if sources.size else 0
    taken = np.zeros((sources.size, n_sources), dtype=np.bool_)
    chosen = np.zeros(left.size, dtype=np.bool_)
    _choose(left, right, sources.astype(np.int64), order, taken, chosen)
    return chosen


@kernel
def _choose(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    sources: npt.NDArray[np.int64],
    order: npt.NDArray[np.int64],
    taken: npt.NDArray[np.bool_],
    chosen: npt.NDArray[np.bool_],
) -> None:
    for pair in order:
        a, b = left[pair], right[pair]
        if not taken[a, sources[b]] and not taken[b, sources[a]]:
            taken[a, sources[b]] = True
            taken[b, sources[a]] = True
            chosen[pair] = True


def _same_edges(
    left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]
) -> None:
    if not left.shape == right.shape == weights.shape:
        raise ValueError(
            f"pairs: expected three arrays of one length, got {left.shape}, {right.shape}, {weights.shape}"
        )

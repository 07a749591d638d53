"""Whether a pair that says 0.9 is right nine times in ten."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.evaluation.intervals import Share


@dataclass(frozen=True)
class ReliabilityBin:
    """Pairs with a probability from `lower` to below `upper` (the last bin includes 1).

    `mean` is the mean of their probabilities, NaN without pairs.
    """

    lower: float
    upper: float
    mean: float
    right: Share

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; the share that is right with its interval."""
        return {
            "lower": self.lower,
            "upper": self.upper,
            "mean": None if np.isnan(self.mean) else self.mean,
            "right": self.right.to_json(),
        }


@dataclass(frozen=True)
class Reliability:
    """Probabilities against what happened, in bins of equal width."""

    bins: tuple[ReliabilityBin, ...]

    @property
    def calibration_error(self) -> float:
        """Expected calibration error: mean distance of probability and share, bins weighed by pairs.

        Naeini, Cooper and Hauskrecht 2015 (AAAI), section 2. NaN without pairs.
        """
        total = sum(part.right.total for part in self.bins)
        filled = [part for part in self.bins if part.right.total]
        gaps = [abs(part.mean - part.right.value) * part.right.total for part in filled]
        return sum(gaps) / total if total else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        error = self.calibration_error
        return {
            "calibration_error": None if np.isnan(error) else error,
            "bins": [part.to_json() for part in self.bins],
        }


def reliability(
    probabilities: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], n_bins: int = 10
) -> Reliability:
    """Bin probabilities and compare them with how often they were right.

    Parameters
    ----------
    probabilities
        float64 (n,) from 0 to 1.
    right
        bool (n,): whether the pair is a true link.
    n_bins
        Number of bins of equal width.

    Raises
    ------
    ValueError
        If the lengths differ, a probability is out of range, or there is no bin.
    """
    if probabilities.shape != right.shape:
        raise ValueError(f"right: expected one value a probability, got {right.shape}, {probabilities.shape}")
    if n_bins < 1:
        raise ValueError(f"n_bins: expected 1 or more, got {n_bins}")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("probabilities: expected numbers from 0 to 1")
    edges = np.arange(n_bins + 1) / n_bins
    # Compared with the edges themselves: multiplying by n_bins would put 0.29 * 100 below 29.
    place = np.clip(np.searchsorted(edges, probabilities, side="right") - 1, 0, n_bins - 1)
    totals = np.bincount(place, minlength=n_bins)
    sums = np.bincount(place, weights=probabilities, minlength=n_bins)
    hits = np.bincount(place[right], minlength=n_bins)
    return Reliability(
        tuple(
            ReliabilityBin(
                float(edges[at]),
                float(edges[at + 1]),
                float(sums[at] / totals[at]) if totals[at] else float("nan"),
                Share(int(hits[at]), int(totals[at])),
            )
            for at in range(n_bins)
        )
    )

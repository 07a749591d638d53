"""Shares with their uncertainty."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Share:
    """So many of so many, with a Wilson interval.

    Attributes
    ----------
    count, total
        `count` of `total`.
    confidence
        Probability that intervals made this way cover the true share.
    """

    count: int
    total: int
    confidence: float = CONFIDENCE

    @property
    def value(self) -> float:
        """The share; NaN of nothing."""
        return self.count / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end."""
        return wilson_interval(self.count, self.total, self.confidence)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; null for the share of nothing."""
        lower, upper = self.interval
        return {
            "count": self.count,
            "total": self.total,
            "value": number(self.value),
            "lower": lower,
            "upper": upper,
        }


def wilson_interval(count: int, total: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Score interval of a share (Wilson 1927, JASA 22(158)); good near 0 and 1, where the usual one is not.

    It takes the cases for independent. Links of one cluster are not, so an interval over pairs is a little narrow.

    Parameters
    ----------
    count, total
        ``0 <= count <= total``. Of nothing the interval is everything, (0, 1).
    confidence
        Between 0 and 1.

    Raises
    ------
    ValueError
        If the numbers are out of range.
    """
    if not 0 <= count <= total:
        raise ValueError(f"share: expected 0 <= count <= total, got {count} of {total}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: expected a number between 0 and 1, got {confidence}")
    if total == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = count / total, z * z / total
    centre = (share + weight / 2) / (1 + weight)
    reach = z * math.sqrt(share * (1 - share) / total + weight / (4 * total)) / (1 + weight)
    # At the ends the interval reaches them exactly; the subtraction would leave a rounding error.
    lower = 0.0 if count == 0 else max(0.0, centre - reach)
    return lower, 1.0 if count == total else min(1.0, centre + reach)


def number(value: float) -> float | None:
    """A float as JSON takes it: null instead of NaN."""
    return None if math.isnan(value) else float(value)

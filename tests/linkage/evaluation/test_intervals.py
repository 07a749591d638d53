"""Wilson intervals: a published value, coverage, and the ends."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from linkage.evaluation import Share, wilson_interval


@pytest.mark.parametrize("count, total", [(0, 10), (1, 10), (5, 10), (10, 10), (263, 1000), (1, 1)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_scipy_gives_the_same_interval(count: int, total: int, confidence: float) -> None:
    expected = binomtest(count, total).proportion_ci(confidence, method="wilson")
    assert wilson_interval(count, total, confidence) == pytest.approx(
        (expected.low, expected.high), abs=1e-12
    )


def test_intervals_cover_the_share_they_promise() -> None:
    counts = np.random.default_rng(2).binomial(300, 0.03, 2_000)
    ends = [wilson_interval(int(count), 300) for count in counts]
    assert np.mean([low <= 0.03 <= high for low, high in ends]) == pytest.approx(0.95, abs=0.03)


def test_of_nothing_everything_is_possible() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert math.isnan(Share(0, 0).value)
    assert Share(0, 0).to_json() == {"count": 0, "total": 0, "value": None, "lower": 0.0, "upper": 1.0}


def test_shares_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        wilson_interval(3, 2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        wilson_interval(1, 2, 1.0)

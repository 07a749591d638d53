"""Rates come with an interval that stays honest at the ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.attacks import AttackResult, wilson_interval


def test_interval_of_a_published_example():
    # Newcombe 1998, table I, method 3: 81 of 263 and 0 of 20.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


@given(st.integers(0, 500), st.integers(1, 500))
def test_interval_holds_the_rate(hits, n):
    hits = min(hits, n)
    low, high = wilson_interval(hits, n)
    assert 0 <= low <= hits / n <= high <= 1


def test_nothing_under_attack_says_nothing():
    result = AttackResult("a", "b", "c", 0, 0, 0.5, 0.0)
    assert result.rate == 0
    assert result.to_json()["low"] == 0
    assert result.to_json()["high"] == 1

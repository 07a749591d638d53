"""The breaker trips on a figure out of its band, from the specification or from history, and a person overrules it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.exchange.specification.breaker import BreakerRule
from pipelines.at_unit.nights.breaker import first_conflicts, judge
from pipelines.at_unit.nights.figures import Measured

RULE = BreakerRule(fewest_records=0)


def report(figures, accepted=None):
    told = [{"figure": name, "of": of, "value": value} for (name, of), value in figures.items()]
    index = {"records": {"gp": 1_000_000}, "children": 1_000_000}
    return {"figures": told, "index": index, "breaker": {"accepted": accepted}}


def judged(value, values, name="match_rate", of="school in gp", rule=RULE, n=1_000_000):
    history = [report({(name, of): v}) for v in values]
    (result,) = judge(rule, [Measured(name, of, value, n)], history)
    return result


def test_without_a_run_before_a_share_has_no_band():
    assert judged(0.1, []).within
    assert judged(0.1, []).bound_by is None


@pytest.mark.parametrize(
    ("value", "within"), [(0.951, True), (0.949 - 0.006, False), (1.0, True), (0.90, False)]
)
def test_a_share_may_move_as_far_as_the_specification_says(value, within):
    rule = BreakerRule(fewest_records=0, match_rate_moves=0.005)
    assert judged(value, [0.951], rule=rule).within is (within and value <= 0.957)


def test_history_draws_a_narrower_band_once_there_are_enough_runs():
    steady = [0.95 + 0.0001 * (number % 3) for number in range(10)]
    fallen = judged(0.925, steady)
    assert not fallen.within
    assert fallen.bound_by == "history"
    assert fallen.n_runs == 10
    assert "history of 10 runs" in fallen.text()
    assert judged(0.925, steady[:6]).within
    restless = [0.95, 0.93, 0.96, 0.92, 0.95, 0.94, 0.93, 0.96]
    assert judged(0.925, restless).within


def test_a_share_is_expected_between_nothing_and_all():
    told = judged(0.5, [0.99])
    assert (told.high, told.within) == (1.0, False)
    assert "to 1 (" in told.text()
    assert judged(0.5, [0.001], "unlinked").low == 0.0
    assert judged(-0.5, [0.0], "feed_change").low < 0


@pytest.mark.parametrize("name", ["new_children", "merged_children", "split_children", "conflicts"])
def test_a_maximum_counts_from_the_second_run_on(name):
    allowed = getattr(RULE, name)
    assert judged(allowed * 0.9, [0.0], name, "").within
    tripped = judged(allowed * 1.2, [0.0], name, "")
    assert not tripped.within
    assert tripped.to_json()["low"] is None


def test_conflicts_are_data_on_the_first_night_and_a_sign_when_they_grow():
    first = judged(0.07, [], "conflicts", "")
    assert first.within
    assert "7.0%" in first_conflicts(RULE, [first])[0]
    assert (
        first_conflicts(RULE, [judged(0.04, [], "conflicts", ""), judged(0.07, [0.07], "conflicts", "")])
        == []
    )
    assert judged(0.07, [0.07], "conflicts", "").within
    assert not judged(0.09, [0.07], "conflicts", "").within
    assert not judged(0.07, [0.01], "conflicts", "").within


def test_a_child_of_implausible_size_trips_the_first_night():
    assert not judged(RULE.largest_child + 1, [], "largest_child", "").within
    assert judged(RULE.largest_child, [], "largest_child", "").within


@pytest.mark.parametrize(("change", "within"), [(-0.2, False), (-0.05, True), (0.2, True), (0.3, False)])
def test_a_feed_that_shrinks_or_grows(change, within):
    assert judged(change, [0.0], "feed_change", "gp").within is within


def test_a_small_index_is_not_judged_by_what_it_was():
    rule = BreakerRule(fewest_records=2_000_000)
    assert judged(0.1, [0.95] * 10, rule=rule).within
    assert judged(-0.9, [0.0], "feed_change", "gp", rule=rule).within
    assert not judged(99, [3], "largest_child", "", rule=rule).within


@given(st.lists(st.floats(0.2, 0.8), min_size=1, max_size=12), st.integers(10, 10**7))
def test_what_was_there_last_night_is_inside_the_limits_of_the_specification(values, n):
    result = judged(values[-1], values, n=n)
    assert result.within or result.bound_by == "history"


@given(st.integers(20, 10**6), st.floats(0.05, 0.95), st.integers(0, 2**32))
def test_chance_alone_does_not_trip(n, share, seed):
    drawn = np.random.default_rng(seed).binomial(n, share, 9) / n
    rule = BreakerRule(fewest_records=0, match_rate_moves=0.0)
    # Two draws differ by more than one from its mean: allow for both.
    assert judged(share, list(drawn), rule=rule, n=n).within

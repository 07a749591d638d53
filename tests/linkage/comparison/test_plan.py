"""A plan is checked whole, and its arrays say what the comparisons say."""

import pytest

from linkage.comparison import Comparison, ComparisonPlan, Metric, View
from linkage.comparison.specified import plan_of
from linkage.exchange.specification import parse_specification


def test_every_fault_is_reported_at_once() -> None:
    bad_order = Comparison.of("a", Metric.DICE, (900, 800), 0, 4)
    bad_token = Comparison.of("b", Metric.EXACT, (), 0, 2)
    bad_map = Comparison("c", Metric.DICE, (500,), (View(0, 0, 1, (0, 1, 7)),), 3)
    with pytest.raises(ValueError, match=r"'a'.*'b'.*'c'"):
        ComparisonPlan((bad_order, bad_token, bad_map))


@pytest.mark.parametrize(
    "comparison,message",
    [
        (Comparison.of("a", Metric.DICE, (0,), 0, 1), "thousandths"),
        (Comparison.of("a", Metric.DICE, (1001,), 0, 1), "thousandths"),
        (Comparison.of("a", Metric.DICE, (), 0, 1), "1 to 12 thresholds"),
        (Comparison.of("a", Metric.HAMMING, (5, 9), 0, 1), "descending"),
        (Comparison.of("a", Metric.HAMMING, (64, 9), 0, 1), "reaches the width"),
        (Comparison("a", Metric.EXACT, (1,), (View(0, 0, 1),), 3), "no thresholds"),
        (Comparison("a", Metric.DICE, (900,), (), 3), "no view"),
        (Comparison.of("a", Metric.DICE, (900,), 0, 513), "1 to 512"),
        (Comparison("a", Metric.DICE, (900,), (View(0, 0, 1, (1, 1, 2)),), 3), "0 first"),
        (Comparison("a", Metric.DICE, (900,), (View(0, 0, 1, (0, 1)),), 3), "3 entries"),
        (Comparison("a", Metric.DICE, (900,), (View(-1, 0, 1),), 3), "offsets"),
    ],
)
def test_impossible_comparisons_are_refused(comparison: Comparison, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ComparisonPlan((comparison,))


def test_impossible_plans_are_refused() -> None:
    one = Comparison.of("a", Metric.DICE, (900,), 0, 1)
    with pytest.raises(ValueError, match="at least one"):
        ComparisonPlan(())
    with pytest.raises(ValueError, match="same name"):
        ComparisonPlan((one, one))
    with pytest.raises(ValueError, match="stop_error"):
        ComparisonPlan((one,), stop_error=0.5)
    many = tuple(
        Comparison.of(str(place), Metric.DICE, tuple(range(100, 900, 100)), place, 1) for place in range(8)
    )
    with pytest.raises(ValueError, match="merge some levels"):
        ComparisonPlan(many)


def test_arrays_evaluate_a_crossed_view_both_ways_round() -> None:
    name = Comparison("name", Metric.DICE, (600, 900), (View(0, 0, 2), View(0, 2, 2, (0, 1, 2, 2))), 4)
    token = Comparison.of("token", Metric.EXACT, (), 4, 1)
    plan = ComparisonPlan((name, token))
    arrays = plan.arrays
    assert arrays.first_views.tolist() == [0, 3, 4]
    assert list(zip(arrays.left.tolist(), arrays.right.tolist(), strict=True)) == [
        (0, 0),
        (0, 2),
        (2, 0),
        (4, 4),
    ]
    assert arrays.strides.tolist() == [3, 1]
    assert arrays.increments[:, :2].tolist() == [[1, 1], [1, 0], [1, 0], [1, 0]]
    assert (plan.n_patterns, plan.n_words) == (12, 5)


def test_a_name_in_the_place_of_another_counts_where_it_is_equal_only() -> None:
    text = """
format = 1
project = "p"
[fields]
forename = { kind = "name" }
surname = { kind = "name" }
[privacy]
accepted_risks = ["attribute_level", "undiffused", "unbucketed_keys"]
"""
    forename, surname = plan_of(parse_specification(text, origin="test")).comparisons
    for comparison in (forename, surname):
        assert [comparison.map_of(view) for view in comparison.views] == [
            (0, 1, 2, 3, 4, 5),
            (0, 0, 0, 0, 0, 3),
        ]
    assert forename.views[1] == surname.views[1]
    assert forename.views[0] != surname.views[0]

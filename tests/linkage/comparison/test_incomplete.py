"""Filters that lack a field are compared with those that lack none, at levels of their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.comparison import Comparison, ComparisonPlan, Metric, View, compare_pairs, random_pair_table
from linkage.comparison.incomplete import with_incomplete
from linkage.comparison.specified import plan_of
from linkage.exchange.specification import default_specification_text, parse_specification

WIDTH = 2
HAMMING, INCOMPLETE_HAMMING = (56, 40, 8), (56, 50, 8)
DICE, INCOMPLETE_DICE = (600, 800, 1000), (500, 800)


def plans(metric):
    own, lacking = (HAMMING, INCOMPLETE_HAMMING) if metric == Metric.HAMMING else (DICE, INCOMPLETE_DICE)
    plain = Comparison.of("names", metric, own, 0, WIDTH)
    token = Comparison.of("token", Metric.EXACT, (), 2 * WIDTH, 1)
    return plain, ComparisonPlan((with_incomplete(plain, {0: WIDTH}, lacking), token)), own, lacking


def drawn(seed, n):
    """Filters that are near each other, of which some lack a field (behind the others) and some are missing."""
    rng = np.random.default_rng(seed)
    base = rng.random((3, 64 * WIDTH)) < 0.5
    bits = base[rng.integers(0, 3, n)] ^ (rng.random((n, 64 * WIDTH)) < rng.choice([0, 0.05, 0.2], (n, 1)))
    filters = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    kind = rng.integers(0, 3, n)
    words = np.zeros((n, 2 * WIDTH + 1), dtype=np.uint64)
    words[kind == 1, :WIDTH] = filters[kind == 1]
    words[kind == 2, WIDTH : 2 * WIDTH] = filters[kind == 2]
    words[:, -1] = rng.integers(0, 3, n)
    return words, filters, kind


def reached(metric, thresholds, left, right):
    """Thresholds that two filters reach, bit by bit."""
    a, b = (int.from_bytes(side.tobytes(), "little") for side in (left, right))
    if metric == Metric.HAMMING:
        return sum((a ^ b).bit_count() <= threshold for threshold in thresholds)
    both, total = (a & b).bit_count(), a.bit_count() + b.bit_count()
    return sum(2000 * both >= threshold * total for threshold in thresholds)


def level_of(metric, own, lacking, pair, kinds):
    if 0 in kinds:
        return 0
    if kinds == (1, 1):
        return 1 + reached(metric, own, *pair)
    return 2 + len(own) + reached(metric, lacking, *pair)


@pytest.mark.parametrize("metric", [Metric.HAMMING, Metric.DICE])
@given(seed=st.integers(0, 10_000), n=st.integers(2, 90))
def test_levels_are_those_of_the_bits_and_of_what_is_lacking(metric, seed, n):
    _, plan, own, lacking = plans(metric)
    words, filters, kind = drawn(seed, n)
    left, right = np.triu_indices(n, 1)
    levels = compare_pairs(words, left, right, plan) // 3
    expected = [
        level_of(metric, own, lacking, (filters[a], filters[b]), (int(kind[a]), int(kind[b])))
        for a, b in zip(left.tolist(), right.tolist(), strict=True)
    ]
    assert levels.tolist() == expected
    # Whole blocks, tile by tile, give the same.
    table = random_pair_table(words, np.zeros(n, dtype=np.int16), plan, 10**6, 1)
    codes = compare_pairs(words, left, right, plan)
    assert (table.counts[0, 0] == np.bincount(codes, minlength=plan.n_patterns)).all()


def test_pairs_that_lack_nothing_have_the_levels_that_they_had():
    plain, plan, own, lacking = plans(Metric.HAMMING)
    words, _, kind = drawn(3, 400)
    rows = np.flatnonzero(kind == 1)
    left, right = rows[:-1], rows[1:]
    before = compare_pairs(words, left, right, ComparisonPlan((plain,)))
    assert (compare_pairs(words, left, right, plan) // 3 == before).all()
    assert len(plan.comparisons[0].incomplete_levels) == 1 + len(lacking)
    assert plan.n_levels[0] == 2 + len(own) + 1 + len(lacking)


def test_other_views_keep_their_levels():
    former = View(0, 2 * WIDTH, WIDTH, (0, 1, 2, 2, 2))
    own = Comparison("names", Metric.HAMMING, HAMMING, (View(0, 0, WIDTH), former), 5)
    more = with_incomplete(own, {0: WIDTH}, INCOMPLETE_HAMMING)
    assert more.thresholds == (56, 50, 40, 8)
    # Ordered by how much alike they are: at least 56 bits lacking a field, 56, 50 lacking, 40, 8 lacking, 8.
    assert more.incomplete_levels == (2, 3, 5, 7)
    assert [(view.left_offset, view.right_offset, view.level_map) for view in more.views] == [
        (0, 0, (0, 1, 4, 4, 6, 8)),
        (0, 2 * WIDTH, (0, 1, 4, 4, 4, 4)),
        (0, WIDTH, (0, 2, 3, 5, 5, 7)),
        (WIDTH, WIDTH, (0, 2, 3, 5, 5, 7)),
        (WIDTH, 2 * WIDTH, (0, 2, 3, 5, 5, 7)),
    ]
    ComparisonPlan((more,))


@given(seed=st.integers(0, 10_000), n=st.integers(2, 40))
def test_of_two_columns_that_may_lack_a_field_the_more_alike_counts(seed, n):
    columns = {0: WIDTH, 2 * WIDTH: 3 * WIDTH}
    views = tuple(View(offset, offset, WIDTH) for offset in columns)
    own = Comparison("names", Metric.HAMMING, HAMMING, views, 2 + len(HAMMING))
    either = with_incomplete(own, columns, INCOMPLETE_HAMMING)
    lacking = either.incomplete_levels
    complete = [level for level in range(either.n_levels) if level not in lacking]
    sides = [drawn(seed + side, n) for side in (0, 1)]
    words = np.hstack([side[0][:, : 2 * WIDTH] for side in sides])
    left, right = np.triu_indices(n, 1)

    def level(filters, kinds, a, b):
        if 0 in (kinds[a], kinds[b]):
            return 0
        if kinds[a] == kinds[b] == 1:
            return complete[1 + reached(Metric.HAMMING, HAMMING, filters[a], filters[b])]
        return lacking[reached(Metric.HAMMING, INCOMPLETE_HAMMING, filters[a], filters[b])]

    expected = [
        max(level(filters, kinds, a, b) for _, filters, kinds in sides)
        for a, b in zip(left.tolist(), right.tolist(), strict=True)
    ]
    plan = ComparisonPlan((either,))
    assert compare_pairs(words, left, right, plan).tolist() == expected
    table = random_pair_table(words, np.zeros(n, dtype=np.int16), plan, 10**6, 1)
    assert (table.counts[0, 0] == np.bincount(expected, minlength=plan.n_patterns)).all()


def test_a_specification_that_needs_every_field_is_compared_as_before():
    text = default_specification_text("children_private")
    plain = plan_of(parse_specification(text, origin="test"))
    assert all(not each.incomplete_levels and len(each.views) == 1 for each in plain.comparisons)
    lacking = plan_of(
        parse_specification(text.replace("fill = 0.19", "fill = 0.19\nleast_fields = 2", 1), origin="test")
    )
    assert [len(each.incomplete_levels) for each in lacking.comparisons] == [4, 0, 0, 0, 0, 0]
    assert lacking.n_levels[0] == plain.n_levels[0] + 4
    assert lacking.comparisons[0].map_of(lacking.comparisons[0].views[0])[-1] == plain.n_levels[0] - 1


def test_where_patterns_are_too_many_what_lacks_a_field_is_compared_as_what_lacks_none():
    text = default_specification_text("children_private").replace(
        "fill = 0.19", "fill = 0.19\nleast_fields = 2"
    )
    more = "".join(
        f'[[comparisons]]\nname = "more_{number}"\nfilter = "names_birth"\nlevels = [0.4]\n\n'
        for number in range(4)
    )
    few, many = (
        plan_of(parse_specification(given, origin="test"))
        for given in (text, text.replace("[[comparisons]]", f"{more}[[comparisons]]", 1))
    )
    assert [len(each.incomplete_levels) for each in few.comparisons] == [4, 4, 4, 4, 0, 0]
    assert all(not each.incomplete_levels for each in many.comparisons)
    assert [len(each.views) for each in many.comparisons] == [3] * 8 + [1, 1]
    assert many.n_patterns == 3**4 * 7**4 * 9

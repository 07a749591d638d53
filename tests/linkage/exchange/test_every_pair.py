"""Records are compared pair by pair where that is affordable, by what a pair costs."""

import pytest

from linkage.exchange.specification import (
    compares_every_pair,
    default_specification_text,
    most_records_in_full,
    parse_specification,
)
from linkage.exchange.specification.every_pair import AFFORDABLE_WORDS, words_of_a_pair

SECOND_VIEW = '[[comparisons]]\nname = "names_birth"\nfilter = "names_birth"\n'


def _specification(limit: str = '"auto"', views: str = ""):
    text = default_specification_text("children_private")
    text = text.replace('every_pair_up_to = "auto"', f"every_pair_up_to = {limit}")
    return parse_specification(
        text.replace(SECOND_VIEW, f"{SECOND_VIEW}alternatives = [{views}]\n"), origin="t"
    )


@pytest.mark.parametrize(
    ("views", "words"),
    [
        ("", 4 * 8 + 2),
        ('{ left = "names_postcode", right = "names_postcode" }', 5 * 8 + 2),
        ('{ left = "names_birth", right = "names_postcode" }', 6 * 8 + 2),
    ],
)
def test_a_pair_costs_the_words_of_each_view(views, words):
    assert words_of_a_pair(_specification(views=views)) == words


@pytest.mark.parametrize("n_words", [1, 34, 56, 100_000, AFFORDABLE_WORDS, 2 * AFFORDABLE_WORDS])
def test_the_last_record_that_can_be_afforded(n_words):
    most = most_records_in_full(n_words)
    assert most * (most - 1) // 2 * n_words <= AFFORDABLE_WORDS < (most + 1) * most // 2 * n_words


def test_more_filters_leave_fewer_records_in_full():
    plain, wider = (
        _specification(),
        _specification(views='{ left = "names_postcode", right = "names_postcode" }'),
    )
    most = most_records_in_full(words_of_a_pair(plain))
    assert compares_every_pair(plain, most)
    assert not compares_every_pair(plain, most + 1)
    assert not compares_every_pair(wider, most)


@pytest.mark.parametrize(("limit", "n_records"), [("0", 1), ("10", 5), ("1_500_000_000", 54_772)])
def test_a_number_counts_pairs_whatever_they_cost(limit, n_records):
    specification = _specification(limit)
    assert compares_every_pair(specification, n_records)
    assert not compares_every_pair(specification, n_records + 1)

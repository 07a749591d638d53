"""The threshold that the software chooses lies where theory puts it, also where no pair tells."""

from dataclasses import replace

import numpy as np
import pytest

from linkage.weights.deciding.expectation import ScoredCounts
from linkage.weights.deciding.threshold import LOWEST_POSTERIOR, choose_threshold


def scored(odds, counts):
    return ScoredCounts(np.array(odds, dtype=np.float64), np.array(counts, dtype=np.float64))


def test_between_certain_matches_and_strangers_it_asks_for_one_half():
    assert choose_threshold(scored([20.0, -20.0], [100, 10**6])).threshold == pytest.approx(0.0, abs=0.05)


def test_a_doubtful_pattern_is_linked_if_it_is_likelier_than_half_the_f1():
    # F1 near one: a posterior of .6 is linked and one of .4 is not.
    assert choose_threshold(scored([20.0, 0.585, -20.0], [100, 1, 10])).n_links == 101
    assert choose_threshold(scored([20.0, -0.585, -20.0], [100, 1, 10])).n_links == 100


def test_where_hardly_a_match_is_expected_nothing_unlikely_is_linked():
    nobody = choose_threshold(scored([-3.0, -12.0], [50, 10**6]))
    assert (nobody.threshold, nobody.n_links) == (0.0, 0)
    least = np.log2(LOWEST_POSTERIOR / (1 - LOWEST_POSTERIOR))
    assert choose_threshold(scored([-1.0, -12.0], [10, 10**6])).threshold >= least


def test_without_candidates_tomorrow_s_pairs_still_have_a_threshold():
    assert choose_threshold(scored([], [])).threshold == 0.0


def test_a_wanted_precision_that_cannot_be_reached_links_nothing():
    assert choose_threshold(scored([0.0], [10]), "precision").threshold == np.inf


def test_odds_that_rest_on_priors_link_what_is_likelier_right_than_wrong():
    learned = scored([4.0, -0.585, -20.0], [4, 6, 10])
    assert choose_threshold(learned).n_links == 10
    assert choose_threshold(replace(learned, rests_on_priors=True)).n_links == 4

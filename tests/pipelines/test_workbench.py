"""The analyst's object: what it says of a threshold is what linking does there, and it keeps no lock."""

import numpy as np
import pytest

from linkage import open_workbench
from linkage.analysis import JudgedPairs, measured_links
from linkage.analysis.judged_pairs import judged_odds
from linkage.index import open_index
from linkage.weights import ScoredCounts


@pytest.fixture(scope="module")
def bench(linked):
    return open_workbench(linked.index, threads=1)


def test_at_its_own_threshold_it_finds_what_linking_found(bench):
    outcome = bench.sweep([bench.threshold]).at(bench.threshold)
    assert outcome.children == len(np.unique(bench.material.live.children))
    assert vars(outcome.changes) == dict.fromkeys(vars(outcome.changes), 0)
    assert sum(outcome.sizes) == outcome.children


def test_a_higher_threshold_links_less(bench):
    frame = bench.sweep([bench.threshold, bench.threshold + 6]).frame()
    assert frame["links"].is_monotonic_decreasing
    assert frame["false_links"].is_monotonic_decreasing
    assert frame["missed_links"].is_monotonic_increasing
    assert frame["children"].is_monotonic_increasing
    assert frame["split_children"].iloc[-1] > 0


def test_the_index_is_free_while_an_analyst_thinks(bench, linked):
    bench.count()
    with open_index(linked.index) as index:
        assert len(index.live_rows()) == len(bench.material)


def test_waterfalls_add_up_to_the_weight(bench):
    steps = bench.steps()
    table = bench.pattern_table()
    for _, own in steps.groupby("pattern"):
        assert own["bits"].sum() == pytest.approx(own["end"].iloc[-1])
        levels = own["comparison"].iloc[1:].tolist()
        assert levels == [traits.name for traits in bench.model.comparisons]
    assert (
        np.isclose(table["bits"].to_numpy()[:, None], steps.groupby("pattern")["end"].last().to_numpy())
        .any(0)
        .all()
    )


def test_classes_hold_every_candidate_pair(bench):
    # Rows of less than half a pair are left out.
    assert bench.classes()["pairs"].sum() == pytest.approx(bench.count().n_pairs, rel=0.001)


def test_probabilities_of_levels_sum_to_one(bench):
    sums = bench.levels().groupby("comparison")[["m", "u"]].sum()
    assert np.allclose(sums, 1.0)


def test_keys_together_find_every_link(bench):
    keys = bench.keys()
    every = keys[keys["key"] == "every pair"].iloc[0]
    assert every["links"] == bench.pairs(bench.threshold).reaching(bench.threshold)
    assert keys["first"].sum() == bench.count().n_pairs


def test_a_model_differs_from_itself_in_nothing(bench):
    compared = bench.compare(bench.model, bench.model)
    assert compared["only_first"].sum() == compared["only_second"].sum() == 0
    assert compared["both"].sum() == bench.sweep([bench.choose_threshold().threshold]).outcomes[0].links


def test_labels_move_a_wrong_estimate_towards_the_truth():
    scored = ScoredCounts(np.array([3.0, -20.0]), np.array([1000.0, 1e6]))
    odds = np.full(400, 3.0)
    is_match = np.arange(400) < 200  # the model says 0.89, people say one half
    measured = measured_links(scored, odds, is_match, 0.0)
    assert measured.precision.low < 0.5 < measured.precision.high
    assert measured.precision.high - measured.precision.low < 0.12
    nothing = measured_links(scored, odds[:0], is_match[:0], 0.0)
    assert nothing.precision.high - nothing.precision.low > 0.5


def test_judged_pairs_have_the_odds_of_their_patterns(bench):
    pairs = bench.pairs(bench.threshold)
    judged = JudgedPairs(pairs.left[:50], pairs.right[:50], np.ones(50, dtype=bool))
    assert np.array_equal(judged_odds(bench.material, bench.model, judged), pairs.odds[:50])

"""What it is worth to have no rival follows from how well two sources cover each other."""

import numpy as np
import pytest

from linkage.weights import (
    ComparisonTraits,
    Component,
    Model,
    exclusivity_bits,
    log_odds,
    resolving_odds,
)
from linkage.weights.classes.components import ComponentKind
from linkage.weights.deciding.exclusivity import TWIN_COST
from linkage.weights.fitted.scoring import _add_in_logs, score_patterns


def model_with(n_records: tuple[int, int], matches: tuple[float, float, float]) -> Model:
    """A model of two sources with so many matches within, between and within."""
    first, second = n_records
    totals = np.array([first * (first - 1) / 2, first * second, second * (second - 1) / 2])
    levels = np.array([1.0, 0.1, 0.9])
    return Model(
        (ComparisonTraits("name", 3),),
        (),
        n_records,
        (Component("match", ComponentKind.MATCH, levels),),
        (np.array(matches) / totals)[:, None],
        np.tile(levels, (3, 1)),
        (),
    )


def test_half_covered_sources_gain_a_bit_each():
    bits = exclusivity_bits(model_with((100, 100), (0, 50, 0)))
    assert bits[0, 1] == bits[1, 0] == pytest.approx(2.0)
    assert bits[0, 0] == bits[1, 1] == 0.0


def test_nothing_is_gained_without_matches_or_from_duplicates():
    assert not exclusivity_bits(model_with((100, 100), (40, 0, 40))).any()


def test_the_gain_is_bounded_where_every_record_has_a_partner():
    bits = exclusivity_bits(model_with((1000, 100), (0, 100, 0)))
    assert bits[0, 1] == pytest.approx(-np.log2(0.9 * 0.1))


def with_twins(share: float) -> Model:
    """Two sources of 100 records with 50 matches; twins agree in the address and not in the name."""
    totals = np.array([4950.0, 10000.0, 4950.0])
    shares = np.stack([np.array([0.0, 50.0, 0.0]) / totals, np.full(3, share)], axis=1)
    match = np.array([1.0, 0.1, 0.9, 1.0, 0.1, 0.9])
    twins = np.array([1.0, 0.95, 0.05, 1.0, 0.1, 0.9])
    return Model(
        (ComparisonTraits("name", 3), ComparisonTraits("address", 3)),
        (),
        (100, 100),
        (
            Component("match", ComponentKind.MATCH, match),
            Component("twins", ComponentKind.HOUSEHOLD, twins),
        ),
        shares,
        np.tile(np.array([1.0, 0.99, 0.01, 1.0, 0.99, 0.01]), (3, 1)),
        (),
    )


def odds_of(model: Model) -> np.ndarray:
    return np.stack([log_odds(model, number) for number in range(model.n_pair_classes)])


TWIN_PATTERN = 1 * 3 + 2  # another name, the same address


def test_what_may_be_twins_must_be_right_nineteen_times_in_twenty():
    model = with_twins(0.01)
    odds = odds_of(model)
    taken = odds[1] - resolving_odds(model, odds)[1]
    # Of pairs with one address and two names that are no matches, .00855 are twins and .009801 strangers a pair.
    twins, strangers = 0.01 * 0.95 * 0.9, (1 - 0.01 - 0.005) * 0.99 * 0.01
    share = twins / (twins + strangers)
    assert score_patterns(model).twin_shares[1, TWIN_PATTERN] == pytest.approx(share)
    assert taken[TWIN_PATTERN] == pytest.approx(np.log2(1 + (TWIN_COST - 1) * share))
    nobody_else = with_twins(0.5)
    left = resolving_odds(nobody_else, odds_of(nobody_else))[1][TWIN_PATTERN]
    right_shares = 1 / (1 + np.exp2(-(odds_of(nobody_else)[1][TWIN_PATTERN] - left)))
    assert right_shares == pytest.approx(0.95, abs=0.002)


def test_where_no_twins_are_known_odds_stay():
    model, plain = with_twins(0.01), with_twins(0.0)
    assert (resolving_odds(model, odds_of(model)) <= odds_of(model)).all()
    assert not score_patterns(plain).twin_shares.any()
    assert np.array_equal(resolving_odds(plain, odds_of(plain)), odds_of(plain))
    without = model_with((100, 100), (0, 50, 0))
    odds = odds_of(without)
    assert resolving_odds(without, odds) is odds


def test_sums_in_logs_are_those_of_numpy() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(-40.0, 30.0, (2, 5_000))
    first[:40] = -np.inf
    second[20:60] = -np.inf
    expected = np.logaddexp(first, second)
    _add_in_logs(first, second)
    assert np.array_equal(np.isneginf(first), np.isneginf(expected))
    finite = np.isfinite(expected)
    assert np.abs(first[finite] - expected[finite]).max() < 1e-12

"""What it is worth to have no rival follows from how well two sources cover each other."""

import numpy as np
import pytest

from linkage.weights import ComparisonTraits, Component, Model, exclusivity_bits
from linkage.weights.components import ComponentKind


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

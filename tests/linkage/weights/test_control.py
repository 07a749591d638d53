"""Pairs within the sources correct what the classes say of a pattern, where filters share fields."""

from dataclasses import replace

import numpy as np
import pytest

from linkage.exchange.errors import InputRefused
from linkage.weights import Evidence, fit_model, log_odds, model_from_json, model_to_json
from linkage.weights.fitted.model import Corrections, Model
from linkage.weights.fitting.control import held_against_control
from linkage.weights.patterns.traits import ComparisonTraits, FieldTrait, Nature

N_LEVELS = 5
N_RECORDS = (2_000, 1_000)
MATCHES = 800
NAMES = FieldTrait("forename", Nature.PERSON), FieldTrait("surname", Nature.FAMILY)
BIRTH, PLACE = FieldTrait("birth_date", Nature.BIRTH), FieldTrait("postcode", Nature.PLACE)


def _comparison(name: str, *fields: FieldTrait) -> ComparisonTraits:
    return ComparisonTraits(name, N_LEVELS, frozenset(field.nature for field in fields), fields)


COMPARISONS = (
    _comparison("names_birth", *NAMES, BIRTH),
    _comparison("names_place", *NAMES, PLACE),
)
SHAPE = (N_LEVELS, N_LEVELS)
ODD = (3, 4)


def _evidence(odd: tuple[int, int, int]) -> Evidence:
    """Two sources; `odd` pairs of one name and place and of nearly one birth date in each pair class."""
    generator = np.random.default_rng(7)
    totals = np.array([1_999_000, 2_000_000, 499_500])
    candidates = np.zeros((3, *SHAPE), dtype=np.int64)
    chance = np.outer([0, 0.98, 0.015, 0.005, 0], [0, 0.98, 0.015, 0.005, 0])
    for row, total in enumerate(totals):
        candidates[row] = generator.multinomial(total, chance.ravel()).reshape(SHAPE)
    same = generator.random((MATCHES, 4)) < [0.95, 0.95, 0.97, 0.9]
    first = np.where(same[:, :3].all(axis=1), 4, np.where(same[:, :3].sum(axis=1) == 2, 2, 1))
    second = np.where(same[:, [0, 1, 3]].all(axis=1), 4, np.where(same[:, [0, 1, 3]].sum(axis=1) == 2, 2, 1))
    np.add.at(candidates[1], (first, second), 1)
    candidates[(slice(None), *ODD)] += odd
    flat = candidates.reshape(3, -1)
    return Evidence(COMPARISONS, N_RECORDS, flat, flat)


def _odd_odds(model: Model) -> float:
    return float(log_odds(model, 1)[np.ravel_multi_index(ODD, SHAPE)])


@pytest.fixture(scope="module")
def model() -> Model:
    """Of sources that hold odd pairs as often as there are between them."""
    return fit_model(_evidence((60, 60, 15)))


def test_a_model_that_foretells_the_pairs_within_the_sources_stays_as_it_is(model: Model) -> None:
    assert _odd_odds(model) < 0
    assert model.corrections.patterns.size == 0


def test_more_between_the_sources_than_within_may_be_relatives_who_look_so_between_two_feeds(
    model: Model,
) -> None:
    held = held_against_control(_evidence((10, 60, 3)), model)
    assert _odd_odds(held) == _odd_odds(model)


def test_more_within_the_sources_than_between_are_no_matches(model: Model) -> None:
    held = held_against_control(_evidence((180, 60, 45)), model)
    assert _odd_odds(held) < _odd_odds(model) - 1


def test_one_source_has_no_control() -> None:
    evidence = _evidence((60, 60, 15))
    alone = Evidence(COMPARISONS, (2_000,), evidence.candidates[:1], evidence.random_pairs[:1])
    assert fit_model(alone).corrections.patterns.size == 0


def test_corrections_are_kept_in_the_file_and_held_to_its_patterns(model: Model) -> None:
    held = held_against_control(_evidence((180, 60, 45)), model)
    assert held.corrections.patterns.size
    read = model_from_json(model_to_json(held))
    np.testing.assert_allclose(log_odds(read, 1), log_odds(held, 1), atol=1e-9)
    wrong = replace(model, corrections=Corrections(np.array([25]), np.array([1.0])))
    with pytest.raises(InputRefused, match="corrections: expected ascending"):
        model_from_json(model_to_json(wrong))

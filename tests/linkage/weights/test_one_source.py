"""In one source nothing shows how many relatives there are: what is known beforehand keeps them from the matches."""

import itertools

import numpy as np
import pytest

from linkage.weights import ComparisonTraits, Evidence, fit_model, log_odds, resolving_odds
from linkage.weights.classes.namesakes_seen import namesakes_beside_copies
from linkage.weights.patterns.evidence import cells_of
from linkage.weights.patterns.field_states import DIFFERS, SAME
from linkage.weights.patterns.traits import fields_of

KINDS = {
    "forename": "name",
    "surname": "name",
    "birth_date": "date",
    "postcode": "postcode",
    "address": "address",
}
N_LEVELS = 6
A_FIELD_EACH = tuple((name,) for name in KINDS)
THREE_FIELDS_EACH = tuple(itertools.combinations(list(KINDS)[:4], 3))
N_PEOPLE, COPIES = 900, 225
# Fields of the filters, in order.
NAMES, PLACE = [0, 1], 3


def comparisons_of(filters):
    return tuple(
        ComparisonTraits(
            "_".join(members), N_LEVELS, fields=fields_of([(name, KINDS[name]) for name in members])
        )
        for members in filters
    )


def one_source(seed, filters, *, namesakes, partial=False):
    """Families of three, in a share of which the second has the name of the first; some people are there twice.

    Filters in which a field differs are as those of strangers, or `partial`ly alike.

    One copy in three is of a person who moved, and one field in fifty is wrong.
    """
    rng = np.random.default_rng(seed)
    family = np.arange(N_PEOPLE) // 3
    forenames = rng.integers(0, 300, N_PEOPLE)
    named = (np.arange(N_PEOPLE) % 3 == 1) & (rng.random(N_PEOPLE) < namesakes)
    forenames[named] = forenames[np.flatnonzero(named) - 1]
    surnames = rng.integers(0, 300, N_PEOPLE)[family]
    person = np.append(np.arange(N_PEOPLE), rng.permutation(N_PEOPLE)[:COPIES])
    values = np.stack([forenames, surnames, rng.integers(0, 5000, N_PEOPLE), family, family])[:, person]
    moved = np.flatnonzero((np.arange(len(person)) >= N_PEOPLE) & (rng.random(len(person)) < 1 / 3))
    values[3:, moved] = N_PEOPLE + np.arange(len(moved))
    wrong = rng.random(values.shape) < 0.02
    values = np.where(wrong, -1 - np.arange(values.size).reshape(values.shape), values)
    left, right = np.triu_indices(len(person), 1)
    same = dict(zip(KINDS, values[:, left] == values[:, right], strict=True))
    pattern = np.zeros(len(left), dtype=np.int64)
    for members in filters:
        alike = np.sum([same[name] for name in members], axis=0)
        some = np.maximum(1, alike) if partial else 1
        level = np.where(alike == len(members), N_LEVELS - 1, some)
        pattern = pattern * N_LEVELS + level
    counts = np.bincount(pattern, minlength=N_LEVELS ** len(filters))[None]
    return Evidence(comparisons_of(filters), (len(person),), counts, counts)


@pytest.mark.parametrize("seed", [1, 2])
def test_parents_and_children_of_one_name_are_two_people(seed):
    model = fit_model(one_source(seed, A_FIELD_EACH, namesakes=0.2))
    assert sum(model.report.estimated_matches) == pytest.approx(COPIES, rel=0.3)
    assert "namesakes of a family" in [component.name for component in model.components]


@pytest.mark.parametrize("filters", [A_FIELD_EACH, THREE_FIELDS_EACH])
def test_wrong_birth_dates_of_copies_are_no_namesakes(filters):
    evidence = one_source(3, filters, namesakes=0.0, partial=True)
    assert namesakes_beside_copies(cells_of(evidence), evidence.comparisons) == 0.0
    assert sum(fit_model(evidence).report.estimated_matches) == pytest.approx(COPIES, rel=0.1)


@pytest.mark.parametrize("filters", [A_FIELD_EACH, THREE_FIELDS_EACH])
def test_namesakes_are_counted_beside_copies(filters):
    evidence = one_source(3, filters, namesakes=0.5)
    found = N_PEOPLE * namesakes_beside_copies(cells_of(evidence), evidence.comparisons)
    assert 0.5 * N_PEOPLE / 6 < found < 2.5 * N_PEOPLE / 6


def test_nothing_tells_namesakes_without_a_place():
    evidence = one_source(3, A_FIELD_EACH[:3], namesakes=0.5)
    assert namesakes_beside_copies(cells_of(evidence), evidence.comparisons) == 0.0


@pytest.mark.parametrize("seed", [1, 2])
def test_matches_with_two_wrong_fields_are_no_namesakes(seed):
    evidence = one_source(seed, THREE_FIELDS_EACH, namesakes=0.0, partial=True)
    model = fit_model(evidence)
    states = {component.name: component.states for component in model.components}
    assert np.array_equal(states["namesakes"][NAMES], states["match"][NAMES])
    # The place of two people of one name is another one at least as often as that of matches.
    assert states["namesakes"][PLACE, DIFFERS] >= states["match"][PLACE, DIFFERS]
    assert states["namesakes"][PLACE, SAME] <= states["match"][PLACE, SAME]
    assert sum(model.report.estimated_matches) == pytest.approx(COPIES, rel=0.1)


def test_where_nothing_tells_twins_links_are_decided_without_care_for_them():
    model = fit_model(one_source(1, THREE_FIELDS_EACH, namesakes=0.0, partial=True))
    odds = log_odds(model, 0)[None]
    assert resolving_odds(model, odds, np.full_like(odds, 0.5)) is odds

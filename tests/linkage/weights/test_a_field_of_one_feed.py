"""A feed that writes one field in a way of its own loses no matches, though filters share the field."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from linkage.weights import ComparisonTraits, Evidence, fit_model
from linkage.weights.fitting import maximisation
from linkage.weights.patterns.traits import fields_of

Integers = npt.NDArray[np.int64]

KINDS = {
    "forename": "name",
    "surname": "name",
    "birth_date": "date",
    "postcode": "postcode",
    "address": "address",
}
MEMBERS = tuple(
    members
    for members in itertools.combinations(KINDS, 3)
    if members not in {("forename", "postcode", "address"), ("surname", "postcode", "address")}
)
N_LEVELS = 4
COMPARISONS = tuple(
    ComparisonTraits("_".join(members), N_LEVELS, fields=fields_of([(name, KINDS[name]) for name in members]))
    for members in MEMBERS
)
SOURCES = 3
N_PEOPLE = 600
# Of the people, those whom each source holds.
HELD = 0.7
WRONG = 0.04


def three_feeds(seed: int, field: str = "address") -> tuple[Evidence, Integers]:
    """Eight filters over three fields each; a field of the last feed never agrees with that of others.

    Returns
    -------
    Evidence, and the number of true pairs by pair class.
    """
    rng = np.random.default_rng(seed)
    household = np.sort(rng.integers(0, N_PEOPLE // 2, N_PEOPLE))
    surname = rng.zipf(1.3, N_PEOPLE)[household] % 400
    place = rng.permutation(N_PEOPLE)[household]
    values = np.stack(
        [rng.integers(0, 200, N_PEOPLE), surname, rng.integers(0, 5000, N_PEOPLE), place // 2, place]
    )
    source, person = np.nonzero(rng.random((SOURCES, N_PEOPLE)) < HELD)
    own = values[:, person]
    wrong = rng.random(own.shape) < WRONG
    own[wrong] = -1 - np.arange(wrong.sum())
    own[list(KINDS).index(field), source == SOURCES - 1] += 10 * N_PEOPLE
    left, right = np.triu_indices(len(person), 1)
    same = dict(zip(KINDS, own[:, left] == own[:, right], strict=True))
    pattern = np.zeros(len(left), dtype=np.int64)
    for members in MEMBERS:
        level = np.maximum(1, sum(same[name].astype(np.int64) for name in members))
        pattern = pattern * N_LEVELS + level
    pair_class = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])[source[left], source[right]]
    size = N_LEVELS ** len(MEMBERS)
    counts = np.bincount(pair_class * size + pattern, minlength=6 * size).reshape(6, size)
    true = np.bincount(pair_class[person[left] == person[right]], minlength=6)
    records = tuple(int(n) for n in np.bincount(source))
    return Evidence(COMPARISONS, records, counts, counts), true


@pytest.mark.parametrize("field,seed", [("address", 1), ("address", 2), ("surname", 1)])
def test_matches_of_every_pair_of_feeds_are_found(field, seed):
    evidence, true = three_feeds(seed, field)
    model = fit_model(evidence)
    assert np.array(model.report.estimated_matches) == pytest.approx(true, rel=0.1, abs=5)
    assert not model.report.warnings


def test_a_fit_that_loses_the_matches_of_two_feeds_says_so(monkeypatch):
    evidence, true = three_feeds(1)
    wrong = np.where(np.arange(6) == 2, 0.02, 10.0) * true.max()
    monkeypatch.setattr(maximisation, "full_agreement_cap", lambda *_: wrong)
    model = fit_model(evidence)
    assert model.report.estimated_matches[2] < 0.1 * true[2]
    assert any(
        warning.startswith("in 1 of 6 pairs of sources far fewer") for warning in model.report.warnings
    )

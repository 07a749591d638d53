"""Siblings are a class of their own where filters share fields, and tell how forenames of twins differ."""

import itertools

import numpy as np
import pytest

from linkage.weights import ComparisonTraits, Evidence, fit_model
from linkage.weights.classes.components import siblings_plan
from linkage.weights.fitting.state_estimates import _emission
from linkage.weights.patterns.field_states import SAME, Overlap
from linkage.weights.patterns.pair_classes import PairClasses
from linkage.weights.patterns.traits import fields_of

KINDS = {"forename": "name", "surname": "name", "birth_date": "date", "postcode": "postcode"}
MEMBERS = tuple(itertools.combinations(KINDS, 3))
N_LEVELS = 4
COMPARISONS = tuple(
    ComparisonTraits("_".join(members), N_LEVELS, fields=fields_of([(name, KINDS[name]) for name in members]))
    for members in MEMBERS
)
N_PEOPLE, CHILDREN = 1_200, 3
TWINS = 12
DUPLICATES = 40


def two_feeds(seed):
    """Families of three children in two feeds; in each of a few families two are twins.

    Returns
    -------
    Evidence, and the number of pairs of siblings and of twins between the feeds.
    """
    rng = np.random.default_rng(seed)
    household = np.arange(N_PEOPLE) // CHILDREN
    births = rng.integers(0, 5000, N_PEOPLE)
    births[CHILDREN * np.arange(TWINS) + 1] = births[CHILDREN * np.arange(TWINS)]
    values = np.stack(
        [rng.integers(0, 300, N_PEOPLE), rng.integers(0, 300, len(household))[household], births, household]
    )
    source, person = np.nonzero(rng.random((2, N_PEOPLE)) < 0.8)
    own = with_errors(values[:, person], rng)
    evidence, pair_class, (left, right) = compared(own, source, COMPARISONS)
    family = (household[person[left]] == household[person[right]]) & (person[left] != person[right])
    twins = family & (births[person[left]] == births[person[right]])
    between = pair_class == 1
    return evidence, int((family & ~twins & between).sum()), int((twins & between).sum())


def one_source(seed):
    """Families of three children, a few of whom are there twice."""
    rng = np.random.default_rng(seed)
    person = np.append(np.arange(N_PEOPLE), rng.permutation(N_PEOPLE)[:DUPLICATES])
    household = np.arange(N_PEOPLE) // CHILDREN
    surnames = rng.integers(0, 300, N_PEOPLE)[household]
    values = np.stack([rng.integers(0, 300, N_PEOPLE), surnames, rng.integers(0, 5000, N_PEOPLE), household])
    own = with_errors(values[:, person], rng)
    return compared(own, np.zeros(len(person), dtype=np.int64), COMPARISONS)[0]


def compared(values, source, comparisons):
    """All pairs of records; values are of the fields in order, and equal or not.

    Returns
    -------
    Evidence, the pair class of each pair, and both its records.
    """
    left, right = np.triu_indices(len(source), 1)
    same = dict(zip(KINDS, values[:, left] == values[:, right], strict=True))
    pattern = np.zeros(len(left), dtype=np.int64)
    for traits in comparisons:
        agreeing = sum(same[field.name].astype(np.int64) for field in traits.fields)
        pattern = pattern * N_LEVELS + np.maximum(1, agreeing + N_LEVELS - 1 - len(traits.fields))
    pair_class = source[left] + source[right]
    n_classes, size = 2 * int(source.max()) + 1, N_LEVELS ** len(comparisons)
    counts = np.bincount(pair_class * size + pattern, minlength=n_classes * size).reshape(n_classes, size)
    records = tuple(int(n) for n in np.bincount(source))
    return Evidence(comparisons, records, counts, counts), pair_class, (left, right)


def with_errors(values, rng):
    wrong = rng.random(values.shape) < 0.03
    return np.where(wrong, -1 - np.arange(values.size).reshape(values.shape), values)


def of_two_fields(*fields):
    return tuple(
        ComparisonTraits(
            "_".join(members), N_LEVELS, fields=fields_of([(name, KINDS[name]) for name in members])
        )
        for members in itertools.combinations(fields, 2)
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_siblings_are_told_from_twins_and_lend_them_their_forenames(seed):
    evidence, n_siblings, n_twins = two_feeds(seed)
    model = fit_model(evidence)
    number = {component.name: row for row, component in enumerate(model.components)}
    siblings, twins = (model.components[number[name]].states for name in ("household", "twins"))
    assert np.array_equal(siblings[0], twins[0])
    assert siblings[2, SAME] < 0.01
    assert twins[2, SAME] > 0.9
    pairs = model.shares[1] * PairClasses(model.n_records).total_pairs[1]
    assert pairs[number["household"]] == pytest.approx(n_siblings, rel=0.15)
    assert pairs[number["twins"]] == pytest.approx(n_twins, abs=20)


def test_siblings_in_one_source_are_no_matches():
    found = [sum(fit_model(one_source(seed)).report.estimated_matches) for seed in (1, 2, 3)]
    assert np.mean(found) == pytest.approx(DUPLICATES, rel=0.25)


def test_siblings_are_a_class_where_something_tells_them_from_matches():
    without_place = of_two_fields("forename", "surname", "birth_date")
    assert siblings_plan(COMPARISONS, controlled=False) is not None
    assert siblings_plan(without_place, controlled=False) is None
    assert siblings_plan(without_place, controlled=True) is not None
    assert siblings_plan(of_two_fields("surname", "birth_date", "postcode"), controlled=True) is None
    assert siblings_plan(COMPARISONS[:0], controlled=True) is None


def test_two_fields_that_differ_never_make_equal_filters():
    overlap = Overlap(0, (0, 1, 2), N_LEVELS)
    counts = np.full((len(overlap.signatures), N_LEVELS), 1000.0)
    shown = _emission(overlap, counts, overlap.first_emission, strict=False)
    n_differ = (overlap.signatures == 0).sum(axis=1)
    assert shown[n_differ > 1, -1].max() < 0.01
    # Of one of them another filter may hold a second value.
    assert shown[n_differ == 1, -1].min() > 0.2

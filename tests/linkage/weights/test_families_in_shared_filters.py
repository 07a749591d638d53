"""Where filters share fields: parents and children of one name, and families that share a number, are two people."""

import itertools

import numpy as np
import pytest

from linkage.weights import ComparisonTraits, Evidence, fit_model, posterior
from linkage.weights.classes.components import family_namesakes_plan
from linkage.weights.classes.namesakes_seen import namesake_pairs_per_record
from linkage.weights.patterns.evidence import cells_of
from linkage.weights.patterns.field_states import SAME
from linkage.weights.patterns.traits import EXACT_LEVELS, fields_of

KINDS = {"forename": "name", "surname": "name", "birth_date": "date", "postcode": "postcode"}
MEMBERS = tuple(itertools.combinations(KINDS, 3))
N_LEVELS = 6
NUMBER = ComparisonTraits("nhs_number", EXACT_LEVELS, fields=fields_of([("nhs_number", "nhs_number")]))
FILTERS = tuple(
    ComparisonTraits("_".join(members), N_LEVELS, fields=fields_of([(name, KINDS[name]) for name in members]))
    for members in MEMBERS
)
N_PEOPLE, OF_A_FAMILY = 1_200, 2


def two_feeds(seed, *, namesakes=0.0, one_number=0.0):
    """Families of two in two feeds; in a share of them both have one name, in another both have one number.

    Returns
    -------
    Evidence, number of matches between the feeds by pattern, and pairs of namesakes and of matches between them.
    """
    rng = np.random.default_rng(seed)
    family = np.arange(N_PEOPLE) // OF_A_FAMILY
    second = np.arange(N_PEOPLE) % OF_A_FAMILY == 1
    forenames, numbers = rng.integers(0, 300, N_PEOPLE), np.arange(N_PEOPLE)
    named, numbered = (second & (rng.random(N_PEOPLE) < share) for share in (namesakes, one_number))
    forenames[named] = forenames[np.flatnonzero(named) - 1]
    numbers[numbered] = numbers[np.flatnonzero(numbered) - 1]
    surnames = rng.integers(0, 300, N_PEOPLE)[family]
    values = np.stack([forenames, surnames, rng.integers(0, 5000, N_PEOPLE), family, numbers])
    source, person = np.nonzero(rng.random((2, N_PEOPLE)) < 0.8)
    own = values[:, person]
    rates = np.array([0.04, 0.04, 0.04, 0.1, 0.01])[:, None]
    wrong, slips = rng.random(own.shape) < rates, rng.random(own.shape) < rates
    own[wrong] = -1 - np.arange(wrong.sum())
    left, right = np.triu_indices(len(person), 1)
    same = dict(zip([*KINDS, "nhs_number"], own[:, left] == own[:, right], strict=True))
    slight = dict(zip(KINDS, slips[:, left] | slips[:, right], strict=False))
    pattern = np.zeros(len(left), dtype=np.int64)
    for members in MEMBERS:
        # A field that differs takes a filter to where strangers are, and a slip some steps towards it.
        steps = sum(slight[name].astype(np.int64) for name in members)
        alike = np.logical_and.reduce([same[name] for name in members])
        pattern = pattern * N_LEVELS + np.where(alike, N_LEVELS - 1 - steps, 1)
    comparisons, size = FILTERS, N_LEVELS ** len(MEMBERS)
    if one_number:
        comparisons, size = (*FILTERS, NUMBER), size * EXACT_LEVELS
        pattern = pattern * EXACT_LEVELS + 1 + same["nhs_number"]
    pair_class = source[left] + source[right]
    counts = np.bincount(pair_class * size + pattern, minlength=3 * size).reshape(3, size)
    between = pair_class == 1
    one_person = between & (person[left] == person[right])
    one_name = forenames[person[left]] == forenames[person[right]]
    relatives = between & (family[person[left]] == family[person[right]]) & ~one_person
    records = tuple(int(n) for n in np.bincount(source))
    return (
        Evidence(comparisons, records, counts, counts),
        np.bincount(pattern[one_person], minlength=size),
        int((relatives & one_name).sum()),
        int(one_person.sum()),
    )


def calibration_error(model, evidence, matches):
    """Mean distance of posterior and truth among the pairs between the feeds that are taken for matches or are some."""
    odds, counts = posterior(model, 1), evidence.candidates.reshape(3, -1)[1]
    told = (odds > 0.01) & (counts > 0)
    return float((np.abs(odds * counts - matches)[told]).sum() / counts[told].sum())


def test_parents_and_children_of_one_name_are_a_class_and_no_matches():
    evidence, matches, _, n_matches = two_feeds(1, namesakes=0.4)
    model = fit_model(evidence)
    states = {component.name: component.states for component in model.components}
    assert np.array_equal(states["namesakes"][[0, 1, 3]], states["match"][[0, 1, 3]])
    assert states["namesakes"][2, SAME] < 0.01
    assert model.report.estimated_matches[1] == pytest.approx(n_matches, rel=0.1)
    assert calibration_error(model, evidence, matches) < 0.05


def test_a_family_that_shares_a_number_is_no_person():
    evidence, matches, _, n_matches = two_feeds(3, one_number=0.4)
    model = fit_model(evidence)
    assert model.report.estimated_matches[1] == pytest.approx(n_matches, rel=0.03)
    assert calibration_error(model, evidence, matches) < 0.03


def test_a_birth_date_and_something_that_a_family_shares_tell_namesakes():
    assert family_namesakes_plan(FILTERS, by_field=True) is not None
    assert family_namesakes_plan(FILTERS) is None
    no_births = tuple(traits for traits in FILTERS if "birth_date" not in traits.name)
    assert family_namesakes_plan(no_births, by_field=True) is None


def test_namesakes_are_no_more_than_pairs_within_a_source_that_agree_in_names_alone():
    names, dated = FILTERS[1], FILTERS[0]
    assert (names.name, dated.name) == ("forename_surname_postcode", "forename_surname_birth_date")
    size = N_LEVELS**2
    counts = np.zeros((3, size), dtype=np.int64)
    # Patterns are "dated, names": the first source shows 40 pairs of one name, of the second names are mostly missing.
    counts[0, N_LEVELS + 1], counts[0, N_LEVELS + 5] = 499_460, 40
    counts[1, N_LEVELS + 1] = 1_000_000
    counts[2, N_LEVELS], counts[2, N_LEVELS + 1], counts[2, N_LEVELS + 5] = 499_000, 490, 10
    cells = cells_of(Evidence((dated, names), (1_000, 1_000), counts, counts))
    seen = namesake_pairs_per_record(cells, (dated, names))
    assert seen == pytest.approx(2.0 * (40 + 2.0 * np.sqrt(40) + 1) / 1_000)
    # Where no source shows names without a birth date, such a class could take anybody.
    counts[0] = 0
    counts[0, N_LEVELS] = 499_500
    cells = cells_of(Evidence((dated, names), (1_000, 1_000), counts, counts))
    assert namesake_pairs_per_record(cells, (dated, names)) is None

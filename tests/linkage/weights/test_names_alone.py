"""One source, filters over names and birth date alone: namesakes are no matches, and errors need not be as known."""

import itertools

import numpy as np
import pytest

from linkage.weights import ComparisonTraits, Evidence, fit_model, posterior
from linkage.weights.classes.people import lookalikes
from linkage.weights.fitting.state_estimates import _emission
from linkage.weights.patterns.evidence import cells_of
from linkage.weights.patterns.field_states import SAME, Overlap
from linkage.weights.patterns.traits import fields_of

KINDS = {"forename": "name", "surname": "name", "birth_date": "date"}
MEMBERS = tuple(itertools.combinations(range(len(KINDS)), 2))
N_LEVELS, TOP = 7, 6
FILTERS = tuple(
    ComparisonTraits(
        "_".join(list(KINDS)[member] for member in members),
        N_LEVELS,
        fields=fields_of([(list(KINDS)[member], list(KINDS.values())[member]) for member in members]),
    )
    for members in MEMBERS
)
N_PEOPLE, N_TWICE = 2_400, 240


def register(seed):
    """A register in which some are held twice, each time with one field that is a little wrong, and many share names.

    Returns
    -------
    Evidence, and the matches by pattern.
    """
    rng = np.random.default_rng(seed)
    common = 1 / np.arange(1, 121)
    names = [rng.choice(120, N_PEOPLE, p=common / common.sum()) for _ in range(2)]
    digits = rng.integers(0, [4, 10, 2, 10, 3, 10], (N_PEOPLE, 6))
    entity = np.concatenate([np.arange(N_PEOPLE), rng.permutation(N_PEOPLE)[:N_TWICE]])
    forename, surname, birth = names[0][entity], names[1][entity], digits[entity]
    # Slips: a name that is none of the list, which is still alike to its own, and one digit.
    slip, copy = rng.integers(0, 3, len(entity)), np.arange(len(entity)) >= N_PEOPLE
    slipped = [copy & (slip == 0), copy & (slip == 1)]
    birth[copy & (slip == 2), 5] = (birth[copy & (slip == 2), 5] + rng.integers(1, 10)) % 10
    left, right = np.triu_indices(len(entity), 1)
    steps = [
        np.where(value[left] == value[right], 2 * (wrong[left] | wrong[right]), 9)
        for value, wrong in zip((forename, surname), slipped, strict=True)
    ]
    steps.append(2 * (birth[left] != birth[right]).sum(axis=1))
    pattern = np.zeros(len(left), dtype=np.int64)
    for members in MEMBERS:
        level = TOP - sum(np.minimum(steps[member], 9) for member in members)
        pattern = pattern * N_LEVELS + np.clip(level + rng.integers(-1, 1, len(left)) * (level < TOP), 1, TOP)
    counts = np.bincount(pattern, minlength=N_LEVELS**3)[None]
    matches = np.bincount(pattern[entity[left] == entity[right]], minlength=N_LEVELS**3)
    return Evidence(FILTERS, (len(entity),), counts, counts), matches


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_namesakes_are_no_matches_though_every_match_has_a_wrong_field(seed):
    evidence, matches = register(seed)
    model = fit_model(evidence)
    posteriors, pairs = posterior(model, 0), evidence.candidates[0]
    linked = posteriors >= 0.5
    found, right = pairs[linked].sum(), matches[linked].sum()
    assert right / found > 0.8
    assert right / N_TWICE > 0.55
    assert (posteriors * pairs).sum() == pytest.approx(N_TWICE, rel=0.35)
    states = {component.name: component.states for component in model.components}
    assert states["namesakes"][2, SAME] < 0.01


def test_one_source_writes_names_and_birth_dates_in_one_way():
    # Forename and surname agree fully, the birth date does not; then surname and birth date, forename and birth date.
    levels = np.array([[TOP, 1, 1], [1, 1, TOP], [1, TOP, 1]])
    codes = levels @ (N_LEVELS ** np.arange(2, -1, -1))
    counts = np.zeros((1, N_LEVELS**3), dtype=np.int64)
    counts[0, codes] = 10
    cells = cells_of(Evidence(FILTERS, (100,), counts, counts))
    alike = lookalikes(cells, FILTERS)
    told = dict(zip(cells.pattern.tolist(), zip(alike.same, alike.nearly, strict=True), strict=True))
    assert [told[code] for code in codes] == [(False, False), (False, False), (True, False)]


def test_in_one_source_only_slight_differences_agree_fully():
    overlap = Overlap(0, (0, 1), N_LEVELS)
    counts = np.full((len(overlap.signatures), N_LEVELS), 1000.0)
    shown = _emission(overlap, counts, overlap.first_emission, strict=True)
    assert np.all((shown[:, -1] > 0.1) == (overlap.damage <= 1))

"""Households and namesakes are not taken for people, however few people are held twice."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from linkage.weights import ComparisonTraits, Evidence, choose_threshold, fit_model, log_odds, score_counts
from linkage.weights.classes.people import People, count_people, lookalikes
from linkage.weights.fitting.fit import Table, _first_chance, _first_fit
from linkage.weights.fitting.only_people import only_people, people_in
from linkage.weights.patterns.evidence import Cells, cells_of
from linkage.weights.patterns.traits import fields_of

Integers = npt.NDArray[np.int64]

# Name, kind and levels with missing.
FIELDS = (
    ("forename", "name", 5),
    ("surname", "name", 5),
    ("birth_date", "date", 5),
    ("sex", "sex", 3),
    ("address", "address", 4),
)
COMPARISONS = tuple(ComparisonTraits(name, n, fields=fields_of([(name, kind)])) for name, kind, n in FIELDS)
N_LEVELS = tuple(traits.n_levels for traits in COMPARISONS)


def census_and_club(n_census: int, n_club: int, n_both: int, seed: int) -> tuple[Evidence, Integers]:
    """A census of households, a club with some of its people, and what the pairs are.

    Forenames go with sex and age, one son in ten has his father's name, and children of a household are born a few
    years apart.

    Returns
    -------
    Evidence, and true pairs by pair class and pattern.
    """
    rng = np.random.default_rng(seed)
    n_people = n_census + n_club - n_both
    household = np.sort(rng.integers(0, n_people // 3, n_people))
    surname = rng.zipf(1.5, n_people // 3 + 1)[household] % 300
    sex = rng.integers(0, 2, n_people)
    decade = rng.integers(0, 8, n_people)
    forename = (rng.zipf(1.6, n_people) % 40) * 16 + decade * 2 + sex
    day = decade * 3650 + rng.integers(0, 3650, n_people)
    junior = np.flatnonzero((household[1:] == household[:-1]) & (rng.random(n_people - 1) < 0.1)) + 1
    forename[junior], sex[junior] = forename[junior - 1], sex[junior - 1]
    person = np.concatenate([np.arange(n_census), np.arange(n_people - n_club, n_people)])
    values = [forename, surname, day, sex, household]
    source = np.repeat([0, 1], [n_census, n_club])
    left, right = np.triu_indices(len(person), 1)
    own_left, own_right = person[left], person[right]
    pattern = np.zeros(len(left), dtype=np.int64)
    for number, ((_, _, n_levels), value) in enumerate(zip(FIELDS, values, strict=True)):
        same = value[own_left] == value[own_right]
        near = (
            value[own_left] // 365 == value[own_right] // 365
            if number == 2
            else rng.random(len(left)) < 0.01 * (n_levels > 3)
        )
        # One value in twenty-five is written in a way of its own.
        same &= rng.random(len(left)) > 0.04
        level = np.where(same, n_levels - 1, np.where(near, max(1, n_levels - 3), 1))
        pattern = pattern * n_levels + level
    size = int(np.prod(N_LEVELS))
    cell = (source[left] + source[right]) * size + pattern
    counts = np.bincount(cell, minlength=3 * size).reshape(3, size)
    true = np.bincount(cell[own_left == own_right], minlength=3 * size).reshape(3, size)
    return Evidence(COMPARISONS, (n_census, n_club), counts, counts), true


def linked(evidence: Evidence, true: Integers) -> tuple[int, int, tuple[str, ...]]:
    """Links and true links at the threshold that the model chooses, and its warnings."""
    model = fit_model(evidence)
    chosen = choose_threshold(score_counts(model, evidence.candidate_counts)).threshold
    odds = np.stack([log_odds(model, number) for number in range(model.n_pair_classes)])
    return (
        int(evidence.candidate_counts[odds >= chosen].sum()),
        int(true[odds >= chosen].sum()),
        model.report.warnings,
    )


def counted(cells: Cells, comparisons: tuple[ComparisonTraits, ...] = COMPARISONS) -> People:
    """People among the candidates, where strangers are not expected to agree."""
    return count_people(cells, lookalikes(cells, comparisons), cells.candidates, np.zeros(len(cells.pattern)))


@pytest.mark.parametrize(("n_both", "seed"), [(0, 5), (10, 8)])
def test_households_of_a_census_are_not_taken_for_people(n_both, seed):
    evidence, true = census_and_club(1000, 60, n_both, seed)
    links, right, _ = linked(evidence, true)
    assert right == true.sum()
    assert links - right <= 4


def test_a_class_that_holds_more_than_can_be_people_is_put_back_and_told_of():
    evidence, _ = census_and_club(600, 60, 10, 8)
    table, nobody = Table.of(evidence), np.zeros(3)
    fit, _ = _first_fit(table.problem(_first_chance(table, nobody), nobody), evidence)
    alike = table.alike
    people = people_in(fit.problem, alike)
    assert only_people(fit, alike)[1] == []
    more = fit.pairs + 2.0 * people.most[:, None]
    astray = replace(fit, division=replace(fit.division, by_class=more))
    put_back, warnings = only_people(astray, alike)
    assert warnings[0].startswith("more pairs looked alike than can be of one person")
    assert np.all(put_back.matches <= 1.001 * people.usual)


def test_a_census_without_duplicates_holds_none():
    both, true = census_and_club(1000, 60, 0, 6)
    counts = both.candidate_counts[:1]
    links, _, _ = linked(Evidence(COMPARISONS, (1000,), counts, counts), true[:1])
    assert links <= 2


def test_people_are_counted_by_forename_and_birth_date():
    evidence, true = census_and_club(1000, 60, 40, 2)
    cells = cells_of(evidence)
    people = counted(cells)
    assert 0.8 * true.sum() <= people.found[1] <= 1.3 * true.sum()
    assert np.all(people.most >= true.sum(axis=1))
    assert true.sum() <= people.usual[1] <= 2 * true.sum()


def test_nobody_seen_among_few_who_can_be_told_is_no_reason_to_expect_many():
    people = People(found=np.array([0.0, 66.0]), share=np.array([0.1, 1.0]))
    assert people.usual == pytest.approx([1.0, 101.0])
    assert people.most[0] >= 10.0


@pytest.mark.parametrize("seed", [8, 11, 12])
def test_the_precision_that_is_stated_holds_where_hardly_anybody_is_held_twice(seed):
    evidence, true = census_and_club(600, 60, 8, seed)
    model = fit_model(evidence)
    chosen = choose_threshold(score_counts(model, evidence.candidate_counts))
    odds = np.stack([log_odds(model, number) for number in range(model.n_pair_classes)])
    linked = odds >= chosen.threshold
    right, links = true[linked].sum(), evidence.candidate_counts[linked].sum()
    assert chosen.precision.low <= right / links <= chosen.precision.high
    assert chosen.precision.estimate - right / links < 0.2


def test_a_birth_date_that_never_agrees_is_made_up_for_by_names_and_place():
    evidence, true = census_and_club(400, 300, 250, 3)
    cells = cells_of(evidence)
    wrong = np.where(cells.levels[:, 2] == N_LEVELS[2] - 1, 1, cells.levels[:, 2])
    levels = cells.levels.copy()
    levels[:, 2] = wrong
    people = counted(replace(cells, levels=levels))
    assert people.most[1] >= true.sum()


def test_without_names_and_dates_people_cannot_be_counted():
    evidence, _ = census_and_club(100, 20, 5, 1)
    cells = cells_of(evidence)
    unknown = tuple(ComparisonTraits(f"field {number}", n) for number, n in enumerate(N_LEVELS))
    people = counted(cells, unknown)
    assert np.all(np.isinf(people.most))

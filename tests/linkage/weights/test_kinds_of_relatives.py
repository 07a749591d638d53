"""Twins, parents of one name, neighbours and families with one number are not taken for one person; movers are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from linkage.weights import ComparisonTraits, Evidence, choose_threshold, fit_model, log_odds, score_counts
from linkage.weights.classes.components import TWIN_PAIRS_PER_CHILD
from linkage.weights.classes.twins_seen import twin_pairs_per_record
from linkage.weights.fitted.scoring import score_patterns
from linkage.weights.fitting.fit_report import nothing_personal
from linkage.weights.patterns.evidence import cells_of
from linkage.weights.patterns.traits import fields_of

N_RECORDS, N_MATCHES = 600, 400
# Name, kind and levels with missing; chance of full agreement among strangers.
FIELDS = {
    "forename": ("name", 5, 0.01),
    "surname": ("name", 5, 0.005),
    "birth_date": ("date", 5, 0.0002),
    "sex": ("sex", 3, 0.5),
    "postcode": ("postcode", 5, 0.0005),
    "address": ("address", 5, 0.0005),
    "nhs_number": ("nhs_number", 3, 0.00001),
}
HOME = {"surname", "postcode", "address"}
ALIKE = {
    "match": set(FIELDS),
    "siblings": HOME,
    "twins": {*HOME, "birth_date"},
    "namesakes": {*HOME, "forename", "sex"},
    "neighbours": {"postcode"},
    "family with a number": {*HOME, "nhs_number"},
}
PLACES = {"postcode", "address"}
NAMES = {"forename", "surname"}


@dataclass
class Made:
    """Every pair of two sources: evidence and matches by pair class and pattern."""

    evidence: Evidence
    true: npt.NDArray[np.int64]


def made(
    names: list[str], others: dict[str, float], *, moved: float, seed: int, swapped: float = 0.0
) -> Made:
    """Sources with matches between them, and `others`, pairs of a kind for each record, everywhere.

    A share `swapped` of the matches have forename and surname in each other's place, which is a level of agreement that
    a few pairs reach otherwise.
    """
    rng = np.random.default_rng(seed)
    n_levels = [FIELDS[name][1] for name in names]
    size = int(np.prod(n_levels))
    counts, true = (np.zeros((3, size), dtype=np.int64) for _ in range(2))
    pairs = (N_RECORDS * (N_RECORDS - 1) // 2, N_RECORDS**2, N_RECORDS * (N_RECORDS - 1) // 2)
    for number, n_pairs in enumerate(pairs):
        of_kind = {kind: int(share * N_RECORDS * (1 + (number == 1))) for kind, share in others.items()}
        of_kind["match"] = N_MATCHES * (number == 1)
        for kind, n in (("strangers", n_pairs - sum(of_kind.values())), *of_kind.items()):
            has_moved = rng.random(n) < moved
            has_swapped = np.arange(n) < swapped * n * (kind == "match")
            pattern = np.zeros(n, dtype=np.int64)
            for name in names:
                _, top, chance = FIELDS[name]
                alike = np.full(n, name in ALIKE.get(kind, ())) & ~(has_moved & (name in PLACES))
                draw = rng.random(n)
                by_chance = np.where(draw < chance, top - 1, np.where(draw < 3 * chance, max(1, top - 2), 1))
                written = np.where(draw < 0.03, 1, np.where(draw < 0.08, max(1, top - 2), top - 1))
                if swapped and name in NAMES:
                    by_chance = np.where((draw > 0.1) & (draw < 0.104), 2, by_chance)
                    written = np.where(has_swapped | ((draw > 0.1) & (draw < 0.12)), 2, written)
                pattern = pattern * top + np.where(alike, written, by_chance)
            found = np.bincount(pattern, minlength=size)
            counts[number] += found
            true[number] += found * (kind == "match")
    comparisons = tuple(
        ComparisonTraits(name, FIELDS[name][1], fields=fields_of([(name, FIELDS[name][0])])) for name in names
    )
    return Made(Evidence(comparisons, (N_RECORDS, N_RECORDS), counts, counts), true)


def quality(problem: Made) -> tuple[float, float]:
    """Precision and recall at the threshold that the model chooses."""
    model = fit_model(problem.evidence)
    chosen = choose_threshold(score_counts(model, problem.evidence.candidate_counts)).threshold
    linked = np.stack([log_odds(model, number) for number in range(3)]) >= chosen
    right = problem.true[linked].sum()
    return float(right / problem.evidence.candidate_counts[linked].sum()), float(right / problem.true.sum())


USUAL = ["forename", "surname", "birth_date", "sex", "postcode", "address"]


@pytest.mark.parametrize(
    ("names", "others", "moved"),
    [
        pytest.param(USUAL, {"twins": 0.3, "siblings": 0.3}, 0.2, id="more twins than are born"),
        pytest.param(USUAL, {"namesakes": 0.3, "siblings": 0.3}, 0.2, id="parents of one name"),
        pytest.param(
            [*USUAL, "nhs_number"],
            {"family with a number": 0.3, "siblings": 0.3},
            0.0,
            id="families with one number",
        ),
        pytest.param(
            ["forename", "surname", "sex", "postcode", "address"],
            {"neighbours": 2.0, "siblings": 0.5},
            0.2,
            id="neighbours, and no birth date",
        ),
    ],
)
def test_people_who_are_alike_are_told_from_one_person(names, others, moved):
    precision, recall = quality(made(names, others, moved=moved, seed=3))
    assert precision >= 0.94
    assert recall >= 0.93


def test_twins_of_whom_one_record_moved_are_twins():
    model = fit_model(made(USUAL, {"twins": 0.3, "siblings": 0.3}, moved=0.2, seed=4).evidence)
    twin_pair = np.ravel_multi_index([1, 4, 4, 2, 1, 1], model.n_levels)
    assert score_patterns(model).twin_shares[1, twin_pair] >= 0.9
    assert log_odds(model, 1)[twin_pair] < 0.0


@pytest.mark.parametrize("seed", range(3))
def test_matches_of_swapped_names_are_not_taken_for_twins_of_similar_names(seed):
    names = ["forename", "surname", "birth_date", "postcode", "address"]
    precision, recall = quality(made(names, {"siblings": 0.3}, moved=0.1, swapped=0.06, seed=seed))
    assert precision >= 0.97
    assert recall >= 0.98


def test_twins_are_bounded_by_births_where_no_more_are_seen():
    problem = made(USUAL, {"twins": 0.01, "siblings": 0.3}, moved=0.1, seed=5)
    cells = cells_of(problem.evidence)
    assert twin_pairs_per_record(cells, problem.evidence.comparisons) == TWIN_PAIRS_PER_CHILD
    many = made(USUAL, {"twins": 0.3, "siblings": 0.3}, moved=0.1, seed=5)
    assert twin_pairs_per_record(cells_of(many.evidence), many.evidence.comparisons) >= 0.3


def test_feeds_that_hold_nothing_personal_are_told_of():
    names = ["surname", "postcode", "address"]
    problem = made(names, {"siblings": 0.5}, moved=0.1, seed=2)
    assert any(
        "tells people of one household apart" in told for told in fit_model(problem.evidence).report.warnings
    )
    assert nothing_personal(made(USUAL, {}, moved=0.0, seed=2).evidence.comparisons) == []


def test_filters_over_names_and_places_are_told_of():
    kinds = {"forename": "name", "surname": "name", "postcode": "postcode", "birth_year": "year"}

    def filters(*groups):
        return [
            ComparisonTraits("_".join(group), 5, fields=fields_of([(name, kinds[name]) for name in group]))
            for group in groups
        ]

    number = ComparisonTraits("nhs_number", 3, fields=fields_of([("nhs_number", "nhs_number")]))
    without = filters(("forename", "surname"), ("forename", "postcode"), ("surname", "postcode"))
    assert "neither a birth date nor a number" in nothing_personal(without)[0]
    assert nothing_personal([*without, number]) == []
    assert nothing_personal([*without, *filters(("forename", "birth_year"))]) == []
    assert nothing_personal(filters(("forename",), ("surname",), ("postcode",))) == []

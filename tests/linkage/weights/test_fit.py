"""The fit recovers planted parameters, and finds the matches of files too small to learn from."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest

from linkage.weights import (
    ComparisonTraits,
    Evidence,
    Model,
    choose_threshold,
    fit_model,
    log_odds,
    score_counts,
)
from linkage.weights.patterns.traits import fields_of

# Name, kind, levels with missing, chance of full agreement among strangers, wrong among matches, shared by siblings.
FIELDS = (
    ("forename", "name", 5, 0.01, 0.08, False),
    ("surname", "name", 5, 0.01, 0.06, True),
    ("birth_date", "date", 5, 0.0005, 0.03, False),
    ("sex", "sex", 3, 0.5, 0.01, False),
    ("postcode", "postcode", 4, 0.001, 0.15, True),
)
COMPARISONS = tuple(
    ComparisonTraits(name, levels, fields=fields_of([(name, kind)])) for name, kind, levels, *_ in FIELDS
)
N_LEVELS = tuple(traits.n_levels for traits in COMPARISONS)


@dataclass
class Planted:
    """Every pair of two sources, with its kind: 0 strangers, 1 siblings, 2 matches."""

    evidence: Evidence
    pair_class: npt.NDArray[np.int64]
    pattern: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]


def planted(n_records: int, n_matches: int, *, siblings: float, seed: int) -> Planted:
    """Two sources of `n_records` with `n_matches` matches between them and `siblings` pairs a record everywhere."""
    generator = np.random.default_rng(seed)
    within, between = n_records * (n_records - 1) // 2, n_records**2
    pair_class = np.repeat([0, 1, 2], [within, between, within])
    kind = np.zeros(len(pair_class), dtype=np.int64)
    for number, count in ((0, 0), (1, n_matches), (2, 0)):
        rows = generator.permutation(np.flatnonzero(pair_class == number))
        n_siblings = int(siblings * n_records * (2 if number == 1 else 1))
        kind[rows[:n_siblings]] = 1
        kind[rows[n_siblings : n_siblings + count]] = 2
    pattern = np.zeros(len(kind), dtype=np.int64)
    for _, _, n_levels, chance, wrong, shared in FIELDS:
        near = max(1, n_levels - 2)
        draw = generator.random(len(kind))
        # By chance, values that are nearly the same are thrice as common as equal ones.
        level = np.where(draw < chance, n_levels - 1, np.where(draw < 4 * chance, near, 1))
        alike = kind == 2 if not shared else kind >= 1
        draw = generator.random(len(kind))
        agreeing = np.where(draw < wrong, 1, np.where(draw < 1.5 * wrong, near, n_levels - 1))
        level = np.where(alike, agreeing, level)
        pattern = pattern * n_levels + np.where(generator.random(len(kind)) < 0.03, 0, level)
    size = int(np.prod(N_LEVELS))
    counts = np.bincount(pair_class * size + pattern, minlength=3 * size).reshape(3, size)
    evidence = Evidence(COMPARISONS, (n_records, n_records), counts, counts)
    return Planted(evidence, pair_class, pattern, kind)


def quality(model: Model, made: Planted) -> tuple[float, float]:
    """Precision and recall at the threshold that the model chooses."""
    threshold = choose_threshold(score_counts(model, made.evidence.candidate_counts)).threshold
    scores = np.stack([log_odds(model, number) for number in range(3)])
    linked = scores[made.pair_class, made.pattern] >= threshold
    match = made.kind == 2
    return float(match[linked].mean()), float(linked[match].mean())


@pytest.fixture(scope="module")
def large() -> Planted:
    return planted(1500, 900, siblings=0.3, seed=5)


def test_planted_parameters_are_recovered(large):
    model = fit_model(large.evidence)
    (match,) = (component for component in model.components if component.name == "match")
    offsets = model.offsets
    for number, (name, _, n_levels, _, wrong, _) in enumerate(FIELDS):
        found = match.levels[offsets[number] : offsets[number] + n_levels]
        assert found[1] == pytest.approx(wrong, abs=0.02), name
        assert found[-1] == pytest.approx(1 - 1.5 * wrong if n_levels > 3 else 1 - wrong, abs=0.03), name
    assert model.report.estimated_matches[1] == pytest.approx(900, rel=0.02)
    assert not model.report.warnings


def test_chance_agreement_is_recovered(large):
    model = fit_model(large.evidence)
    for number, (name, _, n_levels, chance, *_) in enumerate(FIELDS):
        top = model.chance_levels[1, model.offsets[number] + n_levels - 1]
        assert top == pytest.approx(chance, rel=0.1, abs=2e-5), name


@pytest.mark.parametrize("n_records", [25, 50, 120])
@pytest.mark.parametrize("seed", [1, 2])
def test_few_records_are_enough(n_records, seed):
    made = planted(n_records, n_records * 3 // 5, siblings=0.5, seed=seed)
    precision, recall = quality(fit_model(made.evidence), made)
    assert precision > 0.9
    assert recall > 0.9


def test_sources_without_a_child_in_common_are_not_linked():
    made = planted(200, 0, siblings=0.5, seed=3)
    model = fit_model(made.evidence)
    chosen = choose_threshold(score_counts(model, made.evidence.candidate_counts))
    assert chosen.n_links <= 2
    assert sum(model.report.estimated_matches) < 3


@pytest.mark.parametrize("n_records", [(1, 0), (0, 1), (1, 1), (2, 0)])
def test_sources_of_no_or_one_record_make_a_model_with_a_warning(n_records):
    first, second = n_records
    size = int(np.prod(N_LEVELS))
    counts = np.zeros((3, size), dtype=np.int64)
    disagreeing = int(np.ravel_multi_index((1,) * len(N_LEVELS), N_LEVELS))
    counts[:, disagreeing] = first * (first - 1) // 2, first * second, second * (second - 1) // 2
    model = fit_model(Evidence(COMPARISONS, n_records, counts, counts))
    assert model.report.warnings
    assert np.isfinite(log_odds(model, 1)).all()


def test_sources_that_share_one_comparison_only_are_warned_of():
    made = planted(60, 40, siblings=0.1, seed=1)
    assert not any("one comparison" in warning for warning in fit_model(made.evidence).report.warnings)

    def forenames_only(table: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        left = table.copy()
        stride = int(np.prod(N_LEVELS[1:]))
        by_forename = left[..., 1, :].reshape(*left.shape[:-2], N_LEVELS[0], stride).sum(axis=-1)
        left[..., 1, :] = 0
        left[..., 1, ::stride] = by_forename
        return left

    evidence = replace(
        made.evidence,
        candidates=forenames_only(made.evidence.candidates),
        random_pairs=forenames_only(made.evidence.random_pairs),
    )
    warnings = fit_model(evidence).report.warnings
    assert any("in 1 of 3 pairs of sources" in warning for warning in warnings)

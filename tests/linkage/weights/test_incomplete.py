"""Pairs of which a record lacks a field are fitted apart from the others, and scored beside them."""

import json

import numpy as np
import pytest

from linkage.exchange.errors import InputRefused
from linkage.weights import ComparisonTraits, Evidence, fit_model, log_odds, match_weight
from linkage.weights.fitted.model_file import model_from_json, model_to_json
from linkage.weights.fitting import incomplete_levels
from linkage.weights.patterns.evidence import cells_of, levels_of_patterns
from linkage.weights.patterns.incomplete import fitted_codes, fitted_comparisons, fitted_levels
from linkage.weights.patterns.traits import fields_of

NAMES, DATE, PLACE = ("forename", "name"), ("birth_date", "date"), ("postcode", "postcode")
COMPARISONS = (
    ComparisonTraits("a", 8, fields=fields_of([NAMES, DATE]), incomplete_levels=(5, 6, 7)),
    ComparisonTraits("b", 5, fields=fields_of([DATE, PLACE])),
    ComparisonTraits("c", 7, fields=fields_of([NAMES, PLACE]), incomplete_levels=(4, 5, 6)),
)
N_LEVELS = tuple(traits.n_levels for traits in COMPARISONS)
TOPS = (4, 4, 3)
"""Full agreement of pairs that lack nothing."""


def evidence(seed=1, n_records=300, n_matches=150, lacking=0.3):
    """Every pair of two sources; of some a record lacks a field, be they matches or not."""
    rng = np.random.default_rng(seed)
    within, between = n_records * (n_records - 1) // 2, n_records**2
    pair_class = np.repeat([0, 1, 2], [within, between, within])
    match = np.zeros(len(pair_class), dtype=bool)
    match[within : within + n_matches] = True
    codes = np.zeros(len(pair_class), dtype=np.int64)
    for traits, top in zip(COMPARISONS, TOPS, strict=True):
        n = len(codes)
        by_chance = np.where(rng.random(n) < 0.97, 1, rng.integers(1, top, n))
        level = np.where(match, np.where(rng.random(n) < 0.8, top, rng.integers(1, top + 1, n)), by_chance)
        if traits.incomplete_levels:
            agrees = np.where(match, rng.random(n) < 0.9, rng.random(n) < 0.02)
            lacks = rng.random(n) < lacking
            level = np.where(lacks, top + 1 + agrees + (agrees & (rng.random(n) < 0.2)), level)
        codes = codes * traits.n_levels + np.where(rng.random(n) < 0.05, 0, level)
    counts = np.zeros((3, int(np.prod(N_LEVELS))), dtype=np.int64)
    np.add.at(counts, (pair_class, codes), 1)
    return Evidence(COMPARISONS, (n_records, n_records), counts, counts, exclusive=(True, True)), match, codes


@pytest.fixture(scope="module")
def fitted():
    """The model of the comparisons and that of the fitted ones, which it was made of."""
    seen, as_compared = [], incomplete_levels.as_compared
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            incomplete_levels, "as_compared", lambda *given: (seen.append(given[0]), as_compared(*given))[1]
        )
        given, match, codes = evidence()
        return fit_model(given), seen[0], match, codes


def test_every_pattern_has_one_code_among_those_of_the_fit():
    patterns = np.arange(np.prod(N_LEVELS))
    levels = levels_of_patterns(patterns, N_LEVELS)
    apart = fitted_levels(levels, COMPARISONS)
    assert [traits.n_levels for traits in fitted_comparisons(COMPARISONS)] == [5, 5, 4, 4, 4]
    assert len(np.unique(fitted_codes(apart, fitted_comparisons(COMPARISONS)))) == len(patterns)
    # One of the two is missing, and both where the comparison is.
    assert not ((apart[:, 0] > 0) & (apart[:, 3] > 0)).any()
    assert ((apart[:, [0, 2]] > 0) | (apart[:, 3:] > 0) == (levels[:, [0, 2]] > 0)).all()


def test_a_pattern_scores_as_its_fitted_one(fitted):
    model, apart, *_ = fitted
    assert len(apart.comparisons) == 5
    patterns = np.arange(model.n_patterns)
    levels = levels_of_patterns(patterns, N_LEVELS)
    places = fitted_codes(fitted_levels(levels, COMPARISONS), apart.comparisons)
    # Where a filter lacks none of its fields, the mean with and without those that do.
    own, ends = levels[:, [0, 2]], [5, 4]
    whole, lacks = (own > 0) & (own < ends), own >= ends
    bare = levels.copy()
    bare[:, [0, 2]] *= ~(lacks & whole.any(axis=1)[:, None])
    without = fitted_codes(fitted_levels(bare, COMPARISONS), apart.comparisons)
    assert (without != places).any()
    for pair_class in range(3):
        odds = log_odds(apart, pair_class)
        expected = (odds[places] + odds[without]) / 2
        np.testing.assert_allclose(log_odds(model, pair_class), expected, rtol=1e-9, atol=1e-9)


def test_what_agrees_without_the_field_is_worth_something_and_less_than_in_all(fitted):
    model, _, match, codes = fitted
    weights = match_weight(model, 1).reshape(N_LEVELS)
    assert 0 < weights[6, 0, 0] < weights[4, 0, 0]
    assert weights[5, 0, 0] < 0
    assert weights[0, 0, 0] == pytest.approx(0.0, abs=1e-6)
    found = log_odds(model, 1)[codes] > 0
    assert found[match].mean() > 0.9
    assert match[found].mean() > 0.9


def test_the_model_file_keeps_them(fitted):
    model = fitted[0]
    again = model_from_json(model_to_json(model))
    assert again.comparisons == COMPARISONS
    assert np.array_equal(log_odds(again, 1), log_odds(model, 1))
    document = json.loads(model_to_json(model))
    document["comparisons"][0]["incomplete_levels"] = [5, 6, 8]
    broken = json.dumps(document)
    with pytest.raises(Exception, match="incomplete levels"):
        model_from_json(broken)


def test_a_model_of_fewer_states_is_refused_with_what_to_do(fitted):
    document = json.loads(model_to_json(fitted[0])) | {"version": 2}
    with pytest.raises(InputRefused, match="fewer states") as refused:
        model_from_json(json.dumps(document), "run 7")
    assert "run 7" in str(refused.value)
    assert "link INDEX --refit" in str(refused.value)


def test_a_model_that_knows_of_none_is_written_as_before():
    given, *_ = evidence(lacking=0.0)
    plain = ComparisonTraits("b", 5, fields=fields_of([DATE, PLACE]))
    counts = given.candidates.reshape(3, *N_LEVELS).sum(axis=(1, 3))
    model = fit_model(Evidence((plain,), given.n_records, counts, counts))
    assert "incomplete" not in model_to_json(model)
    assert cells_of(Evidence((plain,), given.n_records, counts, counts)).levels.shape[1] == 1

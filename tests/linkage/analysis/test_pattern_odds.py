"""Patterns are scored once a model, and the scores go when the model goes."""

import gc

import numpy as np
import pytest

from linkage.analysis import pattern_odds as module
from linkage.analysis.pattern_odds import pattern_odds
from linkage.weights import ComparisonTraits, Component, Model, log_odds
from linkage.weights.classes.components import ComponentKind


def model_with(matches: float) -> Model:
    levels = np.array([1.0, 0.1, 0.9])
    return Model(
        (ComparisonTraits("name", 3),),
        (),
        (100, 100),
        (Component("match", ComponentKind.MATCH, levels),),
        np.full((3, 1), matches),
        np.tile(levels[::-1], (3, 1)),
        (),
    )


def test_patterns_are_scored_once_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model, other = model_with(0.1), model_with(0.2)
    odds = pattern_odds(model)
    assert odds.tolist() == [log_odds(model, number).tolist() for number in range(3)]
    assert (pattern_odds(other) != odds).any()
    monkeypatch.delattr(module, "score_patterns")
    assert pattern_odds(model) is odds
    with pytest.raises(ValueError, match="read-only"):
        odds[0, 0] = 1.0


def test_scores_go_with_their_model() -> None:
    model = model_with(0.3)
    pattern_odds(model)
    known_by = id(model)
    assert known_by in module._SCORES
    del model
    gc.collect()  # not counted: models of other tests go whenever they are collected
    assert known_by not in module._SCORES

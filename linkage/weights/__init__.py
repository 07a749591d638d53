"""Fellegi-Sunter weights: fitted to pattern counts without labels, and applied to patterns."""

from linkage.weights.deciding.exclusivity import exclusivity_bits, resolving_odds
from linkage.weights.deciding.expectation import (
    ExpectedQuality,
    Interval,
    ScoredCounts,
    expected_qualities,
    expected_quality,
    score_counts,
)
from linkage.weights.deciding.label_check import label_warnings
from linkage.weights.deciding.threshold import best_threshold, choose_threshold
from linkage.weights.fitted.model import Component, FitReport, Model
from linkage.weights.fitted.model_file import (
    model_from_json,
    model_to_document,
    model_to_json,
)
from linkage.weights.fitted.scoring import (
    PatternScores,
    log_odds,
    match_weight,
    posterior,
    score_patterns,
)
from linkage.weights.fitting.fit import fit_model
from linkage.weights.patterns.evidence import Evidence, LabelledCounts
from linkage.weights.patterns.traits import ComparisonTraits, Nature, nature_of_field

__all__ = [
    "ComparisonTraits",
    "Component",
    "Evidence",
    "ExpectedQuality",
    "FitReport",
    "Interval",
    "LabelledCounts",
    "Model",
    "Nature",
    "PatternScores",
    "ScoredCounts",
    "best_threshold",
    "choose_threshold",
    "exclusivity_bits",
    "expected_qualities",
    "expected_quality",
    "fit_model",
    "label_warnings",
    "log_odds",
    "match_weight",
    "model_from_json",
    "model_to_document",
    "model_to_json",
    "nature_of_field",
    "posterior",
    "resolving_odds",
    "score_counts",
    "score_patterns",
]

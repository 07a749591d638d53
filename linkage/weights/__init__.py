"""Fellegi-Sunter weights: fitted to pattern counts without labels, and applied to patterns."""

from linkage.weights.evidence import Evidence, LabelledCounts
from linkage.weights.exclusivity import exclusivity_bits, resolving_odds
from linkage.weights.expectation import (
    ExpectedQuality,
    Interval,
    ScoredCounts,
    expected_qualities,
    expected_quality,
    score_counts,
)
from linkage.weights.fit import fit_model
from linkage.weights.model import Component, FitReport, Model
from linkage.weights.model_file import (
    load_model,
    model_from_json,
    model_to_document,
    model_to_json,
    save_model,
)
from linkage.weights.scoring import (
    PatternScores,
    log_odds,
    match_weight,
    posterior,
    score_patterns,
    twin_share,
)
from linkage.weights.threshold import best_threshold, choose_threshold
from linkage.weights.traits import ComparisonTraits, Nature, nature_of_field, natures_of

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
    "load_model",
    "log_odds",
    "match_weight",
    "model_from_json",
    "model_to_document",
    "model_to_json",
    "nature_of_field",
    "natures_of",
    "posterior",
    "resolving_odds",
    "save_model",
    "score_counts",
    "score_patterns",
    "twin_share",
]

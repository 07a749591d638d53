"""Pairs to clusters: components of accepted links, repaired where they break a rule, and who keeps which child id."""

from linkage.resolution.outcome import ConflictCounts, Reason, Resolution
from linkage.resolution.resolving import resolve
from linkage.resolution.rules import Cardinality, LinkRules, ResolutionOptions, Within

__all__ = [
    "Cardinality",
    "ConflictCounts",
    "LinkRules",
    "Reason",
    "Resolution",
    "ResolutionOptions",
    "Within",
    "resolve",
]

"""What links and published children are expected to be worth, estimated without labels when a model is fitted.

Nothing else waits for it, so it is worked out on a thread beside the rest of the run.
"""

from concurrent.futures import Future
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.candidates import EmittedPairs
from linkage.evaluation import PartitionEvidence, expected_partition
from linkage.kernels import connected_components
from linkage.resolution import Resolution
from linkage.weights import ScoredCounts, expected_quality
from pipelines.at_unit.linking.decided_model import DecidedModel
from pipelines.at_unit.linking.evidence import EVIDENCE_BITS, Scores

__all__ = ["CHILDREN", "expected_links", "with_expected"]

CHILDREN = "children"
"""Under this name the figures of the partition stand beside those of single links."""


def expected_links(patterns: ScoredCounts, threshold: float) -> dict[str, Any]:
    """The expected quality of linking every candidate pair at a threshold."""
    return asdict(expected_quality(patterns, threshold, threads=1))


def with_expected(
    decided: DecidedModel,
    links: Future[dict[str, Any]],
    scores: Scores,
    patterns: ScoredCounts,
    pairs: EmittedPairs,
    sources: npt.NDArray[np.int16],
    resolution: Resolution,
) -> DecidedModel:
    """The model with what is expected of single links, and precision, recall and F1 of the children beside it.

    Parameters
    ----------
    links
        From `expected_links`.
    patterns
        Of all candidate pairs.
    pairs
        Those that were kept as evidence.
    """
    left, right = pairs.left, pairs.right
    lowered = scores.exclusivity_bits[sources[left], sources[right]]
    weights = scores.weights(sources[left], sources[right], pairs.patterns)
    odds = scores.log_odds(sources[left], sources[right], pairs.patterns)
    joining = weights >= scores.threshold - lowered
    evidence = PartitionEvidence(
        labels=resolution.labels,
        components=connected_components(len(sources), left[joining], right[joining]),
        left=left,
        right=right,
        log_odds=odds,
        bits=lowered,
        absent=scores.cutoff - EVIDENCE_BITS,
        pattern_odds=patterns.log_odds,
        pattern_counts=patterns.counts,
        estimated_matches=float(sum(decided.model.report.estimated_matches)),
        sources=sources,
    )
    shares = {name: asdict(share) for name, share in expected_partition(evidence).items()}
    told = {**links.result(), CHILDREN: shares}
    return replace(decided, decision=replace(decided.decision, expected=told))

"""The candidate pairs above a cut-off with their odds: what the thresholds above it are tried on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.analysis.material import Material
from linkage.analysis.pattern_odds import pattern_odds
from linkage.candidates import EmittedPairs, emit_pairs
from linkage.weights import Model

__all__ = ["ScoredPairs", "score_pairs"]


@dataclass(frozen=True, repr=False)
class ScoredPairs:
    """Pairs in descending order of odds, so that those above a threshold are the first ones.

    Attributes
    ----------
    left, right
        int64 (n,): positions in the live records, left < right.
    patterns, classes
        int64 (n,): pattern code and pair class.
    strata
        int16 (n,): the blocking key under which the pair was met first.
    odds
        float64 (n,): log2 posterior odds.
    cutoff
        Every candidate pair at or above it is here.
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    patterns: npt.NDArray[np.int64]
    classes: npt.NDArray[np.int64]
    strata: npt.NDArray[np.int16]
    odds: npt.NDArray[np.float64]
    cutoff: float

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.left)

    def reaching(self, threshold: float) -> int:
        """How many pairs are at or above a threshold."""
        return int(np.searchsorted(-self.odds, -threshold, side="right"))


def score_pairs(
    material: Material,
    model: Model,
    cutoff: float,
    *,
    threads: int | None = None,
    reach: Callable[[int], None] | None = None,
) -> ScoredPairs:
    """Every candidate pair at or above a cut-off in bits of log odds.

    Parameters
    ----------
    reach
        Called with the number of pairs looked at so far.
    """
    score = pattern_odds(model)
    chunks = emit_pairs(
        material.candidates,
        material.plan,
        score,
        cutoff,
        threads=threads,
        progress=None if reach is None else lambda done, _: reach(done),
    )
    pairs = EmittedPairs.concatenate(list(chunks))
    sources = material.live.sources
    classes = material.candidates.class_table[sources[pairs.left], sources[pairs.right]]
    odds = score[classes, pairs.patterns]
    order = np.argsort(-odds, kind="stable")
    return ScoredPairs(
        pairs.left[order],
        pairs.right[order],
        pairs.patterns[order],
        classes[order],
        pairs.strata[order],
        odds[order],
        cutoff,
    )

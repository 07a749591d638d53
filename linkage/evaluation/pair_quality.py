"""Pairwise and B-cubed quality of a clustering against the truth.

A *link* is a pair of records that share a cluster, a *true link* one that shares an entity. Records of unknown entity
(-1) count nowhere.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from linkage.evaluation.grouping import (
    UNKNOWN,
    Integers,
    crossed,
    group_sizes,
    numbered,
    pairs_in,
    same_length,
)
from linkage.evaluation.intervals import Share, number


@dataclass(frozen=True)
class PairQuality:
    """Links that are right, links that are wrong, and links that are missing."""

    true_links: int
    false_links: int
    missed_links: int

    @property
    def precision(self) -> float:
        """Share of links that are right; NaN without links."""
        return Share(self.true_links, self.true_links + self.false_links).value

    @property
    def recall(self) -> float:
        """Share of true links that were found; NaN where there is nothing to find."""
        return Share(self.true_links, self.true_links + self.missed_links).value

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN without links and true links."""
        total = 2 * self.true_links + self.false_links + self.missed_links
        return 2 * self.true_links / total if total else math.nan

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; precision and recall with 95 % Wilson intervals."""
        return {
            "true_links": self.true_links,
            "false_links": self.false_links,
            "missed_links": self.missed_links,
            "precision": Share(self.true_links, self.true_links + self.false_links).to_json(),
            "recall": Share(self.true_links, self.true_links + self.missed_links).to_json(),
            "f1": number(self.f1),
        }


@dataclass(frozen=True)
class BCubed:
    """Mean, over records, of how pure and how complete their clusters are (Bagga and Baldwin 1998, COLING-ACL)."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean; NaN without records."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {"precision": number(self.precision), "recall": number(self.recall), "f1": number(self.f1)}


def pair_quality(labels: Integers, truth: Integers) -> PairQuality:
    """Count links by pairs of records.

    Parameters
    ----------
    labels
        Integers (n,): the cluster of each record.
    truth
        Integers (n,): its entity, -1 where unknown.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    same_length(labels=labels, truth=truth)
    known = truth != UNKNOWN
    right = pairs_in(group_sizes(crossed(labels[known], truth[known])))
    links = pairs_in(group_sizes(labels[known]))
    true = pairs_in(group_sizes(truth[known]))
    return PairQuality(right, links - right, true - right)


def bcubed(labels: Integers, truth: Integers) -> BCubed:
    """Average over records the share of their cluster that is theirs, and of their entity that is in their cluster.

    Parameters
    ----------
    labels, truth
        As for `pair_quality`.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    same_length(labels=labels, truth=truth)
    known = truth != UNKNOWN
    cluster, entity = numbered(labels[known]), numbered(truth[known])
    if not cluster.size:
        return BCubed(math.nan, math.nan)
    shared = crossed(cluster, entity)
    together = np.bincount(shared)[shared]
    return BCubed(
        float((together / np.bincount(cluster)[cluster]).mean()),
        float((together / np.bincount(entity)[entity]).mean()),
    )

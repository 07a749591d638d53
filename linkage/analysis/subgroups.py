"""Whom a threshold serves worse: what is found for the records of a group, and how far it can be trusted.

Counted by record, not by pair: of the other records of its child, how many stand beside a record, and of those that
stand beside it, how many belong there. Summed over the records of a group this needs one pass for all groupings, so
that every threshold can be looked at.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.evaluation import PairQuality

__all__ = ["GroupLinks", "Grouping", "RecordLinks", "group_links", "record_links"]

Rows = npt.NDArray[np.int64]

UNKNOWN = -1


@dataclass(frozen=True, repr=False)
class Grouping:
    """A way to part the records.

    Attributes
    ----------
    column
        What they are parted by.
    values
        Names of the groups.
    codes
        int64 (n_records,): the group of each record, a place in `values`, or -1.
    """

    column: str
    values: tuple[str, ...]
    codes: Rows


@dataclass(frozen=True)
class GroupLinks:
    """Sums over the records of a group.

    `due` are the other records of their children, `found` those of them that stand beside them, `linked` all that do.
    """

    column: str
    value: str
    records: int
    due: int
    found: int
    linked: int

    @property
    def recall(self) -> float:
        """Share of what is due that was found; NaN where nothing is."""
        return self.found / self.due if self.due else math.nan

    @property
    def precision(self) -> float:
        """Share of what stands beside the records that belongs there; NaN of nothing."""
        return self.found / self.linked if self.linked else math.nan


@dataclass(frozen=True, repr=False)
class RecordLinks:
    """What stands beside each record of known entity.

    Attributes
    ----------
    rows
        int64 (n_known,): the records.
    due, found, linked
        int64 (n_known,): as `GroupLinks`, by record.
    """

    rows: Rows
    due: Rows
    found: Rows
    linked: Rows

    def quality(self) -> PairQuality:
        """By pairs of records, each of which two records see."""
        found, linked, due = (int(part.sum()) // 2 for part in (self.found, self.linked, self.due))
        return PairQuality(found, linked - found, due - found)


def record_links(labels: Rows, truth: Rows) -> RecordLinks:
    """Count by record.

    Parameters
    ----------
    labels
        int64 (n,): the cluster of each record.
    truth
        int64 (n,): its entity, -1 where unknown; such records count nowhere.
    """
    rows = np.flatnonzero(truth != UNKNOWN)
    cluster, entity = labels[rows], truth[rows]
    both = cluster * (int(entity.max(initial=0)) + 1) + entity
    _, inverse, sizes = np.unique(both, return_inverse=True, return_counts=True)
    found = np.asarray(sizes[inverse] - 1, dtype=np.int64)
    linked, due = (np.bincount(groups)[groups] - 1 for groups in (cluster, entity))
    return RecordLinks(rows, due, found, linked)


def group_links(
    links: RecordLinks, groupings: Sequence[Grouping], *, least: int = 1
) -> tuple[GroupLinks, ...]:
    """Sums by group.

    Parameters
    ----------
    groupings
        In the order in which they are wanted.
    least
        Groups of fewer records of known entity are left out: figures of a few would point at people.
    """
    told = []
    for grouping in groupings:
        codes = grouping.codes[links.rows] + 1  # those of no group are counted in front
        n_groups = len(grouping.values) + 1
        parts = (np.ones(len(codes)), links.due, links.found, links.linked)
        sums = np.stack([np.bincount(codes, part, n_groups) for part in parts], axis=1)[1:].astype(np.int64)
        for value, row in zip(grouping.values, sums.tolist(), strict=True):
            if row[0] >= least:
                told.append(GroupLinks(grouping.column, value, *row))
    return tuple(told)

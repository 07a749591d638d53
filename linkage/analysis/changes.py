"""What a new partition would change for the children that an index has now."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.index import LiveRows
from linkage.index.children.identity import NONE, continue_children

__all__ = ["Changes", "changes_against"]

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Changes:
    """Counts by the rule of `linkage.index.children.identity`.

    Attributes
    ----------
    new_children
        Children that would get a new id.
    merged_children
        Children whose id would lead to an older one.
    split_children
        Children whose records would belong to several.
    moved_records
        Records that would belong to another child than now.
    """

    new_children: int
    merged_children: int
    split_children: int
    moved_records: int


def changes_against(live: LiveRows, labels: Rows) -> Changes:
    """Compare a partition of the live records with their present children.

    Records that have no child yet are not counted as moved. Of two equal parts of a child the one with the lower row
    keeps it, which is the older record unless it changed; the counts do not depend on it.

    Parameters
    ----------
    live
        The live records.
    labels
        int64 (n,): the cluster of each.
    """
    touched = _touched(live.children, labels)
    clusters, children = labels[touched], live.children[touched]
    first_new = int(live.children.max(initial=-1)) + 1
    found = continue_children(clusters, children, live.rows[touched], first_new=first_new)
    known = children != NONE
    before, after = children[known], found.child_of_record[known]
    # One number for a child and its part: sorting rows of two columns takes twenty times as long.
    width = int(after.max(initial=0)) + 1
    parts = np.unique(before * width + after) // width
    return Changes(
        new_children=found.n_new,
        merged_children=len(found.merged),
        split_children=len(np.unique(parts[1:][parts[1:] == parts[:-1]])),
        moved_records=int((before != after).sum()),
    )


def _touched(children: Rows, labels: Rows) -> npt.NDArray[np.bool_]:
    """Records whose child is not exactly a cluster; the others change nothing, and there are many of them."""
    numbers = np.where(children == NONE, children.max(initial=-1) + 1, children)
    return np.asarray((children == NONE) | _is_mixed(numbers, labels) | _is_mixed(labels, numbers))


def _is_mixed(groups: Rows, values: Rows) -> npt.NDArray[np.bool_]:
    """Whether the group of each record has records of several values."""
    some_row = np.zeros(int(groups.max(initial=0)) + 1, dtype=np.int64)
    some_row[groups] = np.arange(len(groups))
    mixed = np.zeros(len(some_row), dtype=np.bool_)
    mixed[groups[values != values[some_row[groups]]]] = True
    return np.asarray(mixed[groups])

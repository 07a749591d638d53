"""What a new partition would change for the children that an index has now."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.index import LiveRows
from linkage.index.identity import NONE, continue_children

__all__ = ["Changes", "changes_against"]


@dataclass(frozen=True)
class Changes:
    """Counts by the rule of `linkage.index.identity`.

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


def changes_against(live: LiveRows, labels: npt.NDArray[np.int64]) -> Changes:
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
    first_new = int(live.children.max(initial=-1)) + 1
    found = continue_children(labels, live.children, live.rows, first_new=first_new)
    known = live.children != NONE
    before, after = live.children[known], found.child_of_record[known]
    # One number for a child and its part: sorting rows of two columns takes twenty times as long.
    width = int(after.max(initial=0)) + 1
    parts = np.unique(before * width + after) // width
    return Changes(
        new_children=found.n_new,
        merged_children=len(found.merged),
        split_children=len(np.unique(parts[1:][parts[1:] == parts[:-1]])),
        moved_records=int((before != after).sum()),
    )

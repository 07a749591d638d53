"""Which child of yesterday a cluster of today is.

The rule, in this order; it depends on nothing but the two partitions and the ages, not on the order of arrival:

1. A child that falls apart stays with the part that holds most of its records; if parts are equal, with the part
   that holds the record that has been in the index longest.
2. A cluster that several children stay with keeps the oldest child; the others are merged into it.
3. A cluster that no child stays with is a new child.
4. A child none of whose records is left is retired.

A child that was merged or retired never comes back.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Continuation", "continue_children"]

Integers = npt.NDArray[np.int64]

NONE = -1


@dataclass(frozen=True)
class Continuation:
    """How today's clusters continue yesterday's children.

    Attributes
    ----------
    child_of_record
        int64, shape (n,): for each record the child, numbers from `first_new` on being new children.
    n_new
        How many new children there are; the one with the oldest record comes first.
    merged, merged_into
        int64, shape (k,) each: children that were joined into older ones.
    """

    child_of_record: Integers
    n_new: int
    merged: Integers
    merged_into: Integers


def continue_children(
    clusters: Integers, previous: Integers, record_nos: Integers, *, first_new: int
) -> Continuation:
    """Give every cluster a child by the rule above.

    Parameters
    ----------
    clusters
        int64, shape (n,): the cluster of each record, any numbers.
    previous
        int64, shape (n,): the child that the record had, -1 if none. A smaller number is an older child.
    record_nos
        int64, shape (n,): a smaller number has been in the index longer; all different.
    first_new
        Number for the first new child; larger than every number in `previous`.

    Returns
    -------
    Continuation
        Empty for no records.
    """
    _, cluster = np.unique(clusters, return_inverse=True)
    n_clusters = int(cluster.max()) + 1 if len(cluster) else 0
    children, staying = _claims(cluster, previous, record_nos)
    keeper = np.full(n_clusters, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(keeper, staying, children)
    merged = children != keeper[staying]
    new = np.flatnonzero(keeper == np.iinfo(np.int64).max)
    oldest = np.full(n_clusters, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(oldest, cluster, record_nos)
    keeper[new[np.argsort(oldest[new])]] = first_new + np.arange(len(new))
    return Continuation(keeper[cluster], len(new), children[merged], keeper[staying[merged]])


def _claims(cluster: Integers, previous: Integers, record_nos: Integers) -> tuple[Integers, Integers]:
    """Each child of yesterday that has records, ascending, and the cluster that it stays with."""
    known = previous != NONE
    child, part, age = previous[known], cluster[known], record_nos[known]
    if len(child) == 0:
        return child, part
    order = np.lexsort((age, part, child))
    child, part, age = child[order], part[order], age[order]
    starts = np.flatnonzero((np.diff(child, prepend=-1) != 0) | (np.diff(part, prepend=-1) != 0))
    sizes = np.diff(starts, append=len(child))
    child, part, age = child[starts], part[starts], age[starts]
    best = np.lexsort((age, -sizes, child))
    child, part = child[best], part[best]
    first = np.diff(child, prepend=-1) != 0
    return child[first], part[first]

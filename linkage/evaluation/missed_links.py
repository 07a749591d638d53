"""True links that were not found, and at which step they were lost."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.evaluation.grouping import UNKNOWN, Integers, same_length


class Lost(IntEnum):
    """The step at which a true link was lost."""

    BLOCKING = 0
    """The two records share no blocking key: they were never compared."""
    WEIGHT = 1
    """They were compared, and weighed less than the threshold."""
    RESOLUTION = 2
    """They weighed enough, and the link was not followed."""


@dataclass(frozen=True)
class MissedLinks:
    """True links between records that share no cluster.

    Attributes
    ----------
    left, right
        int64 (n,) rows, ``left < right``, ascending.
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Number of missed links."""
        return len(self.left)


@dataclass(frozen=True)
class LossCounts:
    """Missed links by the step at which they were lost."""

    blocking: int
    weight: int
    resolution: int

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {"blocking": self.blocking, "weight": self.weight, "resolution": self.resolution}


def missed_links(labels: Integers, truth: Integers) -> MissedLinks:
    """List the pairs of records of one entity that share no cluster.

    Memory grows with the number of true links, of which there are few where entities are people.

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
    rows = np.flatnonzero(truth != UNKNOWN)
    rows = rows[np.argsort(truth[rows], kind="stable")]
    sizes = np.diff(np.flatnonzero(np.diff(truth[rows], prepend=UNKNOWN - 1, append=UNKNOWN - 1)))
    first, second = _pairs_inside(sizes)
    left, right = rows[first], rows[second]
    missed = labels[left] != labels[right]
    left, right = left[missed], right[missed]
    order = np.lexsort((right, left))
    return MissedLinks(left[order], right[order])


def _pairs_inside(sizes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Positions of all pairs inside consecutive runs of the given sizes."""
    starts = np.cumsum(sizes) - sizes
    ends = np.repeat(starts + sizes, sizes)
    first = np.arange(ends.size)
    later = ends - first - 1
    left = np.repeat(first, later)
    begin = np.cumsum(later) - later
    return left, left + 1 + np.arange(left.size) - np.repeat(begin, later)


def shares_key(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    keys: npt.NDArray[np.uint64],
    spaces: Integers,
) -> npt.NDArray[np.bool_]:
    """Tell which pairs are candidates: those that share a key in some columns of one space.

    Parameters
    ----------
    left, right
        int64 (n,) rows.
    keys
        uint64 (n_records, n_columns) blocking keys, 0 for missing.
    spaces
        Integers (n_columns,): the space of each column.

    Returns
    -------
    bool (n,)
    """
    shared = np.zeros(left.size, dtype=np.bool_)
    for a in range(keys.shape[1]):
        for b in range(keys.shape[1]):
            if spaces[a] == spaces[b]:
                shared |= (keys[left, a] == keys[right, b]) & (keys[left, a] != 0)
    return shared


def loss_of(
    missed: MissedLinks,
    strong_left: npt.NDArray[np.int64],
    strong_right: npt.NDArray[np.int64],
    candidate: npt.NDArray[np.bool_],
) -> npt.NDArray[np.uint8]:
    """Say of each missed link at which step it was lost.

    Parameters
    ----------
    missed
        From `missed_links`.
    strong_left, strong_right
        int64 (m,) rows of the emitted pairs that reach the threshold, in either direction.
    candidate
        bool (n_missed,): whether the two were compared, as from `shares_key`.

    Returns
    -------
    uint8 (n_missed,): a `Lost` each.

    Raises
    ------
    ValueError
        If `candidate` has another length.
    """
    if candidate.shape != missed.left.shape:
        raise ValueError(f"candidate: expected {len(missed)} values, one a missed link, got {candidate.size}")
    if not len(missed):
        return np.empty(0, dtype=np.uint8)
    n_rows = int(missed.right.max()) + 1
    low, high = np.minimum(strong_left, strong_right), np.maximum(strong_left, strong_right)
    near = high < n_rows
    strong = np.isin(missed.left * n_rows + missed.right, low[near] * n_rows + high[near])
    return np.where(strong, Lost.RESOLUTION, np.where(candidate, Lost.WEIGHT, Lost.BLOCKING)).astype(np.uint8)


def count_losses(lost: npt.NDArray[np.uint8]) -> LossCounts:
    """Count missed links by step."""
    counts = np.bincount(lost, minlength=len(Lost))
    return LossCounts(*(int(counts[step]) for step in Lost))

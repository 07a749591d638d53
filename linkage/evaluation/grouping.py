"""Counting pairs without making them: a group of n records holds n (n - 1) / 2.

All counts are exact in int64 as long as no group holds more than 3 billion records.
"""

import numpy as np
import numpy.typing as npt

UNKNOWN = -1
"""Entity, household or group of a record of which it is not known."""

Integers = npt.NDArray[np.integer]


def pairs_in(sizes: Integers) -> int:
    """Number of pairs inside groups of the given sizes."""
    wide = sizes.astype(np.int64)
    return int((wide * (wide - 1) // 2).sum())


def numbered(labels: Integers) -> npt.NDArray[np.int64]:
    """The same groups under the numbers 0, 1, 2, ... in ascending order of label."""
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def crossed(a: Integers, b: Integers) -> npt.NDArray[np.int64]:
    """Groups of records that share both groups, under the numbers 0, 1, 2, ...

    Parameters
    ----------
    a, b
        (n,) groups under any numbers.
    """
    first, second = numbered(a), numbered(b)
    n_second = int(second.max()) + 1 if second.size else 0
    return numbered(first * n_second + second)


def group_sizes(groups: Integers) -> npt.NDArray[np.int64]:
    """Number of records of each group, in ascending order of group."""
    return np.unique(groups, return_counts=True)[1].astype(np.int64)


def same_length(**arrays: Integers | npt.NDArray[np.bool_]) -> None:
    """Check that arrays describe the same records.

    Raises
    ------
    ValueError
        If they are not one-dimensional and of one length.
    """
    shapes = {name: array.shape for name, array in arrays.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"records: expected one value a record in every array, got {told}")

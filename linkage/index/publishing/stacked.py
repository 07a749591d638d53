"""Columns of several tables one behind the other, without copying them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["stacked_at"]


def stacked_at(parts: Sequence[npt.NDArray[Any]], places: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """The values at some places of arrays that lie one behind the other.

    Parameters
    ----------
    parts
        Arrays of one dtype, shape (n_i,) each; at least one.
    places
        int64, from 0 to the sum of all n_i, in any order.
    """
    if len(parts) == 1:
        return np.asarray(parts[0][places])
    taken = np.empty(len(places), dtype=parts[0].dtype)
    start = 0
    for part in parts:
        inside = (places >= start) & (places < start + len(part))
        taken[inside] = part[places[inside] - start]
        start += len(part)
    return taken

"""Connected components of an undirected graph by union-find, at tens of millions of edges on one thread.

Every root is the smallest row of its tree, so labels do not depend on the order of the edges: the same links
give the same clusters in any order of arrival. Paths are halved on the way up (Tarjan and van Leeuwen 1984,
J. ACM 31(2), section 2); linking by row instead of by rank costs little, since real components are small.

Limit: rows are int64, memory is 8 bytes a row.
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel, step_kernel


def connected_components(
    n_rows: int, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Label every row with the smallest row of its component.

    Parameters
    ----------
    n_rows
        Number of rows; rows without an edge are their own component.
    left, right
        int64 (n_edges,) rows of the two ends. Repeated edges and loops are allowed.

    Returns
    -------
    int64 (n_rows,): the smallest row that each row is connected to.

    Raises
    ------
    ValueError
        If the sides differ in length or an edge names a row outside ``0 .. n_rows - 1``.
    """
    if n_rows < 0:
        raise ValueError(f"n_rows: expected 0 or more, got {n_rows}")
    left = np.ascontiguousarray(left, dtype=np.int64)
    right = np.ascontiguousarray(right, dtype=np.int64)
    if left.shape != right.shape or left.ndim != 1:
        raise ValueError(f"edges: expected two sides of one length, got {left.shape} and {right.shape}")
    for side, rows in (("left", left), ("right", right)):
        if rows.size and (rows.min() < 0 or rows.max() >= n_rows):
            raise ValueError(f"edges: a {side} row lies outside 0 .. {n_rows - 1}")
    parents = np.arange(n_rows, dtype=np.int64)
    _join_edges(parents, left, right)
    _flatten(parents)
    return parents


@step_kernel
def _root(parents: npt.NDArray[np.int64], row: int) -> int:
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row


@kernel
def _join_edges(
    parents: npt.NDArray[np.int64], left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> None:
    for edge in range(left.size):
        a = _root(parents, left[edge])
        b = _root(parents, right[edge])
        if a < b:
            parents[b] = a
        else:
            parents[a] = b


@kernel
def _flatten(parents: npt.NDArray[np.int64]) -> None:
    # A parent is never larger than its child, so every parent is final when its child is reached.
    for row in range(parents.size):
        parents[row] = parents[parents[row]]

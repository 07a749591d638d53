"""One-to-one assignment of tens of millions of weighted pairs.

Greedy: an edge is taken unless one of its ends has a better edge that was taken. It is what most linkage
software means by one-to-one, is within a factor of two of the greatest total weight (Preis 1999, STACS,
theorem 3), and does not let a chain of weak pairs push a strong one aside. `best_one_to_one` finds the
greatest total weight instead, component by component, for those who want it.

Ties: of equal weights the smaller left row comes first, then the smaller right row, then the earlier edge,
so the result does not depend on the order of the edges (save among equal ones).
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel
from linkage.kernels.union_find import connected_components

__all__ = ["best_one_to_one", "greedy_one_to_one"]


def greedy_one_to_one(
    left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], weight: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Take edges by descending weight, no row of a side twice.

    Parameters
    ----------
    left, right
        int64 (n_edges,): rows of the two sides, each numbered by itself. Not negative.
    weight
        float64 (n_edges,), no NaN.

    Returns
    -------
    bool (n_edges,): the edges taken.

    Raises
    ------
    ValueError
        If the arrays differ in length, a row is negative or a weight is NaN.
    """
    left, right, weight = _checked(left, right, weight)
    order = _by_rank(left, right, weight)
    taken = np.zeros(left.size, dtype=np.bool_)
    _take(
        left,
        right,
        order,
        np.zeros(int(left.max(initial=-1)) + 1, np.bool_),
        np.zeros(int(right.max(initial=-1)) + 1, np.bool_),
        taken,
    )
    return taken


def best_one_to_one(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64],
    *,
    most_cells: int = 4_000_000,
) -> npt.NDArray[np.bool_]:
    """Take the edges of greatest total weight, no row of a side twice; edges of negative weight never.

    Each connected component is solved by itself with the Hungarian method (in scipy). One of more than
    `most_cells` cells, rows on the left times rows on the right, is solved greedily. Arguments, result and
    errors are those of `greedy_one_to_one`.
    """
    left, right, weight = _checked(left, right, weight)
    taken = np.zeros(left.size, dtype=np.bool_)
    n_left, n_right = int(left.max(initial=-1)) + 1, int(right.max(initial=-1)) + 1
    labels = connected_components(n_left + n_right, left, right + n_left)[left]
    # The best edge of two rows stands for all of them: best first inside each component.
    order = np.lexsort((right, left, -weight, labels))
    for edges in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        rows, i = np.unique(left[edges], return_inverse=True)
        columns, j = np.unique(right[edges], return_inverse=True)
        if rows.size * columns.size > most_cells:
            chosen = edges[greedy_one_to_one(left[edges], right[edges], weight[edges])]
            taken[chosen[weight[chosen] >= 0]] = True
        elif edges.size:
            taken[edges[_best_cells(i, j, weight[edges], (rows.size, columns.size))]] = True
    return taken


def _by_rank(
    left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], weight: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Order of the edges: weight descending, then left, right and place ascending."""
    n_left, n_right = int(left.max(initial=0)) + 1, int(right.max(initial=0)) + 1
    if n_left * n_right >= 2**63:
        return np.lexsort((right, left, -weight))
    # Both rows in one number: half the time of a sort by three keys.
    by_rows = np.argsort(left * n_right + right, kind="stable")
    return by_rows[np.argsort(-weight[by_rows], kind="stable")]


def _best_cells(
    i: npt.NDArray[np.int64],
    j: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64],
    shape: tuple[int, int],
) -> npt.NDArray[np.int64]:
    """Edges of the best assignment of one component, whose edges come in descending weight."""
    # Every command would wait for this import, and this function alone needs it.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - see above

    # Leaving a row alone is worth 0, so no edge below 0 is taken; of repeated edges the first is the best.
    cell, first = np.unique(i * shape[1] + j, return_index=True)
    worth = np.zeros(shape)
    edge = np.full(shape, -1, dtype=np.int64)
    worth.flat[cell] = np.maximum(weight[first], 0)
    edge.flat[cell] = np.where(weight[first] >= 0, first, -1)
    chosen = edge[linear_sum_assignment(worth, maximize=True)]
    return chosen[chosen >= 0]


@kernel
def _take(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    order: npt.NDArray[np.int64],
    left_taken: npt.NDArray[np.bool_],
    right_taken: npt.NDArray[np.bool_],
    taken: npt.NDArray[np.bool_],
) -> None:
    for place in range(order.size):
        edge = order[place]
        if not left_taken[left[edge]] and not right_taken[right[edge]]:
            left_taken[left[edge]] = True
            right_taken[right[edge]] = True
            taken[edge] = True


def _checked(
    left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], weight: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    left = np.ascontiguousarray(left, dtype=np.int64)
    right = np.ascontiguousarray(right, dtype=np.int64)
    weight = np.ascontiguousarray(weight, dtype=np.float64)
    if not left.shape == right.shape == weight.shape or left.ndim != 1:
        shapes = f"{left.shape}, {right.shape} and {weight.shape}"
        raise ValueError(f"edges: expected three arrays of one length, got {shapes}")
    if min(left.min(initial=0), right.min(initial=0)) < 0:
        raise ValueError("edges: a row is negative")
    if np.isnan(weight).any():
        raise ValueError(f"weight: {int(np.isnan(weight).sum())} of {weight.size} are NaN")
    return left, right, weight

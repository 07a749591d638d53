"""Comparing lists of pairs: exact, for scoring and for choosing levels.

Counting and emitting over whole blocks, without a list of pairs, is in `linkage.candidates`; random pairs are in
`linkage.comparison.random_pairs`.
"""

import numpy as np
import numpy.typing as npt

from linkage.comparison.plan import ComparisonPlan
from linkage.kernels.row_comparison import codes_of_pairs
from linkage.kernels.running import available_threads, run_in_order

__all__ = ["compare_pairs"]

PAIRS_A_PART = 1 << 16


def compare_pairs(
    words: npt.NDArray[np.uint64],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    plan: ComparisonPlan,
) -> npt.NDArray[np.int64]:
    """Pattern code of each pair of rows, exact whatever the plan's `stop_error`.

    Parameters
    ----------
    words
        uint64 (n, n_words), C-contiguous.
    left, right
        int64 (n_pairs,): rows of each pair; the order within a pair does not matter.
    plan
        What to compare.

    Returns
    -------
    int64 (n_pairs,).

    Raises
    ------
    ValueError
        If an array has the wrong shape or dtype, or a row lies outside the table.
    """
    if words.shape[-1] < plan.n_words:
        raise ValueError(f"words: expected rows of at least {plan.n_words} words, got {words.shape[-1]}")
    left, right = _checked_pairs(words, left, right)
    codes = np.empty(left.size, dtype=np.int64)
    parts = [slice(start, start + PAIRS_A_PART) for start in range(0, left.size, PAIRS_A_PART)]

    def compare(part: slice) -> None:
        codes_of_pairs(words, left[part], right[part], plan.arrays, codes[part])

    for _ in run_in_order(parts, compare, available_threads()):
        pass
    return codes


def _checked_pairs(
    words: npt.NDArray[np.uint64], left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    if words.ndim != 2 or words.dtype != np.uint64:
        raise ValueError(f"words: expected uint64 of shape (n, n_words), got {words.dtype} {words.shape}")
    left = np.ascontiguousarray(left, dtype=np.int64)
    right = np.ascontiguousarray(right, dtype=np.int64)
    if left.shape != right.shape or left.ndim != 1:
        raise ValueError(f"pairs: expected two sides of one length, got {left.shape} and {right.shape}")
    for name, rows in (("left", left), ("right", right)):
        if rows.size and (rows.min() < 0 or rows.max() >= len(words)):
            raise ValueError(f"{name}: a row lies outside 0 .. {len(words) - 1}")
    return left, right

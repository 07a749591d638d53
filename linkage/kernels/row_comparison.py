"""The pattern of two rows, word by word: for lists of pairs, and for blocks too small to be transposed.

Exact on every path; the transposed kernels give the same codes.
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import inline_kernel, kernel, popcount
from linkage.kernels.plan_arrays import OVERLAP, PlanArrays

__all__ = ["codes_of_pairs", "comparison_level", "pattern_code"]


@inline_kernel
def view_level(
    lefts: npt.NDArray[np.uint64],
    left: int,
    rights: npt.NDArray[np.uint64],
    right: int,
    view: int,
    plan: PlanArrays,
) -> int:
    """Level that one view gives two rows; 0 if either filter is all zero."""
    bits_left = 0
    bits_right = 0
    bits_both = 0
    for word in range(plan.n_words[view]):
        a = lefts[left, plan.left[view] + word]
        b = rights[right, plan.right[view] + word]
        bits_left += popcount(a)
        bits_right += popcount(b)
        bits_both += popcount(a & b)
    if bits_left == 0 or bits_right == 0:
        return 0
    total = bits_left + bits_right
    level = int(plan.bases[view])
    for step in range(plan.n_thresholds[view]):
        threshold = int(plan.thresholds[view, step])
        if plan.measures[view] == OVERLAP:
            reached = 2000 * bits_both >= threshold * total
        else:
            reached = total - 2 * bits_both <= threshold
        if reached:
            level += plan.increments[view, step]
    return level


@inline_kernel
def comparison_level(
    lefts: npt.NDArray[np.uint64],
    left: int,
    rights: npt.NDArray[np.uint64],
    right: int,
    comparison: int,
    plan: PlanArrays,
) -> int:
    """Greatest level over the views of a comparison."""
    best = 0
    for view in range(plan.first_views[comparison], plan.first_views[comparison + 1]):
        best = max(best, view_level(lefts, left, rights, right, view, plan))
    return best


@inline_kernel
def pattern_code(
    lefts: npt.NDArray[np.uint64], left: int, rights: npt.NDArray[np.uint64], right: int, plan: PlanArrays
) -> int:
    """Pattern code of row `left` of one table and row `right` of another."""
    code = 0
    for comparison in range(plan.strides.size):
        code += plan.strides[comparison] * comparison_level(lefts, left, rights, right, comparison, plan)
    return code


@kernel
def codes_of_pairs(
    words: npt.NDArray[np.uint64],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    plan: PlanArrays,
    codes: npt.NDArray[np.int64],
) -> None:
    """Fill `codes` (n_pairs,) with the pattern code of each pair of rows."""
    for pair in range(left.size):
        codes[pair] = pattern_code(words, left[pair], words, right[pair], plan)

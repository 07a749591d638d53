"""Comparing one row with one seed of a join, and whether the two met before.

Places are without a sign here: of others Numba asks each time whether they count from the end.
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import inline_kernel, popcount
from linkage.kernels.plan_arrays import OVERLAP, PlanArrays
from linkage.kernels.seed_tables import JoinPass

__all__ = ["code_of_pair", "load_bits", "met_before"]


@inline_kernel
def load_bits(
    words: npt.NDArray[np.uint64], row: np.uint64, plan: PlanArrays, bits: npt.NDArray[np.int64]
) -> None:
    """Count the set bits of what each view sees of a row on the right."""
    for number in range(bits.size):
        view = np.uint64(number)
        n_bits = 0
        for word in range(plan.n_words[view]):
            n_bits += popcount(words[row, np.uint64(plan.right[view] + word)])
        bits[view] = n_bits


@inline_kernel
def code_of_pair(
    words: npt.NDArray[np.uint64],
    row: np.uint64,
    source: int,
    bits: npt.NDArray[np.int64],
    join: JoinPass,
    seed: np.uint64,
) -> int:
    """Code of a row and a seed, or -1 once they cannot reach the cutoff."""
    tables = join.tables
    index = join.classes[np.uint64(source), np.uint64(join.seeds.pieces[seed, np.uint64(0)])]
    code = 0
    for number in range(tables.n_levels.size):
        comparison = np.uint64(number)
        level = _level(words, row, bits, join, seed, comparison)
        code = code * tables.n_levels[comparison] + level
        place = tables.starts[comparison] + index * tables.sizes[comparison] + code
        if tables.open_codes[np.uint64(place)] == 0:
            return -1
    return code


@inline_kernel
def _level(
    words: npt.NDArray[np.uint64],
    row: np.uint64,
    bits: npt.NDArray[np.int64],
    join: JoinPass,
    seed: np.uint64,
    comparison: np.uint64,
) -> int:
    """Greatest level over the views of a comparison, with the seed on the left."""
    plan, seeds = join.plan, join.seeds
    best = 0
    for number in range(plan.first_views[comparison], plan.first_views[comparison + np.uint64(1)]):
        view = np.uint64(number)
        n_left, n_right = int(seeds.pieces[seed, view + np.uint64(1)]), bits[view]
        if n_left == 0 or n_right == 0:
            continue
        left, right = plan.left[view], plan.right[view]
        n_both = 0
        for word in range(plan.n_words[view]):
            n_both += popcount(
                seeds.packed[seed, np.uint64(left + word)] & words[row, np.uint64(right + word)]
            )
        total = n_left + n_right
        level = int(plan.bases[view])
        for step in range(plan.n_thresholds[view]):
            threshold = int(plan.thresholds[view, np.uint64(step)])
            if plan.measures[view] == OVERLAP:
                reached = 2000 * n_both >= threshold * total
            else:
                reached = total - 2 * n_both <= threshold
            if not reached:
                # They ascend in similarity.
                break
            level += plan.increments[view, np.uint64(step)]
        best = max(best, level)
    return best


@inline_kernel
def met_before(
    words: npt.NDArray[np.uint64], row: int, join: JoinPass, seed: int, space: int, key: np.uint64
) -> bool:
    """Whether a row and a seed share an earlier space, or a smaller key of this one."""
    keys = join.keys
    for number in range(keys.first_meetings[space + 1]):
        shared = join.seeds.words[seed, keys.meetings[number, 0]]
        is_new = number >= keys.first_meetings[space] and shared >= key
        if shared != 0 and not is_new and shared == words[row, keys.meetings[number, 1]]:
            return True
    return False

"""The comparison plan as flat arrays: the only form in which a kernel sees it.

Every metric is reduced to one question a view and threshold: does the pair *reach* it? The level of a view
that is present on both sides is `base + sum(increments of the thresholds reached)`, so the map from raw
levels to levels of the comparison costs no look-up. Equality of a one-word token is Hamming distance 0.

Limits: accumulators are 16 bits wide, so a view has at most 512 words (32,768 bits); `2000 * overlap` and
`threshold * (a + b)` then stay below 2**27 and are compared in int32 without rounding.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["DISTANCE", "MAX_THRESHOLDS", "MAX_VIEW_WORDS", "OVERLAP", "PlanArrays"]

MAX_VIEW_WORDS = 512
MAX_THRESHOLDS = 12
OVERLAP = 0
DISTANCE = 1


class PlanArrays(NamedTuple):
    """One row per view evaluation, in the order of the comparisons.

    A view whose sides differ appears twice, once each way round.

    Attributes
    ----------
    first_views
        int64 (n_comparisons + 1,): where each comparison's views start.
    strides
        int64 (n_comparisons,): weight of each comparison's level in the pattern code.
    measures
        int64 (n_views,): OVERLAP (Dice in thousandths) or DISTANCE (Hamming).
    left, right, n_words
        int64 (n_views,): offsets and width of the two filters inside a row of words.
    n_thresholds
        int64 (n_views,).
    thresholds
        int32 (n_views, MAX_THRESHOLDS): Dice thousandths, or greatest Hamming distances.
    bases
        int32 (n_views,): level when no threshold is reached.
    increments
        int32 (n_views, MAX_THRESHOLDS): what each reached threshold adds to the level.
    """

    first_views: npt.NDArray[np.int64]
    strides: npt.NDArray[np.int64]
    measures: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    n_words: npt.NDArray[np.int64]
    n_thresholds: npt.NDArray[np.int64]
    thresholds: npt.NDArray[np.int32]
    bases: npt.NDArray[np.int32]
    increments: npt.NDArray[np.int32]

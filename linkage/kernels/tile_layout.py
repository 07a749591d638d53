"""What lies where in a tile, in a query and in the constants of a plan; shared by programs and callers.

A *tile* is 64 records of a block: `pieces` uint16 (n_pieces, 64), the 16-bit pieces of every filter that the
plan compares; `facts` uint16 (n_facts, 64), what follows from the set bits of those filters for each view. A
*query* is one record: its pieces side by side, and its `needs`, the counterpart of the facts.

Facts of a Dice view: the level without any threshold (0 if the filter is missing), then for each threshold
the V and v of `linkage.kernels.lane_programs`. Needs: all ones (0 if the filter is missing), then for each
threshold U and 2000 - u. Facts of a Hamming view: the level without any threshold, then where the distance
starts. Its one need is the first of the others.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.plan_arrays import MAX_VIEW_WORDS

__all__ = [
    "CUTS",
    "FACT",
    "INCREMENTS",
    "LEFT",
    "MISSING_DISTANCE",
    "NEED",
    "N_PIECES",
    "N_STOPS",
    "N_THRESHOLDS",
    "N_VIEW_FIELDS",
    "PIECES_A_WORD",
    "RIGHT",
    "STOPS",
    "THRESHOLDS",
    "TileLayout",
]

PIECES_A_WORD = 4

MISSING_DISTANCE = 64 * MAX_VIEW_WORDS - 1
"""Where the distance of a missing filter starts: with one bit more it is beyond every threshold, and with all
bits different it still fits 16 bits."""

# Fields of a row of `views`, int64.
RIGHT = 0  # first piece of the filter in the tile
LEFT = 1  # first piece of the filter in the query
N_PIECES = 2
FACT = 3  # first row of facts
NEED = 4  # first of the query's needs
N_THRESHOLDS = 5
THRESHOLDS = 6  # places in `constants`: Hamming thresholds,
INCREMENTS = 7  # levels gained by each threshold,
N_STOPS = 8  # points at which a distance may end, the last behind the last piece,
STOPS = 9  # 0 and the pieces of these points,
CUTS = 10  # and the distances beyond which no threshold is reached any more
N_VIEW_FIELDS = 11


class TileLayout(NamedTuple):
    """A plan laid out for tiles.

    Attributes
    ----------
    packed_words
        int64 (n_packed,): word of a record behind each word of its packed form, which holds the words that a
        pass needs side by side: filters first, then block columns.
    n_filter_words
        Packed words that are filters.
    views
        int64 (n_views, N_VIEW_FIELDS).
    measures, bases
        int64 (n_views,): OVERLAP or DISTANCE, and the level without any threshold.
    thresholds
        int32 (n_views, MAX_THRESHOLDS).
    constants
        uint16: what `views` points into.
    first_views
        int64 (n_comparisons + 1,): where each comparison's views start.
    radices, groups
        int64 (n_comparisons,): factor by which a comparison lengthens the code of its group (0 for the
        first of a group), and the group: 0 for the leading comparisons, 1 for the others. The codes of each
        fit 16 bits.
    radix
        Patterns of group 1.
    n_facts, n_needs
        Rows of facts of a tile, and needs of a query.
    """

    packed_words: npt.NDArray[np.int64]
    n_filter_words: int
    views: npt.NDArray[np.int64]
    measures: npt.NDArray[np.int64]
    bases: npt.NDArray[np.int64]
    thresholds: npt.NDArray[np.int32]
    constants: npt.NDArray[np.uint16]
    first_views: npt.NDArray[np.int64]
    radices: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    radix: int
    n_facts: int
    n_needs: int

"""Which pairs may still reach a cutoff, by the code of their first comparisons.

Every table is exact: a code is open if any pattern that begins with it reaches the cutoff.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import inline_kernel, lowest_bit
from linkage.kernels.lane_programs import equal_codes, listed_codes
from linkage.kernels.tile_loading import Tile

__all__ = ["EmissionTables", "code_so_far", "is_open", "open_lanes"]


class EmissionTables(NamedTuple):
    """Which codes may still reach the cutoff, comparison by comparison in the order of the pass.

    Attributes
    ----------
    n_levels
        int64 (n_comparisons,).
    starts
        int64 (n_comparisons,): where the table of codes up to each comparison starts in `open_codes`.
    sizes
        int64 (n_comparisons,): number of such codes.
    open_codes
        uint8: tables (n_pair_classes + 1, size) one behind the other; the last row is that of any class. In
        the last table, the codes that do reach the cutoff.
    listed
        uint64 (n_comparisons, n_pair_classes + 1): the same as bits where there are at most 64 codes.
    n_listed
        Comparisons, from the first, that have at most 64 codes.
    low_sizes
        int64 (n_comparisons + 1,): for the first so many comparisons, the number of codes of those in group
        1.
    all_open
        bool (n_comparisons, n_pair_classes + 1): whether no code up to a comparison is ruled out.
    plain
        int64 (n_comparisons, 2): the codes of group 0 and group 1 up to each comparison of a pair that has every
        value and agrees in none.
    original
        int64 (n_patterns,): pattern code of the plan for each code of the pass.
    """

    n_levels: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    open_codes: npt.NDArray[np.uint8]
    listed: npt.NDArray[np.uint64]
    n_listed: int
    low_sizes: npt.NDArray[np.int64]
    all_open: npt.NDArray[np.bool_]
    plain: npt.NDArray[np.int64]
    original: npt.NDArray[np.int64]


@inline_kernel
def is_open(tables: EmissionTables, comparison: int, index: int, code: int) -> bool:
    """Whether a code up to a comparison can still reach the cutoff, in a pair class or the row of any."""
    return bool(tables.open_codes[tables.starts[comparison] + index * tables.sizes[comparison] + code])


@inline_kernel
def code_so_far(tables: EmissionTables, comparison: int, tile: Tile, slot: int, lane: int) -> int:
    """Code of the first `comparison` levels of a lane with the query of a slot."""
    if comparison == 0:
        # The slot still holds the codes of the query before.
        return 0
    low = int(tables.low_sizes[comparison])
    return int(tile.codes[slot, 0, lane]) * low + (int(tile.codes[slot, 1, lane]) if low > 1 else 0)


@inline_kernel
def open_lanes(alive: int, tables: EmissionTables, comparison: int, index: int, tile: Tile, slot: int) -> int:
    """Those of the lanes, one bit each, whose code up to a comparison is open."""
    if tables.all_open[comparison, index]:
        return alive
    if comparison < tables.n_listed:
        place = comparison * tables.listed.shape[1] + index
        return alive & listed_codes(tile.codes, slot, tables.listed, place)
    start = tables.starts[comparison] + index * tables.sizes[comparison]
    low = tables.low_sizes[comparison + 1]
    # Most pairs agree in nothing, so one look at the table serves most lanes.
    high_plain, low_plain = tables.plain[comparison, 0], tables.plain[comparison, 1]
    rest = alive & ~equal_codes(tile.codes, slot, high_plain, low_plain, low > 1)
    if tables.open_codes[start + high_plain * low + low_plain] == 0:
        alive = rest
    while rest != 0:
        lane = lowest_bit(rest)
        code = tile.codes[slot, 0, lane] * low + (tile.codes[slot, 1, lane] if low > 1 else 0)
        if tables.open_codes[start + code] == 0:
            alive &= ~(1 << lane)
        rest &= rest - 1
    return alive

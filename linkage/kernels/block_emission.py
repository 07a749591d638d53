"""Emitting the pairs of blocks whose score reaches a cutoff, most pairs dropped after the first comparisons.

Whether a pair can still reach the cutoff is a table look-up: for every code of the first comparisons,
whether any code that begins with it does. For short codes 64 lanes are looked up at once, in the bits of
one word.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.blocks import SMALL_BLOCK, BlockArrays, Part, met_before
from linkage.kernels.compiling import inline_kernel, kernel, lowest_bit, popcount
from linkage.kernels.lane_programs import listed_codes
from linkage.kernels.lanes import LANES
from linkage.kernels.plan_arrays import PlanArrays
from linkage.kernels.row_comparison import comparison_level
from linkage.kernels.tile_comparison import compare_lanes
from linkage.kernels.tile_layout import TileLayout
from linkage.kernels.tile_loading import (
    PANEL_ROWS,
    Tile,
    gather_rows,
    load_panel,
    load_tile,
    new_panel,
    new_tile,
)

__all__ = ["EmissionTables", "Emitted", "emit_blocks"]

_FEW_LANES = 6
"""So many lanes left are finished one by one; more are cheaper together."""


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
    original: npt.NDArray[np.int64]


class Emitted(NamedTuple):
    """Buffer of pairs: rows int64 (capacity, 2), smaller first, patterns int64 (capacity,), and how many."""

    rows: npt.NDArray[np.int64]
    patterns: npt.NDArray[np.int64]
    written: npt.NDArray[np.int64]


@inline_kernel
def _is_open(tables: EmissionTables, comparison: int, index: int, code: int) -> bool:
    return bool(tables.open_codes[tables.starts[comparison] + index * tables.sizes[comparison] + code])


@inline_kernel
def _finish_pair(
    lefts: npt.NDArray[np.uint64],
    left: int,
    rights: npt.NDArray[np.uint64],
    right: int,
    plan: PlanArrays,
    tables: EmissionTables,
    index: int,
    comparison: int,
    code: int,
) -> int:
    """Code of a pair whose first `comparison` levels give `code`, or -1 once it cannot reach the cutoff."""
    for later in range(comparison, tables.n_levels.size):
        code = code * tables.n_levels[later] + comparison_level(lefts, left, rights, right, later, plan)
        if not _is_open(tables, later, index, code):
            return -1
    # The comparisons before may have been looked up for any class only.
    return code if _is_open(tables, tables.n_levels.size - 1, index, code) else -1


@inline_kernel
def _code_so_far(tables: EmissionTables, comparison: int, tile: Tile, lane: int) -> int:
    """Code of the first `comparison` levels of a lane."""
    low = int(tables.low_sizes[comparison])
    return int(tile.codes[0, lane]) * low + (int(tile.codes[1, lane]) if low > 1 else 0)


@inline_kernel
def _open_lanes(
    alive: int,
    tables: EmissionTables,
    comparison: int,
    classes: npt.NDArray[np.int64],
    source: int,
    tile: Tile,
) -> int:
    """The lanes, one bit each, whose code up to a comparison can still reach the cutoff."""
    rest = alive
    while rest != 0:
        lane = lowest_bit(rest)
        rest &= rest - 1
        code = _code_so_far(tables, comparison + 1, tile, lane)
        if not _is_open(tables, comparison, classes[source, lane], code):
            alive &= ~(1 << lane)
    return alive


@inline_kernel
def _load_classes(
    blocks: BlockArrays,
    rows: npt.NDArray[np.int64],
    classes: npt.NDArray[np.int64],
    wanted: npt.NDArray[np.int64],
    common: npt.NDArray[np.int64],
) -> None:
    """Pair class of each lane with each source, the lanes wanted, and the one class that all of these have.

    Where they have several, `common` is the row of any class.
    """
    n_sources = blocks.class_table.shape[0]
    for source in range(n_sources):
        wanted[source] = 0
        common[source] = -1
        for lane in range(rows.size):
            index = blocks.class_table[source, blocks.sources[rows[lane]]]
            classes[source, lane] = index
            if index >= 0:
                wanted[source] |= 1 << lane
                several = common[source] >= 0 and common[source] != index
                common[source] = n_sources * (n_sources + 1) // 2 if several else index


@inline_kernel
def _emit(emitted: Emitted, left: int, right: int, pattern: int) -> None:
    place = emitted.written[0]
    emitted.rows[place, 0] = min(left, right)
    emitted.rows[place, 1] = max(left, right)
    emitted.patterns[place] = pattern
    emitted.written[0] = place + 1


@kernel
def emit_blocks(
    blocks: BlockArrays,
    part: Part,
    plan: PlanArrays,
    layout: TileLayout,
    tables: EmissionTables,
    cursor: npt.NDArray[np.int64],
    emitted: Emitted,
) -> None:
    """Write the pairs of a chunk that reach the cutoff, until the buffer is full or the chunk is done.

    `plan`, of packed rows, and `layout` have the comparisons in the order of `tables`. `cursor` int64 (4,)
    is where to go on: block, first query of the panel, column of the tile, query; its block is ``part[1]``
    when all is done. The buffer must hold at least 64 pairs.
    """
    panel = new_panel(layout)
    tile = new_tile(layout)
    classes = np.zeros((blocks.class_table.shape[0], LANES), dtype=np.int64)
    wanted = np.zeros(blocks.class_table.shape[0], dtype=np.int64)
    common = np.zeros(blocks.class_table.shape[0], dtype=np.int64)
    room = emitted.patterns.size - LANES
    for block in range(cursor[0], part[1]):
        start = blocks.starts[block]
        size = blocks.starts[block + 1] - start
        if size <= SMALL_BLOCK:
            if emitted.patterns.size - emitted.written[0] < size * (size - 1) // 2:
                cursor[0], cursor[1], cursor[2], cursor[3] = block, -1, -1, -1
                return
            _emit_small_block(blocks, block, plan, layout, tables, tile, emitted)
            continue
        query_stop = min(part[3], blocks.n_fresh[block])
        first_panel = part[2] if cursor[1] < 0 else cursor[1]
        for first in range(first_panel, query_stop, PANEL_ROWS):
            queries = blocks.rows[start + first : start + min(first + PANEL_ROWS, query_stop)]
            load_panel(blocks.words, queries, layout, panel)
            first_column = max(part[4], first + 1) if cursor[2] < 0 else cursor[2]
            for column in range(first_column, min(part[5], size), LANES):
                rows = blocks.rows[start + column : start + min(column + LANES, part[5], size)]
                load_tile(blocks.words, rows, layout, tile)
                _load_classes(blocks, rows, classes, wanted, common)
                for query in range(max(cursor[3], 0), min(queries.size, column + rows.size - 1 - first)):
                    if emitted.written[0] > room:
                        cursor[0], cursor[1], cursor[2], cursor[3] = block, first, column, query
                        return
                    source = blocks.sources[queries[query]]
                    behind = first + query + 1 - column
                    alive = wanted[source] & (-1 << max(behind, 0))
                    comparison = 0
                    while comparison < tables.n_listed and alive != 0:
                        compare_lanes(layout, panel, query, tile, comparison)
                        row = comparison * tables.listed.shape[1] + common[source]
                        alive &= listed_codes(tile.codes, tables.listed, row)
                        comparison += 1
                    while comparison < tables.n_levels.size and popcount(alive) > _FEW_LANES:
                        compare_lanes(layout, panel, query, tile, comparison)
                        alive = _open_lanes(alive, tables, comparison, classes, source, tile)
                        comparison += 1
                    while alive != 0:
                        lane = lowest_bit(alive)
                        alive &= alive - 1
                        index = classes[source, lane]
                        code = _code_so_far(tables, comparison, tile, lane)
                        code = _finish_pair(
                            panel.packed, query, tile.packed, lane, plan, tables, index, comparison, code
                        )
                        if code >= 0 and not met_before(
                            blocks, panel.packed, query, tile.packed, lane, blocks.keys[block]
                        ):
                            _emit(emitted, queries[query], rows[lane], tables.original[code])
                cursor[3] = -1
            cursor[2] = -1
        cursor[1] = -1
    cursor[0] = part[1]


@kernel
def _emit_small_block(
    blocks: BlockArrays,
    block: int,
    plan: PlanArrays,
    layout: TileLayout,
    tables: EmissionTables,
    tile: Tile,
    emitted: Emitted,
) -> None:
    rows = blocks.rows[blocks.starts[block] : blocks.starts[block + 1]]
    gather_rows(blocks.words, rows, layout.packed_words, tile.packed)
    for i in range(min(blocks.n_fresh[block], rows.size - 1)):
        for j in range(i + 1, rows.size):
            index = blocks.class_table[blocks.sources[rows[i]], blocks.sources[rows[j]]]
            if index >= 0 and not met_before(blocks, tile.packed, i, tile.packed, j, blocks.keys[block]):
                code = _finish_pair(tile.packed, i, tile.packed, j, plan, tables, index, 0, 0)
                if code >= 0:
                    _emit(emitted, rows[i], rows[j], tables.original[code])

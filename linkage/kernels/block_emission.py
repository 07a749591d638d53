"""Emitting the pairs of blocks whose score reaches a cutoff, most pairs dropped after the first comparisons.

Whether a pair can still reach the cutoff is a table look-up: for every code of the first comparisons,
whether any code that begins with it does. For short codes 64 lanes are looked up at once, in the bits of
one word.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.blocks import SMALL_BLOCK, BlockArrays, Part, met_before
from linkage.kernels.compiling import inline_kernel, inner_kernel, kernel, lowest_bit, popcount
from linkage.kernels.emission_tables import EmissionTables, code_so_far, is_open, open_lanes
from linkage.kernels.lane_programs import listed_codes
from linkage.kernels.lanes import LANES
from linkage.kernels.plan_arrays import PlanArrays
from linkage.kernels.row_comparison import comparison_level
from linkage.kernels.tile_comparison import compare_lanes
from linkage.kernels.tile_layout import TileLayout
from linkage.kernels.tile_loading import (
    PANEL_ROWS,
    Panel,
    Tile,
    gather_rows,
    load_panel,
    load_tile,
    new_panel,
    new_tile,
)

__all__ = ["EmissionPass", "Emitted", "emit_blocks"]

_FEW_LANES = 6
"""So many lanes left are finished one by one; more are cheaper together."""


class Emitted(NamedTuple):
    """Buffer of pairs: rows int64 (capacity, 2), smaller first, patterns int64 (capacity,), and how many."""

    rows: npt.NDArray[np.int64]
    patterns: npt.NDArray[np.int64]
    written: npt.NDArray[np.int64]


class TileClasses(NamedTuple):
    """Pair classes of the lanes of a tile with each source.

    Attributes
    ----------
    lanes
        int64 (n_sources, 64).
    wanted
        int64 (n_sources,): one bit a lane whose class is wanted.
    common
        int64 (n_sources,): the one class of these lanes; the row of any class where they have several.
    """

    lanes: npt.NDArray[np.int64]
    wanted: npt.NDArray[np.int64]
    common: npt.NDArray[np.int64]


class EmissionPass(NamedTuple):
    """What does not change from block to block.

    `plan`, of packed rows, and `layout` have the comparisons in the order of `tables`.
    """

    plan: PlanArrays
    layout: TileLayout
    tables: EmissionTables


class _State(NamedTuple):
    """All that an emitting chunk reads and writes."""

    blocks: BlockArrays
    plan: PlanArrays
    layout: TileLayout
    tables: EmissionTables
    panel: Panel
    tile: Tile
    classes: TileClasses
    emitted: Emitted


@kernel
def emit_blocks(
    blocks: BlockArrays, part: Part, emission: EmissionPass, cursor: npt.NDArray[np.int64], emitted: Emitted
) -> None:
    """Write the pairs of a chunk that reach the cutoff, until the buffer is full or the chunk is done.

    `cursor` int64 (4,) is where to go on: block, first query of the panel, column of the tile, query, each
    -1 for its start; the block is ``part[1]`` when all is done. The buffer must hold at least 128 pairs.
    """
    n_sources = blocks.class_table.shape[0]
    classes = TileClasses(
        np.zeros((n_sources, LANES), dtype=np.int64),
        np.zeros(n_sources, dtype=np.int64),
        np.zeros(n_sources, dtype=np.int64),
    )
    panel, tile = new_panel(emission.layout), new_tile(emission.layout)
    state = _State(blocks, emission.plan, emission.layout, emission.tables, panel, tile, classes, emitted)
    _emit_chunk(state, part, cursor)


@inner_kernel
def _emit_chunk(state: _State, part: Part, cursor: npt.NDArray[np.int64]) -> None:
    blocks, emitted = state.blocks, state.emitted
    for block in range(cursor[0], part[1]):
        start = blocks.starts[block]
        size = blocks.starts[block + 1] - start
        if size <= SMALL_BLOCK:
            if emitted.patterns.size - emitted.written[0] < size * (size - 1) // 2:
                cursor[0], cursor[1], cursor[2], cursor[3] = block, -1, -1, -1
                return
            _emit_small_block(state, block)
            continue
        query_stop = min(part[3], blocks.n_fresh[block])
        for first in range(part[2] if cursor[1] < 0 else cursor[1], query_stop, PANEL_ROWS):
            queries = blocks.rows[start + first : start + min(first + PANEL_ROWS, query_stop)]
            load_panel(blocks.words, queries, state.layout, state.panel)
            first_column = max(part[4], first + 1) if cursor[2] < 0 else cursor[2]
            for column in range(first_column, min(part[5], size), LANES):
                rows = blocks.rows[start + column : start + min(column + LANES, part[5], size)]
                load_tile(blocks.words, rows, state.layout, state.tile)
                _load_classes(blocks, rows, state.classes)
                for query in range(max(cursor[3], 0), min(queries.size, column + rows.size - 1 - first)):
                    if emitted.patterns.size - emitted.written[0] < LANES:
                        cursor[0], cursor[1], cursor[2], cursor[3] = block, first, column, query
                        return
                    behind = max(0, first + query + 1 - column)
                    _emit_query(state, block, query, start + first, start + column, behind)
                cursor[3] = -1
            cursor[2] = -1
        cursor[1] = -1
    cursor[0] = part[1]


@inline_kernel
def _emit_query(
    state: _State, block: int, query: int, panel_place: int, tile_place: int, behind: int
) -> None:
    """Compare a query of the panel with the tile's lanes from `behind` on, and write those that reach the cutoff."""
    tables, tile, classes = state.tables, state.tile, state.classes
    row = state.blocks.rows[panel_place + query]
    source = state.blocks.sources[row]
    alive = classes.wanted[source] & (-1 << behind)
    comparison = 0
    while comparison < tables.n_listed and alive != 0:
        compare_lanes(state.layout, state.panel, query, tile, comparison)
        place = comparison * tables.listed.shape[1] + classes.common[source]
        alive &= listed_codes(tile.codes, tables.listed, place)
        comparison += 1
    while comparison < tables.n_levels.size and popcount(alive) > _FEW_LANES:
        compare_lanes(state.layout, state.panel, query, tile, comparison)
        alive = open_lanes(alive, tables, comparison, classes.lanes, source, tile)
        comparison += 1
    while alive != 0:
        lane = lowest_bit(alive)
        alive &= alive - 1
        code = code_so_far(tables, comparison, tile, lane)
        index = classes.lanes[source, lane]
        _finish_pair(
            state, block, row, state.blocks.rows[tile_place + lane], query, lane, index, comparison, code
        )


@inline_kernel
def _finish_code(
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
        if not is_open(tables, later, index, code):
            return -1
    # The comparisons before may have been looked up for any class only.
    return code if is_open(tables, tables.n_levels.size - 1, index, code) else -1


@inline_kernel
def _finish_pair(
    state: _State,
    block: int,
    row: int,
    other: int,
    query: int,
    lane: int,
    index: int,
    comparison: int,
    code: int,
) -> None:
    """Finish a query and a lane, and write the pair if it reaches the cutoff and was not met before."""
    lefts, rights, blocks = state.panel.packed, state.tile.packed, state.blocks
    code = _finish_code(lefts, query, rights, lane, state.plan, state.tables, index, comparison, code)
    if code >= 0 and not met_before(blocks, lefts, query, rights, lane, blocks.keys[block]):
        _write(state, row, other, code)


@inline_kernel
def _write(state: _State, row: int, other: int, code: int) -> None:
    emitted = state.emitted
    place = emitted.written[0]
    emitted.rows[place, 0] = min(row, other)
    emitted.rows[place, 1] = max(row, other)
    emitted.patterns[place] = state.tables.original[code]
    emitted.written[0] = place + 1


@inline_kernel
def _load_classes(blocks: BlockArrays, rows: npt.NDArray[np.int64], classes: TileClasses) -> None:
    """Work out the pair classes of a tile's lanes."""
    n_sources = blocks.class_table.shape[0]
    for source in range(n_sources):
        classes.wanted[source] = 0
        classes.common[source] = -1
        for lane in range(rows.size):
            index = blocks.class_table[source, blocks.sources[rows[lane]]]
            classes.lanes[source, lane] = index
            if index >= 0:
                classes.wanted[source] |= 1 << lane
                several = classes.common[source] >= 0 and classes.common[source] != index
                classes.common[source] = n_sources * (n_sources + 1) // 2 if several else index


@inline_kernel
def _emit_small_block(state: _State, block: int) -> None:
    blocks, packed = state.blocks, state.tile.packed
    rows = blocks.rows[blocks.starts[block] : blocks.starts[block + 1]]
    gather_rows(blocks.words, rows, state.layout.packed_words, packed)
    for i in range(min(blocks.n_fresh[block], rows.size - 1)):
        for j in range(i + 1, rows.size):
            index = blocks.class_table[blocks.sources[rows[i]], blocks.sources[rows[j]]]
            if index >= 0 and not met_before(blocks, packed, i, packed, j, blocks.keys[block]):
                code = _finish_code(packed, i, packed, j, state.plan, state.tables, index, 0, 0)
                if code >= 0:
                    _write(state, rows[i], rows[j], code)

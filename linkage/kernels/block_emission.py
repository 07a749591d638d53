"""Emitting the pairs of blocks whose score reaches a cutoff, most pairs dropped after the first comparisons.

Whether a pair can still reach the cutoff is a table look-up: for every code of the first comparisons,
whether any code that begins with it does. For short codes 64 lanes are looked up at once, in the bits of
one word.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.blocks import SMALL_BLOCK, BlockArrays, Part, met_before
from linkage.kernels.compiling import bare_kernel, inline_kernel, inner_kernel, lowest_bit, popcount
from linkage.kernels.emission_tables import EmissionTables, code_so_far, is_open, open_lanes
from linkage.kernels.lanes import LANES
from linkage.kernels.plan_arrays import PlanArrays
from linkage.kernels.row_comparison import comparison_level
from linkage.kernels.tile_comparison import compare_two
from linkage.kernels.tile_layout import TileLayout
from linkage.kernels.tile_loading import (
    GROUP_QUERIES,
    PANEL_ROWS,
    Panel,
    Tile,
    gather_rows,
    load_panel,
    load_tile,
    new_panel,
    new_tile,
)

__all__ = ["EmissionPass", "Emitted", "emit_blocks", "emit_chunk"]

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
    """All that an emitting chunk reads and writes.

    For each query of a group, with one to spare: `sources`, the lanes `alive`, one bit each, and the
    comparisons `done`.
    """

    blocks: BlockArrays
    plan: PlanArrays
    layout: TileLayout
    tables: EmissionTables
    panel: Panel
    tile: Tile
    classes: TileClasses
    sources: npt.NDArray[np.int64]
    alive: npt.NDArray[np.int64]
    done: npt.NDArray[np.int64]
    emitted: Emitted


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
    sources = np.zeros(GROUP_QUERIES + 1, dtype=np.int64)
    alive = np.zeros(GROUP_QUERIES + 1, dtype=np.int64)
    done = np.zeros(GROUP_QUERIES + 1, dtype=np.int64)
    plan, layout, tables = emission.plan, emission.layout, emission.tables
    state = _State(blocks, plan, layout, tables, panel, tile, classes, sources, alive, done, emitted)
    emit_chunk(state, part, cursor)


@bare_kernel
def emit_chunk(state: _State, part: Part, cursor: npt.NDArray[np.int64]) -> None:
    """Write the pairs of a chunk, as `emit_blocks` says."""
    # As a step of another kernel it goes through the optimiser twice, and passes take some percent less.
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
                stop = min(queries.size, column + rows.size - 1 - first)
                for group in range(max(cursor[3], 0), stop, GROUP_QUERIES):
                    n_group = min(GROUP_QUERIES, stop - group)
                    _compare_group(state, group, n_group, start + first, first + group + 1 - column)
                    for slot in range(n_group):
                        if emitted.patterns.size - emitted.written[0] < LANES:
                            cursor[0], cursor[1], cursor[2], cursor[3] = block, first, column, group + slot
                            return
                        _emit_query(state, block, start + first, group + slot, start + column, slot)
                cursor[3] = -1
            cursor[2] = -1
        cursor[1] = -1
    cursor[0] = part[1]


@inline_kernel
def _compare_group(state: _State, group: int, n_group: int, panel_place: int, behind: int) -> None:
    """Compare a group of queries with the tile until few lanes of each can still reach the cutoff.

    The first query meets lanes from `behind` on, the next from one more.
    """
    blocks, classes, tile = state.blocks, state.classes, state.tile
    for slot in range(n_group):
        source = blocks.sources[blocks.rows[panel_place + group + slot]]
        state.sources[slot] = source
        state.alive[slot] = classes.wanted[source] & (-1 << max(0, behind + slot))
        state.done[slot] = 0
    # The query behind the last has no lanes.
    state.alive[n_group] = 0
    for comparison in range(state.tables.n_levels.size):
        for slot in range(0, n_group, 2):
            if popcount(state.alive[slot]) > _FEW_LANES or popcount(state.alive[slot + 1]) > _FEW_LANES:
                compare_two(state.layout, state.panel, group + slot, tile, slot, comparison)
                for query in range(slot, slot + 2):
                    state.done[query] = comparison + 1
                    if state.alive[query] != 0:
                        index = classes.common[state.sources[query]]
                        state.alive[query] = open_lanes(
                            state.alive[query], state.tables, comparison, index, tile, query
                        )


@inline_kernel
def _emit_query(state: _State, block: int, panel_place: int, query: int, tile_place: int, slot: int) -> None:
    """Finish the lanes left of a query one by one, and write those that reach the cutoff."""
    alive = state.alive[slot]
    while alive != 0:
        lane = lowest_bit(alive)
        alive &= alive - 1
        comparison = state.done[slot]
        code = code_so_far(state.tables, comparison, state.tile, slot, lane)
        index = state.classes.lanes[state.sources[slot], lane]
        rows = state.blocks.rows
        _finish_pair(
            state,
            block,
            rows[panel_place + query],
            rows[tile_place + lane],
            query,
            lane,
            index,
            comparison,
            code,
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

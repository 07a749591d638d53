"""Counting the patterns of all pairs of a block, 64 at a time, without storing one.

A panel of queries (rows of the block) meets tile after tile of the rows behind them. The panel stays in the
second-level cache, the tile in the first; each step compares one query with the 64 records of the tile and
adds 64 times one to a table. Blocks of a few rows are compared row by row.

Limits: a table has less than 2**31 cells; a block may have any number of rows.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.blocks import SMALL_BLOCK, BlockArrays, Part, lanes_met_before, met_before
from linkage.kernels.compiling import bare_kernel, inline_kernel, lowest_bit, popcount
from linkage.kernels.lane_programs import equal_cells, write_cells
from linkage.kernels.lanes import LANES
from linkage.kernels.plan_arrays import PlanArrays
from linkage.kernels.row_comparison import pattern_code
from linkage.kernels.tile_comparison import compare_two
from linkage.kernels.tile_layout import TileLayout
from linkage.kernels.tile_loading import (
    GROUP_QUERIES,
    PANEL_ROWS,
    Panel,
    Tile,
    aligned_bytes,
    gather_rows,
    load_panel,
    load_tile,
    new_panel,
    new_tile,
)

__all__ = ["count_blocks", "count_chunk"]


class CountTable(NamedTuple):
    """The cells of a table, one pair class behind the other, and where the dump starts.

    `offsets` int32 (n_sources, 64) are, for a tile, the first cells of the pair class of each lane with a
    source. `common` int64 (1,) is a cell that was common lately.
    """

    cells: npt.NDArray[np.int64]
    n_patterns: int
    dump: int
    offsets: npt.NDArray[np.int32]
    common: npt.NDArray[np.int64]


def count_blocks(
    blocks: BlockArrays, part: Part, plan: PlanArrays, layout: TileLayout, table: npt.NDArray[np.int64]
) -> None:
    """Add the patterns of a chunk to `table` (n_pair_classes + 1, n_patterns), whose last row is a dump.

    `plan` is the plan of packed rows.
    """
    n_sources = blocks.class_table.shape[0]
    offsets = aligned_bytes(n_sources, 4 * LANES).view(np.int32).reshape(n_sources, LANES)
    common = np.zeros(1, dtype=np.int64)
    cells = CountTable(
        table.reshape(table.size), table.shape[1], table.size - table.shape[1], offsets, common
    )
    count_chunk(blocks, part, plan, layout, new_panel(layout), new_tile(layout), cells)


@bare_kernel
def count_chunk(
    blocks: BlockArrays,
    part: Part,
    plan: PlanArrays,
    layout: TileLayout,
    panel: Panel,
    tile: Tile,
    table: CountTable,
) -> None:
    """Add the patterns of a chunk to a table, in a panel and a tile that may hold anything."""
    for block in range(part[0], part[1]):
        start = blocks.starts[block]
        size = blocks.starts[block + 1] - start
        if size <= SMALL_BLOCK:
            _count_small_block(blocks, block, plan, layout, tile, table)
            continue
        query_stop = min(part[3], blocks.n_fresh[block])
        for first in range(part[2], query_stop, PANEL_ROWS):
            queries = blocks.rows[start + first : start + min(first + PANEL_ROWS, query_stop)]
            load_panel(blocks.words, queries, layout, panel)
            # Tiles lie from the row behind the first query on.
            for column in range(max(part[4], first + 1), min(part[5], size), LANES):
                rows = blocks.rows[start + column : start + min(column + LANES, part[5], size)]
                load_tile(blocks.words, rows, layout, tile)
                _load_offsets(blocks, rows, table)
                stop = min(queries.size, column + rows.size - 1 - first)
                for group in range(0, stop, GROUP_QUERIES):
                    n_group = min(GROUP_QUERIES, stop - group)
                    for comparison in range(layout.groups.size):
                        for slot in range(0, n_group, 2):
                            compare_two(layout, panel, group + slot, tile, slot, comparison)
                    for slot in range(n_group):
                        query = group + slot
                        met = lanes_met_before(blocks, panel.packed, query, tile, blocks.keys[block])
                        source = blocks.sources[queries[query]]
                        write_cells(
                            tile.codes, slot, layout.radix, table.offsets, source, met, table.dump, tile.cells
                        )
                        _add_lanes(tile, first + query + 1 - column, table)


@inline_kernel
def _count_small_block(
    blocks: BlockArrays,
    block: int,
    plan: PlanArrays,
    layout: TileLayout,
    tile: Tile,
    table: CountTable,
) -> None:
    rows = blocks.rows[blocks.starts[block] : blocks.starts[block + 1]]
    gather_rows(blocks.words, rows, layout.packed_words, tile.packed)
    for i in range(min(blocks.n_fresh[block], rows.size - 1)):
        for j in range(i + 1, rows.size):
            index = blocks.class_table[blocks.sources[rows[i]], blocks.sources[rows[j]]]
            if index >= 0 and not met_before(blocks, tile.packed, i, tile.packed, j, blocks.keys[block]):
                code = pattern_code(tile.packed, i, tile.packed, j, plan)
                table.cells[index * table.n_patterns + code] += 1


@inline_kernel
def _add_lanes(tile: Tile, behind: int, table: CountTable) -> None:
    """Add one to the cell of each lane from `behind` on."""
    # Most pairs agree in nothing. Adding to their one cell lane by lane would wait for the memory each time.
    lanes = -1 << max(behind, 0)
    same = lanes & equal_cells(tile.cells, table.common[0])
    if 2 * popcount(same) < popcount(lanes):
        other = tile.cells[lowest_bit(lanes & ~same)]
        others = lanes & equal_cells(tile.cells, other)
        if popcount(others) > popcount(same):
            table.common[0] = other
            same = others
    table.cells[table.common[0]] += popcount(same)
    rest = lanes & ~same
    while rest != 0:
        table.cells[tile.cells[lowest_bit(rest)]] += 1
        rest &= rest - 1


@inline_kernel
def _load_offsets(blocks: BlockArrays, rows: npt.NDArray[np.int64], table: CountTable) -> None:
    """Work out the offsets of a tile; the dump where a pair class is not wanted, and behind the last row."""
    for source in range(blocks.class_table.shape[0]):
        for lane in range(LANES):
            table.offsets[source, lane] = table.dump
        for lane in range(rows.size):
            index = blocks.class_table[source, blocks.sources[rows[lane]]]
            if index >= 0:
                table.offsets[source, lane] = index * table.n_patterns

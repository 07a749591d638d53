"""Panels of queries and tiles of 64 records, filled from the table of records."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import inline_kernel, inner_kernel, popcount
from linkage.kernels.lane_loading import cut_pieces, distance_facts, overlap_facts
from linkage.kernels.lanes import LANES
from linkage.kernels.plan_arrays import MAX_THRESHOLDS, OVERLAP
from linkage.kernels.tile_layout import (
    FACT,
    LEFT,
    N_PIECES,
    N_THRESHOLDS,
    NEED,
    PIECES_A_WORD,
    RIGHT,
    TileLayout,
)

__all__ = [
    "GROUP_QUERIES",
    "PANEL_ROWS",
    "Panel",
    "Tile",
    "aligned_bytes",
    "gather_rows",
    "load_panel",
    "load_tile",
    "new_panel",
    "new_tile",
]

PANEL_ROWS = 512
"""Queries that meet a tile before it is replaced; with their needs they fit the second-level cache."""

GROUP_QUERIES = 16
"""Queries that meet one comparison of a tile before the next, while its pieces are in the first-level cache."""

_LINE_BYTES = 64


class Panel(NamedTuple):
    """Up to PANEL_ROWS queries: packed rows, their needs, and the views in which they have a filter."""

    packed: npt.NDArray[np.uint64]
    pieces: npt.NDArray[np.uint16]
    needs: npt.NDArray[np.uint16]
    present: npt.NDArray[np.bool_]


class Tile(NamedTuple):
    """64 records, and what a group of queries makes of them.

    Packed rows, the pieces and facts of their filters, their transposed words, and the rows of these that are
    block keys. `codes` uint16 (GROUP_QUERIES, 2, 64) are those of a group of queries, `levels` uint16 (2, 64)
    those of the two queries under way, zero between comparisons; `cells` int32 (64,) are those of one query.
    """

    packed: npt.NDArray[np.uint64]
    pieces: npt.NDArray[np.uint16]
    facts: npt.NDArray[np.uint16]
    words: npt.NDArray[np.uint64]
    keys: npt.NDArray[np.uint64]
    codes: npt.NDArray[np.uint16]
    levels: npt.NDArray[np.uint16]
    cells: npt.NDArray[np.int32]


def aligned_bytes(n_rows: int, n_bytes: int) -> npt.NDArray[np.uint8]:
    """Zeroed bytes (n_rows * n_bytes,) that start on a cache line."""
    raw = np.zeros(n_rows * n_bytes + _LINE_BYTES, dtype=np.uint8)
    shift = -raw.ctypes.data % _LINE_BYTES
    return raw[shift : shift + n_rows * n_bytes]


def new_panel(layout: TileLayout) -> Panel:
    """An empty panel."""
    # The query behind the last is compared along with it, and dropped.
    packed = np.zeros((PANEL_ROWS + 1, layout.packed_words.size), dtype=np.uint64)
    return Panel(
        packed,
        packed.view(np.uint16),
        np.zeros((PANEL_ROWS + 1, layout.n_needs), dtype=np.uint16),
        np.zeros((PANEL_ROWS + 1, layout.measures.size), dtype=np.bool_),
    )


def new_tile(layout: TileLayout) -> Tile:
    """An empty tile."""
    n_pieces = PIECES_A_WORD * layout.n_filter_words
    n_words = layout.packed_words.size
    words = aligned_bytes(n_words, 8 * LANES).view(np.uint64).reshape(n_words, LANES)
    return Tile(
        np.zeros((LANES, layout.packed_words.size), dtype=np.uint64),
        aligned_bytes(n_pieces, 2 * LANES).view(np.uint16).reshape(n_pieces, LANES),
        aligned_bytes(layout.n_facts, 2 * LANES).view(np.uint16).reshape(layout.n_facts, LANES),
        words,
        words[layout.n_filter_words :],
        aligned_bytes(2 * GROUP_QUERIES, 2 * LANES).view(np.uint16).reshape(GROUP_QUERIES, 2, LANES),
        aligned_bytes(2, 2 * LANES).view(np.uint16).reshape(2, LANES),
        aligned_bytes(1, 4 * LANES).view(np.int32),
    )


@inline_kernel
def gather_rows(
    words: npt.NDArray[np.uint64],
    rows: npt.NDArray[np.int64],
    packed_words: npt.NDArray[np.int64],
    packed: npt.NDArray[np.uint64],
) -> None:
    """Copy the words that a pass needs of some rows to the first rows of `packed`."""
    for place in range(rows.size):
        row = rows[place]
        for word in range(packed_words.size):
            packed[place, word] = words[row, packed_words[word]]


@inline_kernel
def _set_bits(packed: npt.NDArray[np.uint64], row: int, piece: int, n_pieces: int) -> int:
    bits = 0
    for word in range(piece // PIECES_A_WORD, (piece + n_pieces) // PIECES_A_WORD):
        bits += popcount(packed[row, word])
    return bits


@inner_kernel
def load_panel(
    words: npt.NDArray[np.uint64], rows: npt.NDArray[np.int64], layout: TileLayout, panel: Panel
) -> None:
    """Fill the panel with up to PANEL_ROWS rows."""
    gather_rows(words, rows, layout.packed_words, panel.packed)
    for row in range(rows.size):
        for view in range(layout.measures.size):
            bits = _set_bits(panel.packed, row, layout.views[view, LEFT], layout.views[view, N_PIECES])
            panel.present[row, view] = bits > 0
            place = layout.views[view, NEED]
            panel.needs[row, place] = 0xFFFF if bits > 0 else 0
            if layout.measures[view] == OVERLAP:
                for step in range(layout.views[view, N_THRESHOLDS]):
                    need = bits * layout.thresholds[view, step]
                    panel.needs[row, place + 2 * step + 1] = need // 2000
                    panel.needs[row, place + 2 * step + 2] = 2000 - need % 2000


@inner_kernel
def load_tile(
    words: npt.NDArray[np.uint64], rows: npt.NDArray[np.int64], layout: TileLayout, tile: Tile
) -> None:
    """Fill the tile with up to 64 rows; lanes beyond them keep what they held, and must count for nothing."""
    gather_rows(words, rows, layout.packed_words, tile.packed)
    for word in range(layout.packed_words.size):
        for row in range(rows.size):
            tile.words[word, row] = tile.packed[row, word]
    for word in range(layout.n_filter_words):
        cut_pieces(tile.words, word, tile.pieces)
    for view in range(layout.measures.size):
        word = layout.views[view, RIGHT] // PIECES_A_WORD
        n_words = layout.views[view, N_PIECES] // PIECES_A_WORD
        base, fact = layout.bases[view], layout.views[view, FACT]
        if layout.measures[view] == OVERLAP:
            threshold = view * MAX_THRESHOLDS
            n_thresholds = layout.views[view, N_THRESHOLDS]
            overlap_facts(
                tile.words, word, n_words, base, layout.thresholds, threshold, n_thresholds, tile.facts, fact
            )
        else:
            distance_facts(tile.words, word, n_words, base, tile.facts, fact)

"""Panels of queries and tiles of 64 records for the similarity join."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import inline_kernel, popcount
from linkage.kernels.lane_loading import cut_pieces
from linkage.kernels.lanes import LANES
from linkage.kernels.tile_layout import PIECES_A_WORD
from linkage.kernels.tile_loading import aligned_bytes

__all__ = [
    "JOIN_PANEL_ROWS",
    "JoinPanel",
    "JoinSide",
    "JoinTile",
    "gather_side",
    "new_join_panel",
    "new_join_tile",
    "transpose_side",
]

JOIN_PANEL_ROWS = 2048
"""Queries that meet a tile before it is replaced."""


class JoinSide(NamedTuple):
    """Filters in ascending order of their set bits, those without any left out.

    Attributes
    ----------
    words
        uint64 (n, n_words), C-contiguous.
    rows
        int64 (n_sorted,): rows of `words` in that order.
    bits
        int64 (n_sorted,): set bits, ascending.
    """

    words: npt.NDArray[np.uint64]
    rows: npt.NDArray[np.int64]
    bits: npt.NDArray[np.int64]


class JoinTile(NamedTuple):
    """64 filters: packed, transposed, cut to pieces; set bits behind each point; counts of the query under way."""

    packed: npt.NDArray[np.uint64]
    words: npt.NDArray[np.uint64]
    pieces: npt.NDArray[np.uint16]
    rests: npt.NDArray[np.uint16]
    counts: npt.NDArray[np.uint16]


class JoinPanel(NamedTuple):
    """Queries behind each other, with one row and piece to spare; and, for the two under way, what they need."""

    packed: npt.NDArray[np.uint64]
    pieces: npt.NDArray[np.uint16]
    rests: npt.NDArray[np.uint16]
    limits: npt.NDArray[np.int64]
    most: npt.NDArray[np.int64]
    alive: npt.NDArray[np.int64]


def new_join_panel(n_words: int, n_points: int) -> JoinPanel:
    """An empty panel."""
    # The query behind the last is looked at, and dropped.
    packed = np.zeros((JOIN_PANEL_ROWS + 1, n_words), dtype=np.uint64)
    return JoinPanel(
        packed,
        packed.view(np.uint16),
        np.zeros((n_points, JOIN_PANEL_ROWS + 1), dtype=np.uint16),
        np.zeros(2, dtype=np.int64),
        np.zeros(2, dtype=np.int64),
        np.zeros(2, dtype=np.int64),
    )


def new_join_tile(n_words: int, n_points: int) -> JoinTile:
    """An empty tile."""
    n_pieces = PIECES_A_WORD * n_words
    return JoinTile(
        np.zeros((LANES, n_words), dtype=np.uint64),
        aligned_bytes(n_words, 8 * LANES).view(np.uint64).reshape(n_words, LANES),
        aligned_bytes(n_pieces, 2 * LANES).view(np.uint16).reshape(n_pieces, LANES),
        aligned_bytes(n_points, 2 * LANES).view(np.uint16).reshape(n_points, LANES),
        aligned_bytes(2, 2 * LANES).view(np.uint16).reshape(2, LANES),
    )


@inline_kernel
def gather_side(
    side: JoinSide,
    first: int,
    n_rows: int,
    points: npt.NDArray[np.int64],
    packed: npt.NDArray[np.uint64],
    rests: npt.NDArray[np.uint16],
) -> None:
    """Copy filters, and count their set bits behind each point into `rests` (n_points, at least n_rows)."""
    for place in range(n_rows):
        row = side.rows[first + place]
        seen = 0
        point = 0
        for word in range(packed.shape[1]):
            packed[place, word] = side.words[row, word]
            seen += popcount(packed[place, word])
            if PIECES_A_WORD * (word + 1) == points[point]:
                rests[point, place] = side.bits[first + place] - seen
                point += 1


@inline_kernel
def transpose_side(tile: JoinTile, n_lanes: int) -> None:
    """Work out the pieces of a tile from its packed filters."""
    for word in range(tile.words.shape[0]):
        for lane in range(n_lanes):
            tile.words[word, lane] = tile.packed[lane, word]
        cut_pieces(tile.words, word, tile.pieces)

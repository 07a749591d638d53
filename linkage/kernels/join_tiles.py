"""The similarity join of a panel of queries with tiles of 64 records.

Both sides are sorted by their number of set bits, so a tile is nearly uniform: whole tiles are skipped
because no filter of their lengths can reach the threshold, and one requirement serves the 64 lanes until
the end, where each lane that is left is checked against its own. After some of the bits, at points chosen
by the caller, lanes that cannot come to the threshold any more are dropped; when few are left they are
finished one by one.

Similarity is a matter of overlap: for filters with `a` and `b` set bits, Dice, Jaccard and Hamming similarity
reach a threshold if the overlap is at least `need[a + b]`, a table that the caller works out exactly.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import inline_kernel, kernel, lowest_bit, popcount
from linkage.kernels.join_programs import distance_stretch, overlap_stretch
from linkage.kernels.lane_loading import cut_pieces
from linkage.kernels.lanes import LANES
from linkage.kernels.tile_layout import PIECES_A_WORD
from linkage.kernels.tile_loading import aligned_bytes

__all__ = [
    "JOIN_PANEL_ROWS",
    "JoinPart",
    "JoinRule",
    "JoinSide",
    "JoinTile",
    "SimilarBuffer",
    "gather_side",
    "join_part",
    "new_join_tile",
    "transpose_side",
]

JOIN_PANEL_ROWS = 2048

JoinPart = tuple[int, int, int, int]
"""Places `first, stop` of queries on the left and of records on the right, in the sorted order."""


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


class JoinRule(NamedTuple):
    """When a pair is similar, and where it may be given up.

    Attributes
    ----------
    need
        int64 (2 * n_bits + 1,): least overlap by the sum of set bits, non-decreasing.
    first, stop
        int64 (n_bits + 1,): places on the right whose lengths can reach the threshold with so many bits left.
    points
        int64 (n_points,): pieces after which lanes are dropped, ascending, multiples of 4; the last is all.
    by_distance
        Whether lanes are dropped by their distance so far.
    most
        int64 (n_points,): greatest distance at each point, if so; the last is exact.
    itself
        Whether both sides are the same: each pair then is looked at once.
    """

    need: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]
    points: npt.NDArray[np.int64]
    by_distance: bool
    most: npt.NDArray[np.int64]
    itself: bool


class SimilarBuffer(NamedTuple):
    """Pairs found: rows int64 (capacity, 2), overlaps int64 (capacity,), and how many int64 (1,)."""

    rows: npt.NDArray[np.int64]
    overlaps: npt.NDArray[np.int64]
    written: npt.NDArray[np.int64]


class JoinTile(NamedTuple):
    """64 filters: packed, transposed, cut to pieces; set bits behind each point; counts of the query under way."""

    packed: npt.NDArray[np.uint64]
    words: npt.NDArray[np.uint64]
    pieces: npt.NDArray[np.uint16]
    rests: npt.NDArray[np.uint16]
    counts: npt.NDArray[np.uint16]


@inline_kernel
def new_join_tile(n_words: int, n_points: int) -> JoinTile:
    """An empty tile."""
    n_pieces = PIECES_A_WORD * n_words
    return JoinTile(
        np.zeros((LANES, n_words), dtype=np.uint64),
        aligned_bytes(n_words, 8 * LANES).view(np.uint64).reshape(n_words, LANES),
        aligned_bytes(n_pieces, 2 * LANES).view(np.uint16).reshape(n_pieces, LANES),
        aligned_bytes(n_points, 2 * LANES).view(np.uint16).reshape(n_points, LANES),
        aligned_bytes(1, 2 * LANES).view(np.uint16),
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


@kernel
def join_part(
    left: JoinSide,
    right: JoinSide,
    rule: JoinRule,
    part: JoinPart,
    cursor: npt.NDArray[np.int64],
    found: SimilarBuffer,
) -> None:
    """Write the similar pairs of a part until the buffer is full or the part is done.

    `cursor` int64 (2,) is where to go on, place on the right and query, and (-1, 0) when all is done. The
    part has at most JOIN_PANEL_ROWS queries, the buffer room for at least 64 pairs.
    """
    n_words = left.words.shape[1]
    n_points = rule.points.size
    n_queries = part[1] - part[0]
    queries = np.zeros((JOIN_PANEL_ROWS, n_words), dtype=np.uint64)
    query_rests = np.zeros((n_points, JOIN_PANEL_ROWS), dtype=np.uint16)
    n_pieces = PIECES_A_WORD * n_words
    tile = new_join_tile(n_words, n_points)
    query_pieces = queries.view(np.uint16)
    gather_side(left, part[0], n_queries, rule.points, queries, query_rests)
    for column in range(cursor[0], part[3], LANES):
        n_lanes = min(LANES, part[3] - column)
        last_query = min(n_queries, column + n_lanes - 1 - part[0]) if rule.itself else n_queries
        if not _meet(left, rule, part, column, n_lanes):
            continue
        gather_side(right, column, n_lanes, rule.points, tile.packed, tile.rests)
        transpose_side(tile, n_lanes)
        every = (1 << n_lanes) - 1 if n_lanes < LANES else -1
        for query in range(cursor[1], last_query):
            bits = left.bits[part[0] + query]
            if column >= rule.stop[bits] or column + n_lanes <= rule.first[bits]:
                continue
            if found.written[0] > found.overlaps.size - LANES:
                cursor[0], cursor[1] = column, query
                return
            alive = every
            if rule.itself and part[0] + query >= column:
                alive &= -1 << (part[0] + query + 1 - column)
            need = rule.need[bits + right.bits[column]]
            point = 0
            first_piece = 0
            while point < n_points and alive != 0:
                stop = rule.points[point]
                if rule.by_distance:
                    most = rule.most[point]
                    alive &= distance_stretch(
                        tile.pieces, query_pieces, query * n_pieces, first_piece, stop, tile.counts, most
                    )
                else:
                    rest = int(query_rests[point, query])
                    alive &= overlap_stretch(
                        tile.pieces,
                        query_pieces,
                        query * n_pieces,
                        first_piece,
                        stop,
                        tile.counts,
                        tile.rests,
                        point,
                        rest,
                        need,
                    )
                first_piece = stop
                point += 1
            while alive != 0:
                lane = lowest_bit(alive)
                alive &= alive - 1
                total = bits + right.bits[column + lane]
                overlap = (
                    (total - int(tile.counts[lane])) // 2 if rule.by_distance else int(tile.counts[lane])
                )
                if overlap >= rule.need[total]:
                    row, other = left.rows[part[0] + query], right.rows[column + lane]
                    if rule.itself and other < row:
                        row, other = other, row
                    _write(found, row, other, overlap)
        cursor[1] = 0
    cursor[0] = -1


@inline_kernel
def _meet(left: JoinSide, rule: JoinRule, part: JoinPart, column: int, n_lanes: int) -> bool:
    """Whether any query of the part has to look at the tile."""
    if rule.itself and column + n_lanes - 1 <= part[0]:
        return False
    fewest = left.bits[part[0]]
    most = left.bits[part[1] - 1]
    return bool(rule.first[fewest] < column + n_lanes and column < rule.stop[most])


@inline_kernel
def _write(found: SimilarBuffer, left: int, right: int, overlap: int) -> None:
    place = found.written[0]
    found.rows[place, 0] = left
    found.rows[place, 1] = right
    found.overlaps[place] = overlap
    found.written[0] = place + 1

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

from linkage.kernels.compiling import bare_kernel, inline_kernel, lowest_bit
from linkage.kernels.join_loading import (
    JoinPanel,
    JoinSide,
    JoinTile,
    gather_side,
    new_join_panel,
    new_join_tile,
    transpose_side,
)
from linkage.kernels.join_programs import distance_one, distance_two, overlap_one, overlap_two
from linkage.kernels.lanes import LANES

__all__ = ["JoinInput", "JoinPart", "JoinRule", "SimilarBuffer", "join_part"]

JoinPart = tuple[int, int, int, int]
"""Places `first, stop` of queries on the left and of records on the right, in the sorted order."""


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


class JoinInput(NamedTuple):
    """Both sides, and when they are similar."""

    left: JoinSide
    right: JoinSide
    rule: JoinRule


class SimilarBuffer(NamedTuple):
    """Pairs found: rows int64 (capacity, 2), overlaps int64 (capacity,), and how many int64 (1,)."""

    rows: npt.NDArray[np.int64]
    overlaps: npt.NDArray[np.int64]
    written: npt.NDArray[np.int64]


def join_part(join: JoinInput, part: JoinPart, cursor: npt.NDArray[np.int64], found: SimilarBuffer) -> None:
    """Write the similar pairs of a part until the buffer is full or the part is done.

    `cursor` int64 (2,) is where to go on, place on the right and query, and (-1, 0) when all is done. The
    part has at most JOIN_PANEL_ROWS queries, the buffer room for at least 128 pairs.
    """
    panel = new_join_panel(join.left.words.shape[1], join.rule.points.size)
    tile = new_join_tile(join.left.words.shape[1], join.rule.points.size)
    _join_panel(join, part, cursor, panel, tile, found)


@bare_kernel
def _join_panel(
    join: JoinInput,
    part: JoinPart,
    cursor: npt.NDArray[np.int64],
    panel: JoinPanel,
    tile: JoinTile,
    found: SimilarBuffer,
) -> None:
    rule = join.rule
    gather_side(join.left, part[0], part[1] - part[0], rule.points, panel.packed, panel.rests)
    for column in range(cursor[0], part[3], LANES):
        n_lanes = min(LANES, part[3] - column)
        if not _meet(join, part, column, n_lanes):
            continue
        gather_side(join.right, column, n_lanes, rule.points, tile.packed, tile.rests)
        transpose_side(tile, n_lanes)
        # In a self-join a record meets only those behind it.
        stop = min(part[1], column + n_lanes - 1) if rule.itself else part[1]
        for place in range(part[0] + cursor[1], stop, 2):
            query = place - part[0]
            if found.written[0] > found.overlaps.size - 2 * LANES:
                cursor[0], cursor[1] = column, query
                return
            _start_query(join, place, column, n_lanes, panel, 0)
            if place + 1 < stop:
                _start_query(join, place + 1, column, n_lanes, panel, 1)
            else:
                panel.alive[1] = 0
            if panel.alive[0] | panel.alive[1] == 0:
                continue
            _look_at_two(rule, panel, query, tile)
            for k in range(2):
                if panel.alive[k] != 0:
                    _look_at_one(rule, panel, query + k, tile, k)
                    _write_similar(join, place + k, column, panel, tile, k, found)
        cursor[1] = 0
    cursor[0] = -1


@inline_kernel
def _meet(join: JoinInput, part: JoinPart, column: int, n_lanes: int) -> bool:
    """Whether any query of the part has to look at the tile."""
    if join.rule.itself and column + n_lanes - 1 <= part[0]:
        return False
    fewest, most = join.left.bits[part[0]], join.left.bits[part[1] - 1]
    return bool(join.rule.first[fewest] < column + n_lanes and column < join.rule.stop[most])


@inline_kernel
def _start_query(join: JoinInput, place: int, column: int, n_lanes: int, panel: JoinPanel, k: int) -> None:
    """Set the lanes that a query has to look at, and what they must come to."""
    bits = join.left.bits[place]
    panel.alive[k] = 0
    if column < join.rule.stop[bits] and column + n_lanes > join.rule.first[bits]:
        panel.alive[k] = (1 << n_lanes) - 1 if n_lanes < LANES else -1
        if join.rule.itself and place >= column:
            panel.alive[k] &= -1 << (place + 1 - column)
        panel.limits[k] = join.rule.need[bits + join.right.bits[column]]


@inline_kernel
def _look_at_two(rule: JoinRule, panel: JoinPanel, query: int, tile: JoinTile) -> None:
    """Take two queries to the first point."""
    first = query * tile.pieces.shape[0]
    if rule.by_distance:
        panel.most[:] = rule.most[0]
        distance_two(
            tile.pieces,
            panel.pieces,
            first,
            0,
            rule.points[0],
            tile.counts,
            0,
            tile.rests,
            0,
            panel.rests,
            query,
            panel.most,
            panel.alive,
        )
    else:
        overlap_two(
            tile.pieces,
            panel.pieces,
            first,
            0,
            rule.points[0],
            tile.counts,
            0,
            tile.rests,
            0,
            panel.rests,
            query,
            panel.limits,
            panel.alive,
        )


@inline_kernel
def _look_at_one(rule: JoinRule, panel: JoinPanel, query: int, tile: JoinTile, k: int) -> None:
    """Take a query from the first point to the end, or until no lane is left."""
    first = query * tile.pieces.shape[0]
    for point in range(1, rule.points.size):
        if panel.alive[k] == 0:
            return
        rest = point * panel.rests.shape[1] + query
        if rule.by_distance:
            panel.most[k] = rule.most[point]
            distance_one(
                tile.pieces,
                panel.pieces,
                first,
                rule.points[point - 1],
                rule.points[point],
                tile.counts,
                k,
                tile.rests,
                point,
                panel.rests,
                rest,
                panel.most,
                panel.alive,
            )
        else:
            overlap_one(
                tile.pieces,
                panel.pieces,
                first,
                rule.points[point - 1],
                rule.points[point],
                tile.counts,
                k,
                tile.rests,
                point,
                panel.rests,
                rest,
                panel.limits,
                panel.alive,
            )


@inline_kernel
def _write_similar(
    join: JoinInput, place: int, column: int, panel: JoinPanel, tile: JoinTile, k: int, found: SimilarBuffer
) -> None:
    """Write the lanes left that are similar, each by its own length."""
    lanes = panel.alive[k]
    while lanes != 0:
        lane = lowest_bit(lanes)
        lanes &= lanes - 1
        total = join.left.bits[place] + join.right.bits[column + lane]
        count = int(tile.counts[k, lane])
        overlap = (total - count) // 2 if join.rule.by_distance else count
        if overlap >= join.rule.need[total]:
            row, other = join.left.rows[place], join.right.rows[column + lane]
            swap = join.rule.itself and other < row
            free = found.written[0]
            found.rows[free, 0] = other if swap else row
            found.rows[free, 1] = row if swap else other
            found.overlaps[free] = overlap
            found.written[0] = free + 1

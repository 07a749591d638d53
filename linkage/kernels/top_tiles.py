"""The most similar records of each query of a panel, tile by tile from the most similar lengths outwards.

A query keeps its best `k` so far, in order: most similar first, smaller row first among equals. A tile is
looked at only if a filter of its lengths could come in among them, and given up early like a tile of the
join. Similarities are compared as fractions, in integers.

Limit: with filters of at most 32,768 bits the products of overlap and set bits stay below 2**32.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import inline_kernel, kernel, lowest_bit
from linkage.kernels.join_loading import (
    JoinPanel,
    JoinSide,
    JoinTile,
    gather_side,
    new_join_panel,
    new_join_tile,
    transpose_side,
)
from linkage.kernels.join_programs import overlap_one
from linkage.kernels.lanes import LANES
from linkage.kernels.tile_layout import PIECES_A_WORD

__all__ = ["BestRows", "TopRule", "top_part"]


class TopRule(NamedTuple):
    """Pieces int64 (n_points,) after which lanes are dropped, the last all, and whether Hamming ranks them."""

    points: npt.NDArray[np.int64]
    by_distance: bool


class BestRows(NamedTuple):
    """The best records of each query of a part, (n_queries, k): row, overlap, set bits; row -1 where none."""

    rows: npt.NDArray[np.int64]
    overlaps: npt.NDArray[np.int64]
    bits: npt.NDArray[np.int64]


@inline_kernel
def _need(best: BestRows, query: int, bits: int, other: int, rule: TopRule) -> int:
    """Least overlap with which a filter of `other` set bits is as similar as the last of the best."""
    last = best.rows.shape[1] - 1
    if best.rows[query, last] < 0:
        return 0
    overlap, length = best.overlaps[query, last], best.bits[query, last]
    if rule.by_distance:
        return int(max(0, (other - length + 2 * overlap + 1) // 2))
    return int((overlap * (bits + other) + bits + length - 1) // (bits + length))


@inline_kernel
def _better(
    best: BestRows, query: int, place: int, bits: int, row: int, overlap: int, other: int, rule: TopRule
) -> bool:
    """Whether a record is better than the one at a place."""
    if best.rows[query, place] < 0:
        return True
    if rule.by_distance:
        gain = (2 * overlap - other) - (2 * best.overlaps[query, place] - best.bits[query, place])
    else:
        gain = overlap * (bits + best.bits[query, place]) - best.overlaps[query, place] * (bits + other)
    return bool(gain > 0 or (gain == 0 and row < best.rows[query, place]))


@inline_kernel
def _insert(best: BestRows, query: int, bits: int, row: int, overlap: int, other: int, rule: TopRule) -> None:
    place = best.rows.shape[1] - 1
    if not _better(best, query, place, bits, row, overlap, other, rule):
        return
    while place > 0 and _better(best, query, place - 1, bits, row, overlap, other, rule):
        best.rows[query, place] = best.rows[query, place - 1]
        best.overlaps[query, place] = best.overlaps[query, place - 1]
        best.bits[query, place] = best.bits[query, place - 1]
        place -= 1
    best.rows[query, place] = row
    best.overlaps[query, place] = overlap
    best.bits[query, place] = other


def top_part(
    left: JoinSide,
    right: JoinSide,
    first: int,
    stop: int,
    rule: TopRule,
    best: BestRows,
) -> None:
    """Fill `best` for the queries at places `first` to `stop - 1`, at most JOIN_PANEL_ROWS."""
    n_words, n_points = left.words.shape[1], rule.points.size
    panel, tile = new_join_panel(n_words, n_points), new_join_tile(n_words, n_points)
    _fill_best(left, right, (first, stop), rule, panel, tile, best)


@kernel
def _fill_best(
    left: JoinSide,
    right: JoinSide,
    part: tuple[int, int],
    rule: TopRule,
    panel: JoinPanel,
    tile: JoinTile,
    best: BestRows,
) -> None:
    first, stop = part
    points = rule.points
    n_pieces = PIECES_A_WORD * left.words.shape[1]
    n_tiles = (right.rows.size + LANES - 1) // LANES
    gather_side(left, first, stop - first, points, panel.packed, panel.rests)
    middle = left.bits[(first + stop) // 2]
    below = np.searchsorted(right.bits, middle) // LANES
    above = below + 1
    while below >= 0 or above < n_tiles:
        go_down = above >= n_tiles
        if below >= 0 and not go_down:
            beyond = min(right.bits.size, (below + 1) * LANES) - 1
            go_down = middle - right.bits[beyond] <= right.bits[above * LANES] - middle
        column = LANES * (below if go_down else above)
        below, above = (below - 1, above) if go_down else (below, above + 1)
        if column >= right.rows.size:
            continue
        n_lanes = min(LANES, right.rows.size - column)
        gather_side(right, column, n_lanes, points, tile.packed, tile.rests)
        transpose_side(tile, n_lanes)
        fewest, most = right.bits[column], right.bits[column + n_lanes - 1]
        for query in range(stop - first):
            bits = left.bits[first + query]
            panel.limits[0] = _need(best, query, bits, fewest, rule)
            if min(bits, most) < panel.limits[0]:
                continue
            panel.alive[0] = (1 << n_lanes) - 1 if n_lanes < LANES else -1
            start = 0
            for point in range(points.size):
                overlap_one(
                    tile.pieces,
                    panel.pieces,
                    query * n_pieces,
                    start,
                    points[point],
                    tile.counts,
                    0,
                    tile.rests,
                    point,
                    panel.rests,
                    point * panel.rests.shape[1] + query,
                    panel.limits,
                    panel.alive,
                )
                start = points[point]
                if panel.alive[0] == 0:
                    break
            alive = panel.alive[0]
            while alive != 0:
                lane = lowest_bit(alive)
                alive &= alive - 1
                other = right.bits[column + lane]
                _insert(best, query, bits, right.rows[column + lane], int(tile.counts[0, lane]), other, rule)

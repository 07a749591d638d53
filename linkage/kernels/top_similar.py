"""The most similar filters of a table for each filter of another."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from linkage.kernels.join_loading import JOIN_PANEL_ROWS, JoinSide
from linkage.kernels.join_rules import Similarity, sorted_side
from linkage.kernels.running import available_threads, run_in_order
from linkage.kernels.similarity_join import checked_filters, checked_metric, similarities
from linkage.kernels.tile_layout import PIECES_A_WORD
from linkage.kernels.top_tiles import BestRows, TopRule, top_part

__all__ = ["TopSimilar", "top_k"]


@dataclass(frozen=True, repr=False)
class TopSimilar:
    """For each left filter the most similar right ones, in order.

    Attributes
    ----------
    rows
        int64 (n_left, k): rows on the right, -1 behind the last.
    overlap
        int64 (n_left, k): bits that both set, 0 behind the last.
    similarity
        float64 (n_left, k): NaN behind the last.
    """

    rows: npt.NDArray[np.int64]
    overlap: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float64]


def top_k(
    left: npt.NDArray[np.uint64],
    right: npt.NDArray[np.uint64],
    k: int,
    *,
    metric: Similarity = "dice",
    threads: int | None = None,
) -> TopSimilar:
    """Find the `k` most similar right filters of every left filter, exactly.

    Parameters
    ----------
    left, right
        uint64 (n, n_words): filters of one width. A filter without a set bit is missing: it has no similar
        ones and is none.
    k
        1 or more. Among equally similar filters the smaller row comes first.
    metric
        As in `similarity_join`.
    threads
        By default all processors. The result does not depend on it.

    Raises
    ------
    ValueError
        If an argument is out of range or the filters differ in width.
    """
    left = checked_filters("left", left)
    right = checked_filters("right", right)
    checked_metric(metric)
    if left.shape[1] != right.shape[1]:
        raise ValueError(f"filters differ in width: {left.shape[1]} words and {right.shape[1]} words")
    if k < 1:
        raise ValueError(f"k: expected 1 or more, got {k}")
    sides = sorted_side(left), sorted_side(right)
    n_words = left.shape[1]
    ends = sorted({-(-n_words // 2), -(-3 * n_words // 4), n_words})
    points = np.array([PIECES_A_WORD * end for end in ends], dtype=np.int64)
    rows = np.full((len(left), k), -1, dtype=np.int64)
    overlap = np.zeros((len(left), k), dtype=np.int64)
    similarity = np.full((len(left), k), np.nan)
    n_sorted = sides[0].rows.size
    starts = range(0, n_sorted, JOIN_PANEL_ROWS)
    work: Callable[[int], BestRows] = partial(_run, sides, TopRule(points, metric == "hamming"), k)
    for start, best in run_in_order(starts, work, threads or available_threads()):
        places = slice(start, min(start + JOIN_PANEL_ROWS, n_sorted))
        queries = sides[0].rows[places]
        found = best.rows >= 0
        bits = np.broadcast_to(sides[0].bits[places, None], found.shape)
        values = np.full(found.shape, np.nan)
        values[found] = similarities(
            bits[found], best.bits[found], best.overlaps[found], metric, 64 * n_words
        )
        rows[queries], overlap[queries], similarity[queries] = best.rows, best.overlaps, values
    return TopSimilar(rows, overlap, similarity)


def _run(sides: tuple[JoinSide, JoinSide], rule: TopRule, k: int, start: int) -> BestRows:
    stop = min(start + JOIN_PANEL_ROWS, sides[0].rows.size)
    shape = (stop - start, k)
    best = BestRows(np.full(shape, -1, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64))
    top_part(*sides, start, stop, rule, best)
    return best

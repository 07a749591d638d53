"""Laying a comparison plan out for the tile kernels."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from linkage.comparison.plan import ComparisonPlan
from linkage.kernels.lanes import LANES
from linkage.kernels.plan_arrays import OVERLAP, PlanArrays
from linkage.kernels.stopping import cheapest_points, shares_of_unrelated, stopping_distances
from linkage.kernels.tile_layout import N_VIEW_FIELDS, PIECES_A_WORD, TileLayout

__all__ = ["packed_plan", "tile_layout"]

_GROUP_PATTERNS = 2**16


def tile_layout(plan: ComparisonPlan, key_offsets: Sequence[int]) -> TileLayout:
    """Lay out a plan, and the block columns that a pass must look at, for the tile kernels.

    `key_offsets` are the word offsets of block columns; they follow the filters in a packed row, in this
    order.
    """
    arrays = plan.arrays
    places = _filter_places(arrays)
    n_filter_words = sum(n_words for _, n_words in places)
    packed = [offset + word for offset, n_words in places for word in range(n_words)]
    views, constants, n_facts, n_needs = _view_rows(arrays, places, plan.stop_error)
    groups = _groups(plan.n_levels)
    return TileLayout(
        np.array([*packed, *key_offsets], dtype=np.int64),
        n_filter_words,
        views,
        arrays.measures,
        arrays.bases.astype(np.int64),
        arrays.thresholds,
        constants,
        arrays.first_views,
        np.where(np.diff(groups, prepend=-1) == 0, plan.n_levels, 0),
        groups,
        int(np.prod(np.array(plan.n_levels)[groups == 1], dtype=np.int64)),
        n_facts,
        n_needs,
    )


def packed_plan(plan: ComparisonPlan) -> PlanArrays:
    """The plan as it applies to packed rows, for blocks too small for a tile."""
    arrays = plan.arrays
    places = _filter_places(arrays)
    return arrays._replace(
        left=_places(places, arrays.left, arrays), right=_places(places, arrays.right, arrays)
    )


def _filter_places(arrays: PlanArrays) -> dict[tuple[int, int], int]:
    """First packed word of each filter (offset, n_words) that any view reads."""
    filters = dict.fromkeys(
        (int(offset), int(n_words))
        for side in (arrays.left, arrays.right)
        for offset, n_words in zip(side, arrays.n_words, strict=True)
    )
    places, place = {}, 0
    for offset, n_words in filters:
        places[offset, n_words] = place
        place += n_words
    return places


def _places(
    places: dict[tuple[int, int], int], offsets: npt.NDArray[np.int64], arrays: PlanArrays
) -> npt.NDArray[np.int64]:
    return np.array(
        [places[int(offset), int(n)] for offset, n in zip(offsets, arrays.n_words, strict=True)],
        dtype=np.int64,
    )


def _view_rows(
    arrays: PlanArrays, places: dict[tuple[int, int], int], stop_error: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint16], int, int]:
    """The rows of `views`, the constants they point into, and the numbers of facts and needs."""
    right = PIECES_A_WORD * _places(places, arrays.right, arrays)
    left = PIECES_A_WORD * _places(places, arrays.left, arrays)
    rows = np.zeros((arrays.measures.size, N_VIEW_FIELDS), dtype=np.int64)
    constants: list[int] = []
    fact = need = 0
    for view in range(arrays.measures.size):
        n = int(arrays.n_thresholds[view])
        n_words = int(arrays.n_words[view])
        thresholds = len(constants)
        constants += arrays.thresholds[view, :n].tolist()
        increments = len(constants)
        constants += arrays.increments[view, :n].tolist()
        is_overlap = arrays.measures[view] == OVERLAP
        stops = len(constants)
        bounds = [] if is_overlap else _stops(n_words, int(arrays.thresholds[view, 0]), stop_error)
        constants += [0, *(PIECES_A_WORD * end for end, _ in bounds), *(bound for _, bound in bounds)]
        fields = (fact, need, n, thresholds, increments, len(bounds), stops, stops + 1 + len(bounds))
        rows[view] = (right[view], left[view], PIECES_A_WORD * n_words, *fields)
        fact += 1 + 2 * n if is_overlap else 2
        need += 1 + 2 * n if is_overlap else 1
    return rows, np.array(constants, dtype=np.uint16), fact, need


def _stops(n_words: int, distance: int, error: float) -> list[tuple[int, int]]:
    """Words after which a distance may end, and the distances beyond which it does; the last is never asked."""
    bounds = stopping_distances(n_words, distance, error)
    ends = cheapest_points(shares_of_unrelated(bounds, 2 * LANES))
    return [(end, int(bounds[end - 1])) for end in ends]


def _groups(n_levels: Sequence[int]) -> npt.NDArray[np.int64]:
    """Split the comparisons so that the codes of the leading ones, and of the others, fit 16 bits."""
    return (np.cumprod(np.array(n_levels, dtype=np.int64)) > _GROUP_PATTERNS).astype(np.int64)

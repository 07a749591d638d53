"""What is compared, and how similarities become agreement levels.

A comparison looks at one piece of evidence through one or more views (pairs of filters), and has ordered
levels: 0 missing, 1 disagree, up to `n_levels - 1`, the strongest agreement. The levels of all comparisons
of a pair form its pattern, coded in mixed radix with the first comparison most significant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from math import prod

import numpy as np

from linkage.kernels.plan_arrays import DISTANCE, MAX_THRESHOLDS, MAX_VIEW_WORDS, OVERLAP, PlanArrays

__all__ = ["MAX_PATTERNS", "Comparison", "ComparisonPlan", "Metric", "View"]

MAX_PATTERNS = 2**24
_WORD_BITS = 64


class Metric(IntEnum):
    """How two filters are compared."""

    DICE = 0
    HAMMING = 1
    EXACT = 2


@dataclass(frozen=True)
class View:
    """Two filters that may carry the evidence of a comparison.

    Attributes
    ----------
    left_offset, right_offset
        First word of the filter of one record and of the other. Where they differ, the view is evaluated both
        ways round, so a comparison never depends on the order of a pair.
    n_words
        Width of both filters.
    level_map
        Level of the comparison for each raw level of the view: 0 missing, 1 below every threshold, 1 + j
        reaches the j-th threshold (EXACT: 1 differ, 2 equal). Empty means unchanged. A raw level that is mapped to
        0 says nothing, as if the view were missing.
    """

    left_offset: int
    right_offset: int
    n_words: int
    level_map: tuple[int, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """One piece of evidence.

    Attributes
    ----------
    name
        For tables and charts.
    metric
        DICE, HAMMING or EXACT, of every view.
    thresholds
        In ascending order of similarity. DICE: ascending thousandths, reached when ``2000 * overlap >=
        threshold * (bits set left + bits set right)``. HAMMING: descending distances in bits, reached when
        ``distance <= threshold``. EXACT: none.
    views
        At least one. The level is the greatest over the views, and 0 only if every view is missing, that is
        if either of its filters is all zero.
    n_levels
        Including 0; one more than the strongest level.
    equal_shares
        One for each level of full agreement, the last ones: the share of records whose value is that rare, the most
        common values first. Usually there is one such level.
    incomplete_levels
        Which levels are of pairs of which a record lacks a field of the filter, ascending: disagree and up. Behind full
        agreement where there is one column to compare; among the others, by similarity, where there are several.
    """

    name: str
    metric: Metric
    thresholds: tuple[int, ...]
    views: tuple[View, ...]
    n_levels: int
    equal_shares: tuple[float, ...] = (1.0,)
    incomplete_levels: tuple[int, ...] = ()

    @property
    def n_raw_levels(self) -> int:
        """Levels of a view before its map: missing, disagree, and one a threshold."""
        return 3 if self.metric == Metric.EXACT else 2 + len(self.thresholds)

    @classmethod
    def of(
        cls, name: str, metric: Metric, thresholds: Sequence[int], offset: int, n_words: int
    ) -> "Comparison":
        """Compare one column with itself, every threshold a level."""
        n_levels = 3 if metric == Metric.EXACT else 2 + len(thresholds)
        return cls(name, metric, tuple(thresholds), (View(offset, offset, n_words),), n_levels)

    def faults(self) -> list[str]:
        """Everything that is wrong with this comparison, in words."""
        faults = [*self._threshold_faults()]
        if not self.views:
            faults.append("has no view")
        if not 2 <= self.n_levels <= 127:
            faults.append(f"n_levels: expected 2 to 127, got {self.n_levels}")
        for position, view in enumerate(self.views):
            faults += [f"view {position}: {fault}" for fault in self._view_faults(view)]
        return [f"comparison {self.name!r}: {fault}" for fault in faults]

    def _threshold_faults(self) -> list[str]:
        thresholds = self.thresholds
        if self.metric == Metric.EXACT:
            return [] if not thresholds else ["exact comparisons have no thresholds"]
        if not 1 <= len(thresholds) <= MAX_THRESHOLDS:
            return [f"expected 1 to {MAX_THRESHOLDS} thresholds, got {len(thresholds)}"]
        if self.metric == Metric.DICE:
            ordered = all(a < b for a, b in pairwise(thresholds))
            if not ordered or thresholds[0] < 1 or thresholds[-1] > 1000:
                return ["Dice thresholds: expected ascending thousandths from 1 to 1000"]
        elif not all(a > b for a, b in pairwise(thresholds)) or thresholds[-1] < 0:
            return ["Hamming thresholds: expected descending distances of 0 or more"]
        return []

    def _view_faults(self, view: View) -> list[str]:
        faults = []
        if view.left_offset < 0 or view.right_offset < 0:
            faults.append("offsets: expected 0 or more")
        if not 1 <= view.n_words <= MAX_VIEW_WORDS:
            faults.append(f"n_words: expected 1 to {MAX_VIEW_WORDS}, got {view.n_words}")
        if self.metric == Metric.EXACT and view.n_words != 1:
            faults.append(f"n_words: exact tokens have 1 word, got {view.n_words}")
        if self.metric == Metric.HAMMING and self.thresholds[:1] > (view.n_words * _WORD_BITS - 1,):
            faults.append("thresholds: a distance reaches the width of the filter")
        level_map = self.map_of(view)
        if len(level_map) != self.n_raw_levels:
            faults.append(f"level_map: expected {self.n_raw_levels} entries, got {len(level_map)}")
        elif level_map[0] != 0 or min(level_map) < 0 or max(level_map) >= self.n_levels:
            faults.append(f"level_map: expected 0 first, then levels up to {self.n_levels - 1}")
        return faults

    def map_of(self, view: View) -> tuple[int, ...]:
        """The view's map from raw levels to levels, identity where it gives none."""
        return view.level_map or tuple(range(self.n_raw_levels))


@dataclass(frozen=True)
class ComparisonPlan:
    """All comparisons of a pair, checked whole.

    Parameters
    ----------
    comparisons
        In the order of the pattern code.
    stop_error
        Chance, for each pair and each Hamming filter, that the sequential test of a counting or emitting pass
        takes a pair that reaches the weakest threshold for a disagreement. 0 looks at every bit. It holds for
        diffused filters, whose bits are exchangeable. `compare_pairs` is always exact.

    Raises
    ------
    ValueError
        With every fault of every comparison.
    """

    comparisons: tuple[Comparison, ...]
    stop_error: float = 0.0

    def __post_init__(self) -> None:
        faults = [fault for comparison in self.comparisons for fault in comparison.faults()]
        if not self.comparisons:
            faults.append("a plan needs at least one comparison")
        if len({comparison.name for comparison in self.comparisons}) != len(self.comparisons):
            faults.append("two comparisons have the same name")
        if self.n_patterns > MAX_PATTERNS:
            faults.append(f"n_patterns: at most {MAX_PATTERNS}, got {self.n_patterns}; merge some levels")
        if not 0 <= self.stop_error < 0.01:
            faults.append(f"stop_error: expected 0 or more and less than 0.01, got {self.stop_error}")
        if faults:
            raise ValueError("; ".join(faults))

    @property
    def n_levels(self) -> tuple[int, ...]:
        """Levels of each comparison, missing included."""
        return tuple(comparison.n_levels for comparison in self.comparisons)

    @property
    def n_patterns(self) -> int:
        """Number of pattern codes."""
        return prod(self.n_levels)

    @property
    def n_words(self) -> int:
        """Least number of words a row must have."""
        return max(
            max(view.left_offset, view.right_offset) + view.n_words
            for comparison in self.comparisons
            for view in comparison.views
        )

    @cached_property
    def arrays(self) -> PlanArrays:
        """The plan as the kernels see it."""
        evaluations = [
            (position, comparison, view, left, right)
            for position, comparison in enumerate(self.comparisons)
            for view in comparison.views
            for left, right in sorted(
                {(view.left_offset, view.right_offset), (view.right_offset, view.left_offset)}
            )
        ]
        n_views = len(evaluations)
        thresholds = np.zeros((n_views, MAX_THRESHOLDS), dtype=np.int32)
        increments = np.zeros((n_views, MAX_THRESHOLDS), dtype=np.int32)
        bases = np.zeros(n_views, dtype=np.int32)
        numbers = np.zeros((n_views, 5), dtype=np.int64)
        for row, (_, comparison, view, left, right) in enumerate(evaluations):
            steps = (0,) if comparison.metric == Metric.EXACT else comparison.thresholds
            level_map = comparison.map_of(view)
            thresholds[row, : len(steps)] = steps
            increments[row, : len(steps)] = np.diff(level_map[1:])
            bases[row] = level_map[1]
            measure = OVERLAP if comparison.metric == Metric.DICE else DISTANCE
            numbers[row] = (measure, left, right, view.n_words, len(steps))
        owners = np.array([position for position, *_ in evaluations])
        measures, lefts, rights, widths, n_thresholds = (column.copy() for column in numbers.T)
        return PlanArrays(
            np.searchsorted(owners, np.arange(len(self.comparisons) + 1)).astype(np.int64),
            np.array([prod(self.n_levels[position + 1 :]) for position in range(len(self.comparisons))]),
            measures,
            lefts,
            rights,
            widths,
            n_thresholds,
            thresholds,
            bases,
            increments,
        )

"""Filters of records that lack a field, compared beside those of records that have all.

They stand in a column of their own, so that no kernel has to know of them: they are further views of the same
comparison, the one column with the other and with itself. A record has a filter in one of the two columns, so exactly
one of these views speaks of a pair, and has levels of its own. What the same distance is worth there is another thing:
a field that one of two records lacks makes their filters differ as a wrong one does, and one that both lack makes no
difference at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from linkage.comparison.plan import Comparison, Metric, View

__all__ = ["as_complete", "with_incomplete"]


def with_incomplete(
    comparison: Comparison, columns: Mapping[int, int], thresholds: Sequence[int]
) -> Comparison:
    """The comparison with levels for pairs of which a record lacks a field.

    Where only one column is compared, they lie behind the others. Where there are several (a second place instead of
    the first), one view may speak of a pair that lacks a field and another of one that does not, and the stronger has
    to win: levels are then in the order of their thresholds.

    Parameters
    ----------
    comparison
        Of filters that lack nothing.
    columns
        First word of the filters that lack a field, by that of those which do not.
    thresholds
        Of such pairs, in the order of the comparison's own.

    Returns
    -------
    One with ``1 + len(thresholds)`` levels more.
    """
    is_distance = comparison.metric == Metric.HAMMING
    both = sorted({*comparison.thresholds, *thresholds}, reverse=is_distance)
    own, lacking = _places(comparison, thresholds, among=len(comparison.views) > 1)

    def steps(some: Sequence[int]) -> list[int]:
        """How many of some thresholds are reached where the first so many of both are."""
        return [sum(threshold in some for threshold in both[: n + 1]) for n in range(len(both))]

    complete = tuple(
        replace(
            view,
            level_map=(0, *(own[comparison.map_of(view)[1 + n]] for n in (0, *steps(comparison.thresholds)))),
        )
        for view in comparison.views
    )
    reached = (0, *(lacking[n] for n in (0, *steps(thresholds))))
    return replace(
        comparison,
        thresholds=tuple(both),
        views=(*complete, *(replace(view, level_map=reached) for view in _views(comparison, columns))),
        n_levels=comparison.n_levels + len(lacking),
        incomplete_levels=tuple(lacking),
    )


def as_complete(comparison: Comparison, columns: Mapping[int, int]) -> Comparison:
    """The comparison with filters that lack a field compared as those that lack none, at the same levels."""
    return replace(comparison, views=(*comparison.views, *_views(comparison, columns)))


def _places(comparison: Comparison, thresholds: Sequence[int], *, among: bool) -> tuple[list[int], list[int]]:
    """Where the comparison's levels come to stand, missing included, and where those of pairs that lack a field."""
    n = comparison.n_levels
    if not among:
        return list(range(n)), list(range(n, n + 1 + len(thresholds)))
    sign = -1 if comparison.metric == Metric.HAMMING else 1
    # Missing, then what differs, and full agreement last. A level of pairs that lack nothing comes behind that of the
    # same threshold, save what differs: so a pair that agrees in nothing has the level 1 in every comparison.
    strengths = [sign * threshold for threshold in comparison.thresholds]
    order = [(0, 0.0, 0, 0), (1, 0.0, 0, 1), (1, 0.0, 1, n)]
    order += [(2, strength, 1, level) for level, strength in enumerate(strengths[: n - 3], start=2)]
    order += [(2, sign * threshold, 0, n + 1 + step) for step, threshold in enumerate(thresholds)]
    order += [(3, 0.0, 1, level) for level in range(max(2, n - 1), n)]
    place = {level: position for position, (*_, level) in enumerate(sorted(order))}
    return [place[level] for level in range(n)], [place[n + step] for step in range(1 + len(thresholds))]


def _views(comparison: Comparison, columns: Mapping[int, int]) -> tuple[View, ...]:
    """Of each view those in which a record lacks a field, or both do."""
    found: dict[tuple[int, int], View] = {}
    for view in comparison.views:
        left, right = columns.get(view.left_offset), columns.get(view.right_offset)
        for one, other in (
            (view.left_offset, right),
            (left, view.right_offset),
            (left, right),
        ):
            if one is not None and other is not None:
                ends = min(one, other), max(one, other)
                found.setdefault(ends, View(*ends, view.n_words))
    return tuple(found.values())

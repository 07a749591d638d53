"""Filters of records that lack a field, compared beside those of records that have all.

They stand in a column of their own, so that no kernel has to know of them: they are further views of the same
comparison, the one column with the other and with itself. A record has a filter in one of the two columns, so exactly
one view speaks of a pair, and its levels lie behind those of pairs that lack nothing. What the same distance is worth
there is another thing: a field that one of two records lacks makes their filters differ as a wrong one does, and one
that both lack makes no difference at all.
"""

from collections.abc import Sequence
from dataclasses import replace

from linkage.comparison.plan import Comparison, Metric, View

__all__ = ["as_complete", "with_incomplete"]


def with_incomplete(comparison: Comparison, offset: int, thresholds: Sequence[int]) -> Comparison:
    """The comparison with levels for pairs of which a record lacks a field.

    Parameters
    ----------
    comparison
        Of filters that lack nothing; its first view tells their column.
    offset
        First word of the filters that lack a field.
    thresholds
        Of such pairs, in the order of the comparison's own.

    Returns
    -------
    One with ``1 + len(thresholds)`` levels more.
    """
    both = sorted({*comparison.thresholds, *thresholds}, reverse=comparison.metric == Metric.HAMMING)
    top = comparison.n_levels

    def steps(own: Sequence[int]) -> list[int]:
        """How many of some thresholds are reached where the first so many of both are."""
        return [sum(threshold in own for threshold in both[: n + 1]) for n in range(len(both))]

    complete = tuple(
        replace(
            view,
            level_map=(0, *(comparison.map_of(view)[1 + n] for n in (0, *steps(comparison.thresholds)))),
        )
        for view in comparison.views
    )
    first = comparison.views[0]
    lacking = (0, *(top + n for n in (0, *steps(thresholds))))
    views = (
        View(first.left_offset, offset, first.n_words, lacking),
        View(offset, offset, first.n_words, lacking),
    )
    return replace(
        comparison,
        thresholds=tuple(both),
        views=(*complete, *views),
        n_levels=top + 1 + len(thresholds),
        n_incomplete_levels=1 + len(thresholds),
    )


def as_complete(comparison: Comparison, offset: int) -> Comparison:
    """The comparison with filters that lack a field compared as those that lack none, at the same levels."""
    first = comparison.views[0]
    more = (View(first.left_offset, offset, first.n_words), View(offset, offset, first.n_words))
    return replace(comparison, views=(*comparison.views, *more))

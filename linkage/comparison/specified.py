"""The comparison plan and the blocking columns that a specification asks for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from math import prod

from linkage.comparison.common_values import CommonValues, RareWords, split_by_rarity
from linkage.comparison.incomplete import as_complete, with_incomplete
from linkage.comparison.plan import Comparison, ComparisonPlan, Metric, View
from linkage.exchange.schema import Column, ColumnKind, RecordSchema
from linkage.exchange.specification import Specification
from linkage.exchange.specification.model import ComparisonRule, ComparisonView

__all__ = [
    "DEFAULT_DICE_LEVELS",
    "DEFAULT_HAMMING_LEVELS",
    "countable_comparisons",
    "plan_of",
    "rare_words_of",
]

DEFAULT_DICE_LEVELS = (0.60, 0.75, 0.88, 1.0)
"""Different, some tokens alike, one or two edits, one edit, equal."""

DEFAULT_HAMMING_LEVELS = (0.44, 0.38, 0.28, 0.0)
"""Shares of differing bits after strong diffusion: about three edits, two, one, equal; unrelated is 0.5."""

DEFAULT_INCOMPLETE_DICE_LEVELS = (0.55, 0.70, 0.95)
DEFAULT_INCOMPLETE_HAMMING_LEVELS = (0.44, 0.40, 0.12)
"""Of a pair of which a record lacks one field of three: the other two are nearly the same, are the same, and both
records lack the same field. A field that is missing in one of them makes .40 of the bits differ by itself."""

MOST_PATTERNS = 2**20
"""Levels of pairs that lack a field multiply patterns: with eight filters there is no room for them."""

DICE_SCALE = 1000


def plan_of(
    specification: Specification, common: Sequence[CommonValues] = (), *, stop_error: float = 0.0
) -> ComparisonPlan:
    """The plan for every comparison of a specification, in its order.

    Parameters
    ----------
    specification
        A checked specification.
    common
        Common values: the plan is then for records with `rare_words_of` behind them.
    stop_error
        Stated error of the sequential test on diffused filters; see `ComparisonPlan`.

    Raises
    ------
    ValueError
        If a comparison's views have different widths, or there are too many patterns.
    """
    diffused = {rule.name for rule in specification.filters if rule.hardening}
    comparisons = tuple(
        _comparison(rule, specification.record_schema, diffused=rule.filter in diffused)
        for rule in specification.comparisons
    )
    plan = ComparisonPlan(_with_incomplete(specification, comparisons), stop_error)
    return split_by_rarity(plan, common, specification.record_schema.n_words)


def rare_words_of(specification: Specification, common: Sequence[CommonValues]) -> RareWords:
    """The words that tell rare values, to stand behind those of a record.

    Raises
    ------
    ValueError
        If common values are of a comparison that the specification does not have.
    """
    return RareWords.of(plan_of(specification), common)


def countable_comparisons(specification: Specification) -> list[Comparison]:
    """Comparisons whose full agreement is that of one field's value, so that equal filters say how common it is.

    Where filters share a field their agreement is that of all its fields together, and is left as it is.
    """
    fields = {rule.name: [member.field for member in rule.fields] for rule in specification.filters}
    compared = [fields.get(rule.filter or "", []) for rule in specification.comparisons]
    held = Counter(chain.from_iterable(compared))
    plan = plan_of(specification)
    return [
        comparison
        for own, comparison in zip(compared, plan.comparisons, strict=True)
        if len(own) == 1
        and held[own[0]] == 1
        and comparison.metric == Metric.DICE
        and comparison.thresholds[-1] == DICE_SCALE
    ]


def _comparison(rule: ComparisonRule, schema: RecordSchema, *, diffused: bool) -> Comparison:
    if rule.token is not None:
        columns = _columns(rule, schema, ColumnKind.TOKEN, rule.token)
        views = tuple(View(left.offset, right.offset, 1) for left, right, _ in columns)
        return Comparison(rule.name, Metric.EXACT, (), views, 3)
    columns = _columns(rule, schema, ColumnKind.FILTER, rule.filter or "")
    n_words = columns[0][0].n_words
    metric = _metric(rule, diffused=diffused)
    if metric == Metric.HAMMING:
        thresholds = _distances(rule.levels or DEFAULT_HAMMING_LEVELS, n_words)
    else:
        thresholds = _thousandths(rule.levels or DEFAULT_DICE_LEVELS)
    top = 1 + len(thresholds)
    views = tuple(_view(rule, left, right, _level_map(view, top)) for left, right, view in columns)
    return Comparison(rule.name, metric, thresholds, views, top + 1)


def _with_incomplete(
    specification: Specification, comparisons: tuple[Comparison, ...]
) -> tuple[Comparison, ...]:
    """With levels for records that lack a field, as many of the default ones as there may be patterns."""
    schema = specification.record_schema
    columns = {
        schema.column(ColumnKind.FILTER, column.name).offset: column.offset
        for column in schema.of_kind(ColumnKind.INCOMPLETE)
    }
    # With one filter a record the similarity itself is modelled, whatever it lacks.
    most = len(DEFAULT_INCOMPLETE_HAMMING_LEVELS) if len(comparisons) > 1 else 0
    for n_default in range(most, -1, -1):
        found = tuple(
            _incomplete(comparison, rule, columns, n_default)
            if any(columns.keys() & {view.left_offset, view.right_offset} for view in comparison.views)
            else comparison
            for comparison, rule in zip(comparisons, specification.comparisons, strict=True)
        )
        if prod(each.n_levels for each in found) <= MOST_PATTERNS:
            break
    return found


def _incomplete(
    comparison: Comparison, rule: ComparisonRule, columns: Mapping[int, int], n_default: int
) -> Comparison:
    n_words = comparison.views[0].n_words
    hamming = comparison.metric == Metric.HAMMING
    defaults = DEFAULT_INCOMPLETE_HAMMING_LEVELS if hamming else DEFAULT_INCOMPLETE_DICE_LEVELS
    levels = rule.incomplete_levels or defaults[:n_default]
    if not levels:
        return as_complete(comparison, columns)
    thresholds = _distances(levels, n_words) if hamming else _thousandths(levels)
    return with_incomplete(comparison, columns, thresholds)


def _distances(levels: Sequence[float], n_words: int) -> tuple[int, ...]:
    return tuple(int(level * n_words * 64) for level in levels)


def _thousandths(levels: Sequence[float]) -> tuple[int, ...]:
    return tuple(round(level * DICE_SCALE) for level in levels)


def _columns(
    rule: ComparisonRule, schema: RecordSchema, kind: ColumnKind, name: str
) -> list[tuple[Column, Column, ComparisonView | None]]:
    first = schema.column(kind, name)
    others = [
        (schema.column(kind, view.left), schema.column(kind, view.right), view) for view in rule.alternatives
    ]
    return [(first, first, None), *others]


def _metric(rule: ComparisonRule, *, diffused: bool) -> Metric:
    if rule.similarity is None:
        return Metric.HAMMING if diffused else Metric.DICE
    return Metric.HAMMING if rule.similarity == "hamming" else Metric.DICE


def _level_map(view: ComparisonView | None, top: int) -> tuple[int, ...]:
    """Levels of the comparison for the raw levels of a view; `top` is full agreement."""
    if view is None:
        return tuple(range(top + 1))
    most = max(1, top - view.below_top)
    if view.only_equal:
        # Else a record without a forename would be one whose forename differs from the other's surname.
        return (*(0 for _ in range(top)), most)
    return (0, 1, *(min(raw, most) for raw in range(2, top + 1)))


def _view(rule: ComparisonRule, left: Column, right: Column, level_map: tuple[int, ...]) -> View:
    if left.n_words != right.n_words:
        raise ValueError(
            f"comparison {rule.name!r}: the filters {left.name!r} and {right.name!r} have different widths"
        )
    return View(left.offset, right.offset, left.n_words, level_map)

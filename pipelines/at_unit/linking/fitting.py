"""Where the model comes from: a file, an earlier run, or a fit to the patterns of this one."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from linkage.comparison import PatternTable
from linkage.exchange.errors import InputRefused
from linkage.exchange.specification import Specification
from linkage.index import Index
from linkage.weights import (
    Evidence,
    LabelledCounts,
    Model,
    PatternScores,
    ScoredCounts,
    best_threshold,
    fit_model,
    label_warnings,
    score_counts,
    score_patterns,
)
from linkage.weights.patterns.specified import traits_of
from pipelines.at_unit.linking.comparable import Comparable
from pipelines.at_unit.linking.decided_model import DecidedModel, Decision
from pipelines.at_unit.linking.model_choice import model_in_use
from pipelines.progress import Progress

__all__ = ["Fitted", "fit", "last_model", "require_fit", "require_levels"]


@dataclass(frozen=True, repr=False)
class Fitted:
    """A fitted model with its threshold, of which nothing is expected yet, and what was worked out for it.

    Attributes
    ----------
    patterns
        The candidate patterns with their odds.
    scored
        The patterns that any of the candidate pairs may show.
    """

    decided: DecidedModel
    patterns: ScoredCounts
    scored: PatternScores


def last_model(index: Index) -> DecidedModel | None:
    """The model of the last run that was published with one, so that nights are alike until somebody refits."""
    return model_in_use(index).decided


def fit(
    specification: Specification,
    records: Comparable,
    progress: Progress,
    threads: int | None,
    labels: LabelledCounts | None = None,
) -> Fitted:
    """Fit a model, to judged pairs too where there are any, and choose its threshold as specified."""
    table, random_pairs = _counted(records, progress, threads)
    with progress.stage("fit the model", unit="") as stage:
        # The model does not tell strata apart; tables are large, so they are added up once.
        counts = table.counts[0] if len(table.counts) == 1 else table.counts.sum(axis=0)
        evidence = Evidence(
            comparisons=traits_of(
                specification,
                records.plan.n_levels,
                tuple(comparison.equal_shares for comparison in records.plan.comparisons),
                tuple(comparison.incomplete_levels for comparison in records.plan.comparisons),
            ),
            n_records=tuple(int(n) for n in records.counts),
            candidates=counts,
            random_pairs=random_pairs.counts,
            labels=labels,
            sources=records.sources,
            exclusive=(specification.resolution.within == "never",) * len(records.sources),
        )
        model = fit_model(evidence)
        rule = specification.decision
        # Of a sample of the pairs the others may show any pattern, and so may judged pairs.
        every = labels is not None or records.n_pairs > records.fit_pairs
        scored = score_patterns(model, None if every else table.occurring())
        if labels is not None:
            model = _warned(model, label_warnings(scored.odds, labels.matches, labels.non_matches))
        patterns = score_counts(model, counts, scored.odds)
        threshold = best_threshold(patterns, rule.objective, precision=rule.precision)
        stage.reach(1)
    decided = DecidedModel(model, Decision(threshold, rule.objective, {}), records.common)
    return Fitted(decided, patterns, scored)


def _warned(model: Model, warnings: Sequence[str]) -> Model:
    return replace(model, report=replace(model.report, warnings=(*model.report.warnings, *warnings)))


def _counted(
    records: Comparable, progress: Progress, threads: int | None
) -> tuple[PatternTable, PatternTable]:
    """Candidate pairs and random ones, these on a thread of their own: they are few, and need not wait for the many."""
    if threads == 1:
        return records.count_patterns(progress, threads), records.random_patterns(threads)
    with ThreadPoolExecutor(1) as pool:
        random_pairs = pool.submit(records.random_patterns, 1)
        table = records.count_patterns(progress, threads)
        return table, random_pairs.result()


def require_fit(decided: DecidedModel, records: Comparable) -> None:
    """See that a model scores the patterns of these records; raises as `require_levels`."""
    require_levels(decided, records.plan.n_levels, len(records.sources))


def require_levels(decided: DecidedModel, n_levels: tuple[int, ...], n_sources: int) -> None:
    """See that a model scores patterns of these levels, between so many sources.

    Raises
    ------
    InputRefused
        If it was fitted to other comparisons, levels or sources.
    """
    if decided.model.n_levels != n_levels:
        raise InputRefused(
            "the model was fitted to other comparisons or levels than the specification has; fit it again with --refit"
        )
    if decided.model.n_sources != n_sources:
        raise InputRefused(
            f"the model was fitted to {decided.model.n_sources} sources, the index has {n_sources};"
            " fit it again with --refit"
        )

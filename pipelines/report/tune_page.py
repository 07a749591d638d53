"""The page on which an analyst chooses a threshold: one slider that moves everything at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from linkage.analysis import Outcome, Sweep
from linkage.analysis.judged_pairs import MeasuredLinks
from linkage.analysis.sweep import SIZE_NAMES
from linkage.evaluation import PairQuality, Reliability
from linkage.exchange.plurals import counted
from linkage.weights import Interval
from pipelines.report import headlines
from pipelines.report import tune_charts as charts
from pipelines.report.page import Chart, Table, page

__all__ = ["TuneFindings", "tune_page"]


@dataclass(frozen=True)
class TuneFindings:
    """What was found, ready to be shown.

    Attributes
    ----------
    sweep
        Outcomes on the grid.
    today, chosen
        Places on the grid of the threshold in use and of the one that the software would choose.
    levels, classes, steps, completeness, presence, keys
        As `linkage.analysis.Workbench` gives them.
    measured
        By threshold, from labels; empty without.
    reliability
        From labels or truth; None without.
    records
        By source.
    warnings
        Of the model's fit.
    """

    sweep: Sweep
    today: int
    chosen: int
    levels: pd.DataFrame
    classes: pd.DataFrame
    steps: pd.DataFrame
    completeness: pd.DataFrame
    presence: pd.DataFrame
    keys: pd.DataFrame
    measured: Sequence[MeasuredLinks]
    reliability: Reliability | None
    records: dict[str, int]
    warnings: Sequence[str]


def tune_page(findings: TuneFindings) -> str:
    """Render the page."""
    outcomes = findings.sweep.outcomes
    data = {
        "today": findings.today,
        "chosen": findings.chosen,
        "grid": [_step(outcome) for outcome in outcomes],
        "measured": [
            {name: _interval(part) for name, part in vars(measured).items()} for measured in findings.measured
        ],
    }
    here = outcomes[findings.today]
    steps = findings.steps
    ends = steps.groupby("pattern")[["feeds", "pairs", "end"]].last()
    patterns = [
        (number, f"{feeds}: {counted(pairs, 'pair')}, {end:.1f} bits")
        for number, (feeds, pairs, end) in enumerate(ends.itertuples(index=False), start=1)
    ]
    return page(
        "tune.html.j2",
        title="Choose a threshold",
        charts=_charts(findings),
        data=data,
        scripts=["tune.js"],
        here=here,
        today=findings.today,
        last=len(outcomes) - 1,
        records=findings.records,
        sources=list(findings.records),
        conflicts=sorted({name for outcome in outcomes for name in outcome.conflicts}),
        patterns=patterns,
        warnings=findings.warnings,
        has_truth=here.measured is not None,
        has_labels=bool(findings.measured),
    )


def _interval(part: Interval) -> list[float]:
    return [part.estimate, part.low, part.high]


def _step(outcome: Outcome) -> dict[str, Any]:
    """A threshold as the slider's script takes it."""
    expected = outcome.expected
    return {
        "threshold": outcome.threshold,
        "posterior": outcome.posterior,
        "links": outcome.links,
        "children": outcome.children,
        "single": outcome.sizes[0],
        "expected": {
            name: _interval(getattr(expected, name))
            for name in ("false_links", "missed_links", "precision", "recall", "f1")
        },
        "duplicates": outcome.duplicates,
        "linked": outcome.linked,
        "conflicts": outcome.conflicts,
        "changes": vars(outcome.changes),
        "truth": _quality(outcome.measured_links),
        "truth_children": _quality(outcome.measured),
    }


def _quality(measured: PairQuality | None) -> dict[str, float | None] | None:
    if measured is None:
        return None
    names = ("false_links", "missed_links", "precision", "recall", "f1")
    values = {name: float(getattr(measured, name)) for name in names}
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def _charts(findings: TuneFindings) -> list[Chart]:
    checked = [] if findings.reliability is None else [_reliability(findings.reliability)]
    return [*_quality_charts(findings), *checked, *_outcome_charts(findings), *_model_charts(findings),
            *_record_charts(findings)]  # fmt: skip


def _quality_charts(findings: TuneFindings) -> list[Chart]:
    frame, here = findings.sweep.frame(), findings.sweep.outcomes[findings.today]
    quality, bits = here.expected, round(here.threshold, 2) + 0.0  # never "-0.00"
    shown = frame[["threshold", "links", "false_links", "missed_links", "precision", "recall", "children"]]
    return [
        Chart(
            "errors",
            f"At today's {bits:.2f} bits about"
            f" {counted(round(quality.false_links.estimate), 'link is', 'links are')} expected to be false"
            f" and {quality.missed_links.estimate:,.0f} to be missed",
            charts.error_chart(frame, here.threshold),
            "Of single pairs, without labels. Bands are 95 % intervals. The dashed line is the slider's threshold.",
            _table(shown),
        ),
        Chart(
            "curve",
            f"Expected precision {quality.precision.estimate:.3f} at recall {quality.recall.estimate:.3f} today",
            charts.curve_chart(frame, findings.today),
            "Each point is a threshold, the diamond the slider's."
            + (" Dashed: measured of the children, against the truth." if here.measured else ""),
        ),
        Chart(
            "classes",
            headlines.undecided_pairs(findings.classes, here.threshold),
            charts.class_chart(findings.classes, here.threshold),
            "Candidate pairs on a logarithmic scale, by the class that the model takes them for.",
        ),
    ]


def _reliability(found: Reliability) -> Chart:
    return Chart(
        "reliability",
        f"Stated probabilities are off by {found.calibration_error:.3f} on average",
        charts.reliability_chart(found),
        "On the diagonal what the model states is what happens. Bars are 95 % intervals.",
    )


def _outcome_charts(findings: TuneFindings) -> list[Chart]:
    outcomes, today = findings.sweep.outcomes, findings.today
    here = outcomes[today]
    sizes = pd.DataFrame(
        [
            (step, name, count)
            for step, outcome in enumerate(outcomes)
            for name, count in zip(SIZE_NAMES, outcome.sizes, strict=True)
        ],
        columns=["step", "records", "children"],
    )
    feeds = pd.DataFrame(
        [
            (step, name, links, false)
            for step, outcome in enumerate(outcomes)
            for name, (links, false) in outcome.by_feed_pair.items()
        ],
        columns=["step", "feeds", "links", "false"],
    )
    served = [_groups(outcomes, today)] if here.by_group else []
    return [
        Chart(
            "sizes",
            f"{here.sizes[0] / max(here.children, 1):.0%} of the children have a single record today",
            charts.size_chart(sizes, today),
            "At the slider's threshold, after resolution.",
        ),
        Chart(
            "feeds",
            headlines.falsest_feeds(here.by_feed_pair),
            charts.feed_pair_chart(feeds, today),
            "At the slider's threshold. A single name stands for pairs inside one feed.",
        ),
        *served,
    ]


def _groups(outcomes: Sequence[Outcome], today: int) -> Chart:
    """Whom the threshold serves worse, where the truth names groups."""
    rows = pd.DataFrame(
        [
            (step, f"{group.column}: {group.value}", measure, share, group.records)
            for step, outcome in enumerate(outcomes)
            for group in outcome.by_group
            for measure, share in (("found", group.recall), ("right", group.precision))
            if not math.isnan(share)
        ],
        columns=["step", "group", "measure", "share", "records"],
    )
    shown = [
        (f"{group.column}: {group.value}", group.records, group.recall, group.precision)
        for group in outcomes[today].by_group
    ]
    return Chart(
        "groups",
        headlines.worst_served(outcomes[today]),
        charts.group_chart(rows, today),
        "Measured, at the slider's threshold. Found: of the other records of its child, the share that stands beside a"
        " record of the group. Right: of those beside it, the share that belongs there.",
        Table(["group", "records", "found", "right"], shown),
    )


def _model_charts(findings: TuneFindings) -> list[Chart]:
    here = findings.sweep.outcomes[findings.today]
    return [
        Chart(
            "levels",
            headlines.strongest_level(findings.levels),
            charts.level_chart(findings.levels),
            "How much oftener matches show a level than strangers do (log2 of m / u): a bit doubles the odds of one"
            " child, ten bits make them a thousandfold.",
            _table(findings.levels),
        ),
        Chart(
            "waterfall",
            headlines.commonest_pattern(findings.steps),
            charts.waterfall_chart(findings.steps, 1, here.threshold),
            "Comparisons in the order of the specification; what is missing is neutral. Dashed: today's threshold.",
        ),
    ]


def _record_charts(findings: TuneFindings) -> list[Chart]:
    held = findings.completeness
    return [
        Chart("completeness", headlines.emptiest_column(held), charts.completeness_chart(held),
              "Records that have a value, by feed."),
        Chart("keys", headlines.best_key(findings.keys), charts.key_chart(findings.keys),
              "Of the links at today's threshold. One link may share several keys.", _table(findings.keys)),
        Chart("presence", headlines.widest_gap(findings.presence),
              charts.presence_chart(findings.presence),
              "The unit knows no names: what a record lacks is the subgroup that it can see.",
              _table(findings.presence)),
    ]  # fmt: skip


def _table(frame: pd.DataFrame) -> Table:
    return Table(list(frame.columns), [tuple(row) for row in frame.astype(object).itertuples(index=False)])

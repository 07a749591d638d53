"""The page on which an analyst chooses a threshold: one slider that moves everything at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from linkage.analysis import Outcome, Sweep
from linkage.analysis.judged_pairs import MeasuredLinks
from linkage.analysis.sweep import SIZE_NAMES
from linkage.evaluation import Reliability
from linkage.weights import Interval
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
        (number, f"{feeds}: {pairs:,} pairs, {end:.1f} bits")
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
    expected, measured = outcome.expected, outcome.measured
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
        "truth": None
        if measured is None
        else {
            "false_links": measured.false_links,
            "missed_links": measured.missed_links,
            "precision": measured.precision,
            "recall": measured.recall,
            "f1": measured.f1,
        },
    }


def _charts(findings: TuneFindings) -> list[Chart]:
    checked = [] if findings.reliability is None else [_reliability(findings.reliability)]
    return [*_quality_charts(findings), *checked, *_outcome_charts(findings), *_model_charts(findings),
            *_record_charts(findings)]  # fmt: skip


def _quality_charts(findings: TuneFindings) -> list[Chart]:
    frame, here = findings.sweep.frame(), findings.sweep.outcomes[findings.today]
    quality, bits = here.expected, round(here.threshold, 1) + 0.0  # never "-0.0"
    shown = frame[["threshold", "links", "false_links", "missed_links", "precision", "recall", "children"]]
    return [
        Chart(
            "errors",
            f"At today's {bits:.1f} bits about {quality.false_links.estimate:,.0f} links are expected to be"
            f" false and {quality.missed_links.estimate:,.0f} to be missed",
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
            "Where matches, people of one household and strangers lie",
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
    return [
        Chart(
            "sizes",
            f"{here.sizes[0] / max(here.children, 1):.0%} of the children have a single record today",
            charts.size_chart(sizes, today),
            "At the slider's threshold, after resolution.",
        ),
        Chart(
            "feeds",
            "Where false links are to be expected, by pair of feeds",
            charts.feed_pair_chart(feeds, today),
            "At the slider's threshold. A single name stands for pairs inside one feed.",
        ),
    ]


def _model_charts(findings: TuneFindings) -> list[Chart]:
    here = findings.sweep.outcomes[findings.today]
    return [
        Chart(
            "levels",
            _strongest(findings.levels),
            charts.level_chart(findings.levels),
            "Bits are log2 of m / u: how much oftener matches show a level than strangers do.",
            _table(findings.levels),
        ),
        Chart(
            "waterfall",
            "How the weight of a frequent pattern comes about",
            charts.waterfall_chart(findings.steps, 1, here.threshold),
            "Comparisons in the order of the specification; what is missing is neutral. Dashed: today's threshold.",
        ),
    ]


def _record_charts(findings: TuneFindings) -> list[Chart]:
    return [
        Chart("completeness", _emptiest(findings.completeness), charts.completeness_chart(findings.completeness),
              "Records that have a value, by feed."),
        Chart("keys", _best_key(findings.keys), charts.key_chart(findings.keys),
              "Of the links at today's threshold. One link may share several keys.", _table(findings.keys)),
        Chart("presence", "Are incomplete records linked as often as complete ones?",
              charts.presence_chart(findings.presence),
              "The unit knows no names: what a record lacks is the subgroup that it can see.",
              _table(findings.presence)),
    ]  # fmt: skip


def _table(frame: pd.DataFrame) -> Table:
    return Table(list(frame.columns), [tuple(row) for row in frame.astype(object).itertuples(index=False)])


def _strongest(levels: pd.DataFrame) -> str:
    best = levels.sort_values("bits").iloc[-1]
    return f"{best['comparison']} speaks loudest: {best['bits']:.1f} bits where it is {best['name']}"


def _emptiest(completeness: pd.DataFrame) -> str:
    own = completeness[completeness["kind"] != "block"]
    least = own.sort_values("share", kind="stable").iloc[0]
    return f"{least['column']} is emptiest: {least['share']:.0%} of {least['source']} have it"


def _best_key(keys: pd.DataFrame) -> str:
    own = keys[keys["key"] != "every pair"]
    best = own.sort_values("recall").iloc[-1]
    return f"{best['key']} alone would find {best['recall']:.1%} of today's links"

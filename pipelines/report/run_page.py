"""The page of a run: what came, what changed, how long it took, and what to do if it refused."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from pipelines.report.page import Chart, Table, page

__all__ = ["run_page", "what_to_do"]

HEIGHT = 150
MOST_FIGURES = 12
REMEDIES = {
    "feed_change": "A feed is larger or smaller than expected: ask the source whether it sent everything, and once.",
    "match_rate": "Records of one source find the other source less or more often: ask both whether a column changed"
    " (a date format, an empty field, another code), and look at the feed's profile at the source.",
    "missing": "A column is empty more often than before: ask the source for a corrected package.",
    "duplicates": "A source holds more children twice: it may have sent a feed twice under new record ids.",
    "unlinked": "More or fewer records of a source are alone in their child: ask it whether a column changed.",
    "conflicts": "More records have a rival of their own source for their child: a source may hold children twice, or a"
    " column that tells people apart is empty.",
    "largest_child": "A child has grown too large: look for a default value that many records share.",
    "new_children": "Unusually many new children: a source may have changed its record ids.",
    "merged_children": "Unusually many children would be merged: a model or a feed has changed.",
    "split_children": "Unusually many children would be split: a model or a feed has changed.",
}


def what_to_do(report: dict[str, Any]) -> list[str]:
    """Steps for whoever has to decide, first the cause and then the way out; nothing for a published run."""
    if report["outcome"] != "refused":
        return []
    tripped = " ".join(report["breaker"]["tripped"])
    causes = [remedy for figure, remedy in REMEDIES.items() if figure in tripped]
    return [
        "Readers still see the index of the night before; nothing is lost, and nothing has to be done at night.",
        *causes,
        "A wrong package: have the source send another, and run `childindex nightly` again; the open run goes on.",
        f"All is right and only unusual: `nightly INDEX INBOX --accept {report['run']} --reason ...` publishes it.",
    ]


def run_page(report: dict[str, Any], earlier: Sequence[dict[str, Any]]) -> str:
    """Render the report of a run.

    Parameters
    ----------
    report
        As `pipelines.at_unit.nights.report_file` reads it.
    earlier
        Reports of runs before, oldest first: what figures are compared with.
    """
    index = report["index"]
    return page(
        "run.html.j2",
        title=f"Run {report['run']}: {report['outcome']}",
        charts=_charts(report, earlier),
        report=report,
        span=_span(report["started"], report["finished"]),
        index=index,
        to_do=what_to_do(report),
        arrived=[
            tuple(part[name] for name in ("source", "sequence", "kind", "new", "changed", "unchanged", "deleted"))
            for part in report["arrived"]
        ],
        not_taken=[(part["file"], part["source"], part["outcome"], part["reason"]) for part in report["not_taken"]],
        figures=[_figure_row(figure) for figure in report["figures"]],
        sources=[
            (name, count, index["unlinked"].get(name, 0), index["duplicates"].get(name, 0))
            for name, count in index["records"].items()
        ],
        met=[(name, count) for name, count in index["met"].items()],
        repairs=[
            (name.replace("_", " "), count)
            for name, count in report["conflicts"]["components"].items()
        ],
    )  # fmt: skip


def _span(started: str, finished: str) -> str:
    """From when to when, as ``2026-11-22 01:00:03 to 01:04:11 UTC``; the day of the end only where it is another."""
    begin, end = (time[:19].replace("T", " ") for time in (started, finished))
    return f"{begin} to {end[11:] if end[:10] == begin[:10] else end} UTC"


def _figure_row(figure: dict[str, Any]) -> tuple[object, ...]:
    name = f"{figure['figure']} of {figure['of']}" if figure["of"] else figure["figure"]
    within = "OUTSIDE" if not figure["within"] else "within" if _has_band(figure) else "no band"
    return (
        name.replace("_", " "),
        figure["value"],
        figure["previous"],
        figure["low"],
        figure["high"],
        within,
    )


def _has_band(figure: dict[str, Any]) -> bool:
    return figure["low"] is not None or figure["high"] is not None


def _charts(report: dict[str, Any], earlier: Sequence[dict[str, Any]]) -> list[Chart]:
    seconds = pd.DataFrame(list(report["seconds"].items()), columns=["stage", "seconds"])
    longest = seconds.sort_values("seconds").iloc[-1] if len(seconds) else None
    charts = []
    if longest is not None:
        bars = (
            alt.Chart(seconds)
            .mark_bar()
            .encode(
                y=alt.Y("stage:N", sort=None, title=None), x=alt.X("seconds:Q"), tooltip=["stage", "seconds"]
            )
            .properties(height=24 * len(seconds))
        )
        told = f"{longest['stage']} took longest: {longest['seconds']:,.1f} of {seconds['seconds'].sum():,.1f} seconds"
        charts.append(Chart("seconds", told, bars))
    history = pd.DataFrame(
        [
            {"run": run["run"], **figure}
            for run in [*earlier, report]
            for figure in run["figures"]
        ],
        columns=["run", "figure", "of", "value", "low", "high"],
    ).fillna({"of": ""})  # fmt: skip
    # Those that are out of their band first.
    ordered = sorted(report["figures"], key=lambda figure: bool(figure["within"]))
    for number, figure in enumerate(ordered[:MOST_FIGURES], start=1):
        of = figure["of"] or ""
        own = history[(history["figure"] == figure["figure"]) & (history["of"] == of)]
        charts.append(_figure_chart(number, figure, own))
    return charts


def _figure_chart(number: int, figure: dict[str, Any], history: pd.DataFrame) -> Chart:
    x = alt.X("run:Q", title="run", axis=alt.Axis(format="d", tickMinStep=1))
    scale = alt.Scale(zero=False)
    base = alt.Chart(history.astype({"value": float, "low": float, "high": float}))
    band = base.mark_area().encode(x, alt.Y("low:Q", title=None, scale=scale), alt.Y2("high:Q"))
    line = base.mark_line(point=True).encode(
        x, alt.Y("value:Q", scale=scale), tooltip=["run", "value", "low", "high"]
    )
    name = f"{figure['figure']} of {figure['of']}" if figure["of"] else figure["figure"]
    within = "lies within its band" if _has_band(figure) else "has no band"
    told = within if figure["within"] else "is out of its band"
    rows = [
        tuple(row) for row in history[["run", "value", "low", "high"]].astype(object).itertuples(index=False)
    ]
    return Chart(
        f"figure-{number}",
        f"{name.replace('_', ' ').capitalize()} {told}",
        alt.layer(band, line).properties(height=HEIGHT),
        "Line: the runs so far. Band: where each run was expected.",
        Table(
            ["run", "value", "low", "high"],
            [tuple(None if pd.isna(cell) else cell for cell in row) for row in rows],
        ),
    )

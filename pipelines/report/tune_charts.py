"""The charts of the tuning page, as Altair objects from the data frames of `linkage.analysis`.

Notebooks use them as they are. A chart with the parameters ``step`` or ``threshold`` follows the slider on the page; in
a notebook it stands at the step that it was made with.
"""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from linkage.analysis.sweep import SIZE_NAMES
from linkage.evaluation import Reliability
from pipelines.report.page import NAMES

__all__ = [
    "class_chart",
    "completeness_chart",
    "curve_chart",
    "error_chart",
    "feed_pair_chart",
    "group_chart",
    "key_chart",
    "level_chart",
    "presence_chart",
    "reliability_chart",
    "size_chart",
    "waterfall_chart",
]

HEIGHT = 240
ROW = 20
# An axis with a format of its own would write all its ticks in the unit of the largest, so that 30 becomes 0k.
COUNT = "format(datum.value, '~s')"


def curve_chart(frame: pd.DataFrame, step: int) -> Any:
    """Expected precision against expected recall; the point is the threshold.

    Parameters
    ----------
    frame
        `Sweep.frame`.
    step
        Place of the threshold to start with.
    """
    data = frame.assign(step=np.arange(len(frame)))
    chosen = alt.param(name="step", value=step)
    x = alt.X("recall:Q", title="expected recall", scale=alt.Scale(zero=False), axis=alt.Axis(format=".3~f"))
    scale = alt.Scale(zero=False)
    y = alt.Y("precision:Q", title="expected precision", scale=scale, axis=alt.Axis(format=".3~f"))
    tips = [
        alt.Tooltip("threshold:Q", format=".2f", title="threshold (bits)"),
        alt.Tooltip("precision:Q", format=".4f"),
        alt.Tooltip("recall:Q", format=".4f"),
    ]
    line = alt.Chart(data).mark_line(point=True).encode(x, y, order="step:Q", tooltip=tips)
    here = alt.Chart(data).mark_point(size=180, shape="diamond", color="var(--c2)").encode(x, y, tooltip=tips)
    layers = [line, here.transform_filter("datum.step == step")]
    if "measured_precision" in frame:
        measured = alt.Chart(data).mark_line(strokeDash=[4, 3], color="var(--c3)")
        layers.append(measured.encode(x="measured_recall:Q", y="measured_precision:Q", order="step:Q"))
    return alt.layer(*layers).add_params(chosen).properties(height=HEIGHT)


def error_chart(frame: pd.DataFrame, threshold: float) -> Any:
    """Expected false and missed links by threshold, with their intervals."""
    parts = [
        pd.DataFrame(
            {
                "threshold": frame["threshold"],
                "links": name,
                "estimate": frame[f"{column}_links"],
                "low": frame[f"{column}_links_low"],
                "high": frame[f"{column}_links_high"],
            }
        )
        for column, name in (("false", "false"), ("missed", "missed"))
    ]
    x = alt.X("threshold:Q", title="threshold (bits of posterior odds)")
    colour = alt.Color("links:N", title="expected links that are")
    scale = alt.Scale(type="symlog")
    ticks = [0, *(factor * 10**power for power in range(10) for factor in (1, 3))]
    base = alt.Chart(pd.concat(parts))
    tips = [
        "links:N",
        alt.Tooltip("threshold:Q", format=".2f"),
        *(alt.Tooltip(f"{name}:Q", format=",.1f") for name in ("estimate", "low", "high")),
    ]
    area = base.mark_area(opacity=0.22).encode(
        x,
        alt.Y("low:Q", title="pairs", scale=scale, axis=alt.Axis(labelExpr=COUNT, values=ticks)),
        alt.Y2("high:Q"),
        colour,
    )
    line = base.mark_line().encode(
        x, y="estimate:Q", color=colour, strokeDash=alt.StrokeDash("links:N", legend=None), tooltip=tips
    )
    return _with_rule(alt.layer(area, line), threshold)


def class_chart(classes: pd.DataFrame, threshold: float) -> Any:
    """Candidate pairs by odds, each kind of class a line; classes that differ by a number only are added up."""
    kinds = classes["class"].str.replace(r" \d+$", "", regex=True)
    data = (
        classes.assign(**{"class": kinds})
        .groupby(["class", "bits"], as_index=False, sort=False)["pairs"]
        .sum()
    )
    names = [name for name in data["class"].unique() if name != "strangers"]
    data = data.assign(centre=data["bits"] + 0.5)
    chart = (
        alt.Chart(data)
        .mark_line(interpolate="step", point=alt.OverlayMarkDef(size=14))
        .encode(
            x=alt.X("centre:Q", title="posterior odds of a match (bits)"),
            y=alt.Y(
                "pairs:Q",
                title="candidate pairs",
                scale=alt.Scale(type="log", domainMin=0.5, nice=False),
                axis=alt.Axis(labelExpr=COUNT, values=[10**power for power in range(13)]),
            ),
            color=alt.Color("class:N", title="class", sort=[*names, "strangers"]),
            strokeDash=alt.StrokeDash("class:N", legend=None),
            tooltip=[
                "class:N",
                alt.Tooltip("bits:Q", title="bits from"),
                alt.Tooltip("pairs:Q", format=",.0f"),
            ],
        )
    )
    return _with_rule(alt.layer(chart), threshold)


def size_chart(sizes: pd.DataFrame, step: int) -> Any:
    """Children by number of records at a step; `sizes` has ``step``, ``records`` and ``children``."""
    chosen = alt.param(name="step", value=step)
    return (
        alt.Chart(sizes)
        .mark_bar()
        .encode(
            x=alt.X(
                "records:N", title="records of a child", sort=list(SIZE_NAMES), axis=alt.Axis(labelAngle=0)
            ),
            y=alt.Y("children:Q", title="children", axis=alt.Axis(labelExpr=COUNT)),
            tooltip=["records:N", alt.Tooltip("children:Q", format=",")],
        )
        .transform_filter("datum.step == step")
        .add_params(chosen)
        .properties(height=HEIGHT)
    )


def feed_pair_chart(feeds: pd.DataFrame, step: int) -> Any:
    """Expected false links in a thousand at a step; `feeds` has ``step``, ``feeds``, ``links`` and ``false``."""
    data = feeds.assign(share=1000 * feeds["false"] / feeds["links"].clip(lower=1))
    return (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y("feeds:N", title=None, sort=None),
            x=alt.X("share:Q", title="expected false links in 1,000 links"),
            tooltip=[
                "feeds:N",
                alt.Tooltip("links:Q", format=","),
                alt.Tooltip("false:Q", format=",.1f", title="expected false"),
            ],
        )
        .transform_filter("datum.step == step")
        .add_params(alt.param(name="step", value=step))
        .properties(height=_height(feeds["feeds"], ROW + 6))
    )


def level_chart(levels: pd.DataFrame) -> Any:
    """Evidence of each level in bits, log2 of m / u."""
    data = levels.assign(label=levels["comparison"] + ": " + levels["name"], order=np.arange(len(levels)))
    return (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y("label:N", title=None, sort=alt.SortField("order"), axis=alt.Axis(labelLimit=NAMES)),
            x=alt.X("bits:Q", title="evidence for one child (bits)"),
            color=alt.condition("datum.bits >= 0", alt.value("var(--c1)"), alt.value("var(--c2)")),
            tooltip=["label:N", alt.Tooltip("m:Q", format=".4f"), alt.Tooltip("u:Q", format=".2e"),
                     alt.Tooltip("bits:Q", format=".2f")],
        )
        .properties(height=15 * len(levels))
    )  # fmt: skip


def waterfall_chart(steps: pd.DataFrame, pattern: int, threshold: float) -> Any:
    """How the odds of a pattern come about, comparison by comparison; the parameter ``pattern`` chooses it."""
    order = steps["comparison"].drop_duplicates().tolist()
    # Room for the names of the levels beside the longest bar.
    x = alt.X("start:Q", title="posterior odds (bits)", scale=alt.Scale(padding=70, nice=False))
    base = alt.Chart(steps).encode(
        y=alt.Y("comparison:N", title=None, sort=order, axis=alt.Axis(labelLimit=NAMES))
    )
    rows = base.mark_bar(height=12).encode(
        x=x,
        x2="end:Q",
        color=alt.condition("datum.bits >= 0", alt.value("var(--c1)"), alt.value("var(--c2)")),
        tooltip=[
            "comparison:N",
            "level:N",
            alt.Tooltip("bits:Q", format="+.2f"),
            alt.Tooltip("end:Q", format=".2f"),
        ],
    )
    names = base.mark_text(align="left", dx=6, fontSize=11).encode(
        x=alt.X("reach:Q"), text="level:N", color=alt.value("var(--ink)")
    )
    layered = alt.layer(rows, names.transform_calculate(reach="max(datum.start, datum.end)"))
    chosen = layered.transform_filter("datum.pattern == pattern")
    rule = alt.Chart(pd.DataFrame({"at": [threshold]})).mark_rule(strokeDash=[5, 3]).encode(x="at:Q")
    return (
        alt.layer(chosen, rule)
        .add_params(alt.param(name="pattern", value=pattern))
        .properties(height=_height(steps["comparison"], ROW + 2))
    )


def completeness_chart(completeness: pd.DataFrame) -> Any:
    """Share of records that have a value, by source and column."""
    data = completeness[completeness["kind"] != "block"]
    base = alt.Chart(data).encode(
        x=alt.X("source:N", title=None, axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("column:N", title=None, sort=None, axis=alt.Axis(labelLimit=NAMES)),
    )
    tiles = base.mark_rect(color="var(--c1)").encode(
        opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.03, 0.45]), legend=None),
        tooltip=[
            "source:N",
            "column:N",
            alt.Tooltip("share:Q", format=".2%"),
            alt.Tooltip("records:Q", format=","),
        ],
    )
    figures = base.mark_text(fontSize=12).encode(
        text=alt.Text("share:Q", format=".1%"), color=alt.value("var(--ink)")
    )
    return alt.layer(tiles, figures).properties(height=_height(data["column"], ROW + 4))


def key_chart(keys: pd.DataFrame) -> Any:
    """Share of today's links that each blocking key would find."""
    return (
        alt.Chart(keys)
        .mark_bar()
        .encode(
            y=alt.Y("key:N", title=None, sort=None, axis=alt.Axis(labelLimit=NAMES)),
            x=alt.X(
                "recall:Q", title="share of today's links", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])
            ),
            tooltip=["key:N", alt.Tooltip("recall:Q", format=".2%"), alt.Tooltip("pairs:Q", format=","),
                     alt.Tooltip("only:Q", format=",", title="links that only it finds")],
        )
        .properties(height=_height(keys["key"], ROW + 2))
    )  # fmt: skip


def presence_chart(presence: pd.DataFrame) -> Any:
    """Share of records linked to another source, of those that have a value and those that lack it."""
    data = presence.assign(value=np.where(presence["present"], "present", "missing"))
    return (
        alt.Chart(data)
        .mark_point(size=80, filled=True)
        .encode(
            y=alt.Y("column:N", title=None, sort=None, axis=alt.Axis(labelLimit=NAMES)),
            x=alt.X(
                "share:Q",
                title="records linked to another source",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(zero=False),
            ),
            color=alt.Color("value:N", title="value", sort=["present", "missing"]),
            shape=alt.Shape("value:N", sort=["present", "missing"], legend=None),
            tooltip=[
                "column:N",
                "value:N",
                alt.Tooltip("share:Q", format=".2%"),
                alt.Tooltip("records:Q", format=","),
            ],
        )
        .properties(height=_height(presence["column"], ROW))
    )


def group_chart(groups: pd.DataFrame, step: int) -> Any:
    """What is found and what is right for the records of each group at a step.

    Parameters
    ----------
    groups
        With ``step``, ``group``, ``measure``, ``share`` and ``records``.
    """
    return (
        alt.Chart(groups)
        .mark_point(size=70, filled=True)
        .encode(
            y=alt.Y("group:N", title=None, sort=None, axis=alt.Axis(labelLimit=NAMES)),
            x=alt.X("share:Q", title="share of links", axis=alt.Axis(format=".1%"), scale=alt.Scale(zero=False)),
            color=alt.Color("measure:N", title="links that are", sort=["found", "right"]),
            shape=alt.Shape("measure:N", sort=["found", "right"], legend=None),
            tooltip=["group:N", "measure:N", alt.Tooltip("share:Q", format=".2%"),
                     alt.Tooltip("records:Q", format=",")],
        )
        .transform_filter("datum.step == step")
        .add_params(alt.param(name="step", value=step))
        .properties(height=_height(groups["group"], ROW - 2))
    )  # fmt: skip


def reliability_chart(found: Reliability) -> Any:
    """Stated probability against the share that was right, with intervals; on the diagonal the model is honest."""
    rows = [
        (part.mean, part.right.value, *part.right.interval, part.right.total)
        for part in found.bins
        if part.right.total
    ]
    data = pd.DataFrame(rows, columns=["stated", "right", "low", "high", "pairs"])
    ends = pd.DataFrame({"stated": [0.0, 1.0], "right": [0.0, 1.0]})
    x = alt.X("stated:Q", title="probability that the model states", scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("right:Q", title="share judged to be matches", scale=alt.Scale(domain=[0, 1]))
    diagonal = alt.Chart(ends).mark_line(strokeDash=[4, 3], color="var(--c6)").encode(x, y)
    bars = alt.Chart(data).mark_rule(color="var(--c1)").encode(x, alt.Y("low:Q"), alt.Y2("high:Q"))
    tips = [alt.Tooltip(f"{name}:Q", format=".3f") for name in ("stated", "right", "low", "high")]
    points = (
        alt.Chart(data)
        .mark_point(filled=True, size=70)
        .encode(x, y, tooltip=[*tips, alt.Tooltip("pairs:Q", format=",")])
    )
    return alt.layer(diagonal, bars, points).properties(height=HEIGHT)


def _height(names: "pd.Series[str]", row: int) -> int:
    """Pixels for a row a name."""
    return row * max(names.nunique(), 1)


def _with_rule(chart: Any, threshold: float) -> Any:
    """A dashed line at the threshold, which is a parameter of the chart."""
    at = alt.param(name="threshold", value=threshold)
    rule = (
        alt.Chart(pd.DataFrame({"at": [threshold]}))
        .transform_calculate(at="threshold")
        .mark_rule(strokeDash=[5, 3], size=2)
        .encode(x="at:Q")
    )
    return alt.layer(chart, rule).add_params(at).properties(height=HEIGHT)

"""One self-contained HTML file from a template: style, charts and scripts inside, nothing fetched from anywhere.

A page carries a content-security policy that allows no connection at all and no script but those written here, by
their digests. Everything that a template prints is escaped; data for scripts is JSON in which no tag can begin.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipelines.outputs import whole_file

__all__ = ["NAMES", "Chart", "Table", "page", "write_page"]

CHART_SCRIPTS = ("charts.js",)
NAMES = alt.ExprRef("containerSize()[0] < 400 ? 130 : 260")
"""How long the labels of an axis may be that are names: names of columns may be long, and a window narrow."""


@dataclass(frozen=True)
class Table:
    """Figures behind a chart, or in its place, for those who read rather than look.

    Attributes
    ----------
    headings
        One a column.
    rows
        Cells; numbers are written with separators and stand to the right.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True)
class Chart:
    """A chart on a page.

    Attributes
    ----------
    name
        Its id on the page: letters, digits and hyphens.
    finding
        The heading: what the chart shows here, as a sentence.
    chart
        What Altair made, or a Vega-Lite specification.
    note
        How to read it.
    table
        The same figures as a table, folded away below the chart.
    """

    name: str
    finding: str
    chart: Any
    note: str = ""
    table: Table | None = None

    def specification(self) -> dict[str, Any]:
        """Vega-Lite that fills the width it is given; the colours come from the page."""
        # Without a renderer's limits: the rows that may be on a page are the caller's choice.
        with alt.data_transformers.disable_max_rows():
            found = dict(self.chart) if isinstance(self.chart, Mapping) else self.chart.to_dict()
        found.pop("config", None)
        return {**found, "width": "container"}


def page(
    template: str,
    *,
    title: str,
    charts: Sequence[Chart] = (),
    data: Mapping[str, Any] | None = None,
    scripts: Sequence[str] = (),
    **values: Any,
) -> str:
    """Render a template of `pipelines/report/templates` that extends ``base.html.j2``.

    Parameters
    ----------
    template
        File name, such as ``"tune.html.j2"``.
    title
        Heading and title of the page.
    charts
        The template places each with ``{{ figure(charts[NAME]) }}``. Only a page with charts carries the bundle that
        draws them.
    data
        For scripts, as ``JSON.parse(document.getElementById("data").textContent)``; finite numbers only.
    scripts
        File names of scripts beside the templates, run in this order behind the content.
    values
        For the template.

    Raises
    ------
    ValueError
        If a number in `data` or a chart is not finite.
    """
    every = [_read(name) for name in scripts]
    if charts:
        every = [_bundle(), *(_read(name) for name in CHART_SCRIPTS), *every]
    return _environment().get_template(template).render(
        title=title,
        charts={chart.name: chart for chart in charts},
        chart_data=_script_json({chart.name: chart.specification() for chart in charts}),
        data=None if data is None else _script_json(data),
        scripts=[Markup(script) for script in every],  # noqa: S704 - files of this package and the bundle
        style=Markup(_read("page.css")),  # noqa: S704 - a file of this package
        policy=_policy(every),
        **values,
    )  # fmt: skip


def write_page(path: Path, text: str) -> None:
    """Write a page, whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipelines.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = _cell
    return environment


def _read(name: str) -> str:
    loader = _environment().loader
    assert loader is not None  # noqa: S101 - set in `_environment`, for the type checker
    return loader.get_source(_environment(), name)[0]


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and its embedding as one script; the same bundle that Altair's own inline HTML has."""
    import vl_convert  # noqa: PLC0415 - starts an engine of its own, which a page without charts need not wait for

    # A string in it may hold an end tag, which would end the script element.
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")


def _policy(scripts: Sequence[str]) -> str:
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _script_json(value: Any) -> Markup:
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    # Inside a script element only a tag or a comment could end it: none can begin without these.
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped above


def _cell(value: object) -> str:
    """A value of a table as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return "-" if value is None else str(value)

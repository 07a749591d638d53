"""The job that shows a run to the engineer: as a page, and as text on the terminal."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

from linkage.exchange.plurals import counted
from pipelines.at_unit.nights.report_file import read_report, reported_runs
from pipelines.at_unit.nights.warned import warnings_of
from pipelines.console import WIDTH, table_text
from pipelines.outputs import check_output
from pipelines.report.page import write_page
from pipelines.report.run_page import run_page, what_to_do

__all__ = ["RunReport", "run"]

NIGHTS = 30


@dataclass(frozen=True)
class RunReport:
    """The report of a run.

    Attributes
    ----------
    document
        As `pipelines.at_unit.nights.report_file` reads it.
    page
        Where the page is; None without one.
    """

    document: dict[str, Any]
    page: Path | None

    def to_json(self) -> dict[str, Any]:
        """The document itself."""
        return self.document

    def text(self) -> str:
        """The same for people."""
        report = self.document
        came = [
            [part["source"], part["sequence"], part["kind"], part["new"], part["changed"], part["deleted"]]
            for part in report["arrived"]
        ]
        figures = [
            [
                f"{figure['figure']} {figure['of'] or ''}".strip(),
                *(
                    "-" if figure[name] is None else f"{figure[name]:.4g}"
                    for name in ("value", "low", "high")
                ),
                "" if figure["within"] else "OUT",
            ]
            for figure in report["figures"]
            if figure["figure"] != "missing" or not figure["within"]
        ]
        n_folded = len(report["figures"]) - len(figures)
        changes = ", ".join(f"{name} {count:,}" for name, count in report["changes"].items())
        seconds = ", ".join(f"{name} {value:,.1f}" for name, value in report["seconds"].items())
        wrapped = wrap(f"seconds: {seconds}", WIDTH, subsequent_indent="  ", break_on_hyphens=False)
        linked = "nothing linked" if report["linking"] == "none" else f"{report['linking']} linking"
        ended = f"run {report['run']}: {report['outcome']} ({report['kind']}, {linked})"
        parts = [
            f"{ended}, {counted(report['index']['children'], 'child', 'children')}",
            *([f"reason: {report['reason']}"] if report["reason"] and report["outcome"] != "refused" else []),
            *(f"not within its band: {line}" for line in report["breaker"]["tripped"]),
            *([table_text(["source", "package", "kind", "new", "changed", "deleted"], came)] if came else []),
            *(f"not taken: {part['file']}: {part['reason']}" for part in report["not_taken"]),
            f"changes: {changes}",
            *([table_text(["figure", "now", "low", "high", ""], figures)] if figures else []),
            *(
                [f"missing values: {counted(n_folded, 'share')}, none out of its band; --json has them"]
                if n_folded
                else []
            ),
            *wrapped,
            *(f"warning: {warning}" for warning in warnings_of(report)),
            *(f"- {step}" for step in what_to_do(report)),
            *([f"page: {self.page}"] if self.page else []),
        ]
        return "\n".join(parts)


def run(index: Path, run_no: int | None, page: Path | None, *, overwrite: bool = False) -> RunReport:
    """Read the report of a run, the last one if none is named, and write its page.

    Raises
    ------
    IndexRefused
        If there is no such report.
    InputRefused
        If the page's place is taken.
    """
    if page is not None:
        check_output(page, overwrite=overwrite)
    known = reported_runs(index)
    number = run_no if run_no is not None else (known[-1] if known else 1)
    document = read_report(index, number)
    if page is not None:
        before = [other for other in known if other < number][-NIGHTS:]
        write_page(page, run_page(document, [read_report(index, other) for other in before]))
    return RunReport(document, page)

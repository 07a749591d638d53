"""The jobs about runs: which there were, and going back before one."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from linkage.exchange.errors import IndexRefused, InputRefused
from linkage.index import open_index, open_published
from linkage.index.storage.folder import IndexFolder
from pipelines.at_unit.linking.clock import Clock
from pipelines.at_unit.nights.report_file import FORMAT, VERSION, read_report, reported_runs, write_report
from pipelines.at_unit.nights.state import IndexState
from pipelines.at_unit.recipients import Asking, log_unit

__all__ = ["listed", "undo"]


def listed(index: Path) -> list[dict[str, Any]]:
    """Every run up to the last that ended, oldest first; a night that is running is not waited for.

    Returns
    -------
    ``run``, ``kind``, ``status``, ``started``, ``finished``, ``reason``, ``arrived`` (records, by kind of change) and
    ``children``; the last two are None where the run left no report.
    """
    IndexFolder(index).read_card()
    try:
        runs = open_published(index).runs()
    except IndexRefused:
        runs = []
    told = [_told(run["run_no"], run, _report(index, run["run_no"])) for run in runs]
    shown = max((run["run"] for run in told), default=0)
    for run_no in reported_runs(index):
        if run_no > shown:
            report = read_report(index, run_no)
            run = {name: report[name] for name in ("kind", "started", "finished", "reason")}
            told.append(_told(run_no, run | {"status": report["outcome"]}, report))
    return told


def undo(index: Path, run_no: int, reason: str, by: str) -> dict[str, Any]:
    """Go back to the state before a run, which undoes the later ones too, and publish it; it is logged first.

    Returns the report.

    Raises
    ------
    IndexRefused
        If there is no such run, or it was undone already.
    """
    if not reason.strip():
        raise InputRefused("--reason: say why the run is undone; it is kept with it")
    clock = Clock()
    with open_index(index) as opened:
        before = [run.run_no for run in opened.runs() if run.run_no >= run_no and run.status != "undone"]
        packages = [
            {"source": package.source, "sequence": package.sequence, "run": number}
            for number in before
            for package in opened.packages(number)
        ]
        started = _now()
        if before:
            log_unit(index, "undo", Asking(requester=by, purpose=reason), run_no)
        number = opened.undo(run_no, reason=f"undone by {by}: {reason}")
        clock.lap("undo")
        state = IndexState.of(opened.live_rows(), opened.sources)
        clock.lap("count")
    report = _undo_report(number, state, reason, started) | {
        "undone": {"runs": before, "packages": packages, "by": by},
        "seconds": clock.seconds,
    }
    write_report(index, report)
    return report


def _undo_report(number: int, state: IndexState, reason: str, started: str) -> dict[str, Any]:
    """A report in the usual layout, of a run that neither loads nor links."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "run": number,
        "kind": "undo",
        "outcome": "published",
        "reason": reason,
        "started": started,
        "finished": _now(),
        "software": version("childindex"),
        "linking": "none",
        "arrived": [],
        "not_taken": [],
        "index": state.to_json(),
        "changes": dict.fromkeys(("created", "merged", "split", "retired", "joined", "left"), 0),
        "work": dict.fromkeys(("pairs_compared", "evidence_stored", "records_resolved", "links"), 0),
        "quarantined": 0,
        "conflicts": {"components": {}, "edges": {}, "refused_must_links": 0},
        "model": {"fitted_in_run": None, "fitted_now": False, "warnings": []},
        "decision": None,
        "figures": [],
        "breaker": {"tripped": [], "accepted": None},
        "peak_memory_mb": 0,
    }


def _report(index: Path, run_no: int) -> dict[str, Any] | None:
    return read_report(index, run_no) if run_no in reported_runs(index) else None


def _told(run_no: int, run: dict[str, Any], report: dict[str, Any] | None) -> dict[str, Any]:
    arrived = None
    if report:
        arrived = {
            change: sum(package[change] for package in report["arrived"])
            for change in ("new", "changed", "deleted")
        }
    return {
        "run": run_no,
        **{name: run[name] for name in ("kind", "status", "started", "finished", "reason")},
        "arrived": arrived,
        "children": report["index"]["children"] if report else None,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

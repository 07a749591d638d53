"""Where the report of each run lies: ``INDEX/reports/NNNNNN.json``, one document a run, replaced as a whole."""

import json
from pathlib import Path
from typing import Any

from linkage.exchange.errors import IndexRefused
from linkage.index.storage.durable_files import replace_file
from linkage.index.storage.folder import IndexFolder

__all__ = ["FORMAT", "VERSION", "read_report", "report_path", "reported_runs", "write_report"]

FORMAT = "childindex run report"
VERSION = 1


def report_path(index: Path, run_no: int) -> Path:
    """The file of a run's report, whether it is there or not."""
    return IndexFolder(index).reports / f"{run_no:06d}.json"


def write_report(index: Path, report: dict[str, Any]) -> Path:
    """Write the report of a run; an earlier one of the same run gives way."""
    path = report_path(index, int(report["run"]))
    path.parent.mkdir(mode=0o700, exist_ok=True)
    replace_file(path, (json.dumps(report, indent=1) + "\n").encode())
    return path


def reported_runs(index: Path) -> list[int]:
    """Numbers of the runs that have a report, ascending."""
    return sorted(int(path.stem) for path in IndexFolder(index).reports.glob("[0-9]*.json"))


def read_report(index: Path, run_no: int) -> dict[str, Any]:
    """Read the report of a run.

    Raises
    ------
    IndexRefused
        If there is none, or it is of another version.
    """
    folder = IndexFolder(index)
    folder.read_card()
    try:
        report = json.loads(report_path(index, run_no).read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = reported_runs(index)
        if not known:
            raise IndexRefused(
                f"{index}: no run has been reported yet; link it with `childindex link` or `childindex nightly`"
            ) from None
        span = f"it has those of runs {known[0]} to {known[-1]}"
        raise IndexRefused(f"{index} has no report of run {run_no}; {span}") from None
    except (OSError, ValueError):
        raise IndexRefused(f"{report_path(index, run_no)} cannot be read as JSON") from None
    if not isinstance(report, dict) or (report.get("format"), report.get("version")) != (FORMAT, VERSION):
        raise IndexRefused(
            f"{report_path(index, run_no)}: expected version {VERSION} of the report of a run; upgrade childindex"
        )
    return report

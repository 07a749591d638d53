"""The metrics file after a night, from the reports that lie in the index."""

from collections.abc import Sequence
from pathlib import Path

from linkage.exchange.errors import InputRefused
from pipelines.at_unit.nights.metrics import write_metrics
from pipelines.at_unit.nights.not_taken import NotTaken
from pipelines.at_unit.nights.report_file import read_report, reported_runs

__all__ = ["note_metrics"]


def note_metrics(index: Path, metrics: Path, *, exit_status: int, not_taken: Sequence[NotTaken] = ()) -> None:
    """Write the metrics file, whatever became of the night.

    Raises
    ------
    InputRefused
        If it cannot be written.
    """
    last = published = None
    for run_no in reversed(reported_runs(index)):
        report = read_report(index, run_no)
        last = last or report
        if report["outcome"] != "refused":
            published = report
            break
    try:
        write_metrics(metrics, last, published, exit_status=exit_status, not_taken=not_taken)
    except OSError as error:
        raise InputRefused(f"{metrics}: the metrics cannot be written there ({error.strerror})") from None

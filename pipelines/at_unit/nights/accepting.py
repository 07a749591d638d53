"""What people do about a run that the breaker kept back: accept it, with a reason that is kept."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linkage.exchange.errors import IndexRefused, InputRefused, PublicationRefused
from linkage.index import Index, Run, RunStatus, open_index
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.linking.decided_model import DecidedModel
from pipelines.at_unit.linking.evidence import Scores
from pipelines.at_unit.linking.model_choice import model_in_use
from pipelines.at_unit.linking.protecting import quarantine_near
from pipelines.at_unit.nights.report_file import write_report
from pipelines.at_unit.recipients import Asking, log_unit

__all__ = ["accept", "refuse_if_tripped"]


def refuse_if_tripped(report: Mapping[str, Any], document: Mapping[str, Any] | None = None) -> None:
    """Say that a run was not published, and what can be done; `document` goes with the exception.

    Raises
    ------
    PublicationRefused
        If the breaker kept it back.
    """
    if report["outcome"] == "refused":
        listed = "\n".join(f"  {line}" for line in report["breaker"]["tripped"])
        refusal = PublicationRefused(
            f"run {report['run']} was not published, readers see what they saw before:\n{listed}\nlook at"
            f" `childindex report INDEX {report['run']}`; then publish it with `childindex nightly INDEX INBOX --accept"
            f" {report['run']} --reason ...`, or drop it with `childindex undo INDEX {report['run']} --reason ...`"
        )
        refusal.document = document
        raise refusal


def accept(index: Path, run_no: int, reason: str, by: str) -> dict[str, Any]:
    """Publish a run that the breaker kept back, as it was linked; it is logged first. Returns its report.

    Raises
    ------
    IndexRefused
        If this is not the run that is kept back.
    """
    if not reason.strip():
        raise InputRefused(
            "--reason: say why the run is right although a figure is out of its band; it is kept"
        )
    with open_index(index) as opened:
        run = next((run for run in opened.runs() if run.run_no == run_no), None)
        if run is None or run.status is not RunStatus.REFUSED:
            kept = [run.run_no for run in opened.runs() if run.status is RunStatus.REFUSED]
            told = f"run {kept[0]} is" if kept else "no run is"
            raise IndexRefused(f"run {run_no} is not kept back, so it cannot be accepted; {told} kept back")
        log_unit(index, "accept", Asking(requester=by, purpose=reason), run_no)
        _quarantine(index, opened, run)
        report = dict(run.metrics)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        report |= {"outcome": "accepted", "reason": reason, "finished": at}
        report["breaker"] = report["breaker"] | {"accepted": {"reason": reason, "by": by, "at": at}}
        opened.publish(run_no, metrics=report, reason=f"accepted by {by}: {reason}")
        write_report(index, report)
    return report


def _quarantine(path: Path, index: Index, run: Run) -> None:
    """Look around those who were shielded since the run was linked."""
    kept = DecidedModel.from_json(dict(run.model), origin=f"run {run.run_no}") if run.model else None
    decided = kept or model_in_use(index).decided
    if decided is not None:
        specification = index_specification(path)

        def scores() -> Scores:
            return Scores.of(decided, specification, index.sources)

        quarantine_near(index, run.run_no, specification, scores, whole=False)

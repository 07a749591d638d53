"""The end of a run: what it did is written down, and readers are switched to it."""

import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from linkage.exchange.specification.breaker import BreakerRule
from linkage.index import Index
from pipelines.at_unit.linking.clock import Clock
from pipelines.at_unit.linking.linked import Linked
from pipelines.at_unit.nights.breaker import first_conflicts, judge
from pipelines.at_unit.nights.figures import measure, missing_shares, published_reports
from pipelines.at_unit.nights.not_taken import NotTaken
from pipelines.at_unit.nights.report_file import FORMAT, VERSION, write_report
from pipelines.at_unit.nights.state import IndexState

__all__ = ["Conclusion", "conclude"]

MEBIBYTE = 1 << 20


@dataclass
class Conclusion:
    """How a run ended, as its report tells it (docs/nightly.md has the layout)."""

    report: dict[str, Any]
    state: IndexState
    linked: Linked = field(repr=False)


def conclude(
    path: Path,
    index: Index,
    linked: Linked,
    clock: Clock,
    *,
    kind: str,
    rule: BreakerRule,
    basis: Mapping[str, Any],
    not_taken: Sequence[NotTaken] = (),
    is_rehearsal: bool = False,
) -> Conclusion:
    """Count what the open run did, publish it or keep it back, and write its report; a rehearsal does neither.

    Parameters
    ----------
    rule
        Limits of the breaker: a run with a figure outside is not published.
    basis
        What the evidence rests on, see `basis`.
    """
    live = index.live_rows()
    state = IndexState.of(live, index.sources)
    report = _report(index, linked, state, kind=kind, not_taken=not_taken) | {"basis": dict(basis)}
    history = published_reports(index)
    measured = measure(report, history[-1] if history else None, missing_shares(index, live))
    judged = judge(rule, measured, history)
    report["figures"] = [figure.to_json() for figure in judged]
    report["model"]["warnings"] += first_conflicts(rule, judged)
    report["breaker"]["tripped"] = tripped = [figure.text() for figure in judged if not figure.within]
    clock.lap("count")
    report["seconds"] = clock.seconds
    if is_rehearsal:
        return Conclusion(report | {"outcome": "rehearsed"}, state, linked)
    # Without a new model an empty one, since an earlier attempt at this run may have left its own.
    model = linked.decided.to_json() if linked.model_run is None else {}
    if tripped:
        report |= {"outcome": "refused", "reason": "; ".join(tripped)}
        index.refuse(linked.run_no, reason=report["reason"], metrics=report, model=model)
    else:
        index.publish(linked.run_no, metrics=report, model=model)
    clock.lap("publish")
    report |= {"finished": _now(), "seconds": clock.seconds, "peak_memory_mb": _peak_memory_mb()}
    write_report(path, report)
    return Conclusion(report, state, linked)


def _report(
    index: Index, linked: Linked, state: IndexState, *, kind: str, not_taken: Sequence[NotTaken]
) -> dict[str, Any]:
    run = next(run for run in index.runs() if run.run_no == linked.run_no)
    decided = linked.decided
    return {
        "format": FORMAT,
        "version": VERSION,
        "run": linked.run_no,
        "kind": kind,
        "outcome": "published",
        "reason": "",
        "started": run.started,
        "finished": _now(),
        "software": version("childindex"),
        "linking": linked.mode,
        "arrived": _arrived(index, linked.run_no),
        "not_taken": [asdict(package) for package in not_taken],
        "index": state.to_json(),
        "changes": {name.removeprefix("n_"): int(count) for name, count in asdict(linked.membership).items()},
        "work": {
            "pairs_compared": linked.pairs,
            "evidence_stored": linked.stored,
            "records_resolved": linked.resolved,
            "links": linked.links,
        },
        "quarantined": linked.quarantined,
        "conflicts": linked.conflicts.to_json(),
        "model": {
            "fitted_in_run": linked.run_no if linked.is_fitted else linked.model_run,
            "fitted_now": linked.is_fitted,
            "warnings": list(decided.model.report.warnings),
        },
        "decision": asdict(decided.decision),
        "figures": [],
        "breaker": {"tripped": [], "accepted": None},
        "seconds": {},
        "peak_memory_mb": _peak_memory_mb(),
    }


def _arrived(index: Index, run_no: int) -> list[dict[str, Any]]:
    return [
        {
            "source": package.source,
            "sequence": package.sequence,
            "kind": str(package.kind),
            "new": package.n_new,
            "changed": package.n_changed,
            "unchanged": package.n_unchanged,
            "deleted": package.n_deleted,
        }
        for package in index.packages(run_no)
    ]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _peak_memory_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak // MEBIBYTE if sys.platform == "darwin" else peak // 1024)

"""The jobs by which people protect children: shield, separate, join, and decide about quarantine.

Every decision is in the look-up log, with who made it and why, before it takes effect; so the audit of look-ups is the
audit of decisions too. Reasons are kept as they are given and must not name anybody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.exchange.errors import IndexRefused
from linkage.index import Index, LookUpLog, Request, open_index
from linkage.index.storage.folder import IndexFolder
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.linking.protecting import quarantine_beside
from pipelines.at_unit.recipients import UNIT
from pipelines.at_unit.subjects import RecordName

__all__ = [
    "Decision",
    "join",
    "list_quarantine",
    "resolve_quarantine",
    "separate",
    "shield",
    "unshield",
]

Subject = RecordName | bytes


@dataclass(frozen=True)
class Decision:
    """Who decides, and why."""

    by: str
    reason: str


def shield(index: Path, subject: Subject, decision: Decision) -> dict[str, Any]:
    """Shield a child, or a record with all that share its child, and quarantine what comes near it.

    Readers see both when this returns, in one step.

    Raises
    ------
    IndexRefused
        If the child or the source is unknown, or who or why is missing.
    """
    name = subject if isinstance(subject, bytes) else subject.key
    with _deciding(index, "shield", decision, subject) as opened, opened.protection.shown_at_once():
        if isinstance(subject, bytes):
            marked = opened.protection.shield_child(subject, decision.reason)
        else:
            marked = opened.protection.shield_record(*subject.key, decision.reason)
        quarantined = quarantine_beside(opened, index_specification(index), name)
    return {"records_marked": marked, "quarantined": quarantined}


def unshield(index: Path, subject: Subject, decision: Decision) -> dict[str, Any]:
    """Lift the unit's shielding of a child; what came near it stays in quarantine until a person decides.

    Raises
    ------
    IndexRefused
        If it is unknown, not shielded, in quarantine, or shielded by a source, which alone can end that.
    """
    with _deciding(index, "unshield", decision, subject) as opened:
        if isinstance(subject, bytes):
            lifted = opened.protection.unshield_child(subject, decision.reason)
        else:
            lifted = opened.protection.unshield_record(*subject.key, decision.reason)
        return {"marks_lifted": lifted, "left_in_quarantine": len(opened.protection.quarantined())}


def separate(
    index: Path, left: Subject, right: Subject, decision: Decision, *, severed: bool, lift: bool = False
) -> dict[str, Any]:
    """Never join two records (or any records of two children) again; with `severed`, let neither lead to the other.

    With `lift` what was known of the two is forgotten instead.

    Raises
    ------
    IndexRefused
        If a child or source is unknown, the two are the same, or are known to be one child.
    """
    kind = "lift" if lift else "sever" if severed else "separate"
    with _deciding(index, kind, decision, left, right) as opened:
        pairs = _pairs(opened, left, right)
        for pair in pairs:
            if lift:
                opened.protection.lift(*pair, decision.reason)
            else:
                opened.protection.separate(*pair, decision.reason, severed=severed)
    return {"pairs": len(pairs), "from": "the next run"}


def join(
    index: Path, left: Subject, right: Subject, decision: Decision, *, lift: bool = False
) -> dict[str, Any]:
    """Know that two records (or two children) are one child, from the next run on; or forget it with `lift`.

    Raises
    ------
    IndexRefused
        If a child or source is unknown, the two are the same, or are known to be apart.
    """
    with _deciding(index, "lift" if lift else "join", decision, left, right) as opened:
        one, other = (_keys(opened, subject)[0] for subject in (left, right))
        change = opened.protection.lift if lift else opened.protection.join
        change(one, other, decision.reason)
    return {"pairs": 1, "from": "the next run"}


def list_quarantine(index: Path) -> list[dict[str, Any]]:
    """Records that came near a shielded child and await a decision, oldest first."""
    with open_index(index) as opened:
        return [
            {
                "source": found.source,
                "record_id": found.record_id.hex(),
                "near_source": found.near_source,
                "near_record_id": found.near_record_id.hex(),
                "weight": round(float(found.weight), 2),
                "run": found.run_no,
                "found": found.found_at,
            }
            for found in opened.protection.quarantined()
        ]


def resolve_quarantine(
    index: Path, record: RecordName, decision: Decision, *, same_child: bool
) -> dict[str, Any]:
    """Decide that a record in quarantine is the shielded child, or that it is another and may be seen.

    Raises
    ------
    IndexRefused
        If it is not in quarantine.
    """
    kind = "quarantine join" if same_child else "quarantine release"
    with _deciding(index, kind, decision, record) as opened:
        opened.protection.resolve_quarantine(*record.key, decision.reason, same_child=same_child)
        return {"left_in_quarantine": len(opened.protection.quarantined())}


@contextmanager
def _deciding(index: Path, kind: str, decision: Decision, *subjects: Subject) -> Iterator[Index]:
    """The index open for a decision, which stands in the log before it is made."""
    if not decision.reason.strip():
        raise IndexRefused("a reason is required for every decision")
    with open_index(index) as opened:
        run_no = max((run.run_no for run in opened.runs()), default=0)
        log = LookUpLog(IndexFolder(index).log)
        try:
            for subject in subjects:
                source, name = ("", subject) if isinstance(subject, bytes) else subject.key
                request = Request(kind, UNIT, decision.by, decision.reason, run_no, source, name)
                log.append(request, outcome="ordered", n_records=0)
            log.flush()
        finally:
            log.close()
        yield opened


def _pairs(index: Index, left: Subject, right: Subject) -> list[tuple[tuple[str, bytes], tuple[str, bytes]]]:
    return [(one, other) for one in _keys(index, left) for other in _keys(index, right)]


def _keys(index: Index, subject: Subject) -> list[tuple[str, bytes]]:
    """The record that is named, or every record of the child that is."""
    return index.protection.records_of(subject) if isinstance(subject, bytes) else [subject.key]

"""Runs: what changes an index, one at a time, from the first package of a night to its publication.

A run is open while it is ``staged`` (packages loaded, perhaps linked) or ``refused`` (linked, but the breaker kept
it back). There is one open run at most: loading into it again or linking it again continues it. It ends as
``published`` or ``undone``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from linkage.exchange.errors import IndexRefused
from linkage.index.storage.engine import Engine

__all__ = [
    "Run",
    "RunStatus",
    "begin_run",
    "finish_run",
    "last_published",
    "last_settled",
    "list_runs",
    "open_run",
    "require_open",
]


class RunStatus(StrEnum):
    """Where a run stands."""

    STAGED = "staged"
    REFUSED = "refused"
    PUBLISHED = "published"
    UNDONE = "undone"
    EARLIER = "earlier"
    """Published in the index of an earlier epoch, or the run that took over from it: it cannot be undone."""


@dataclass(frozen=True)
class Run:
    """A run as the store remembers it.

    Attributes
    ----------
    run_no
        Ascending, never used twice.
    kind
        The command that last worked on it.
    started, finished
        ISO 8601, UTC; `finished` is None while it is open.
    reason
        Why it was refused, accepted or undone; empty otherwise.
    metrics, model
        What the pipeline wrote down about it.
    undone_by
        The run that undid it.
    """

    run_no: int
    kind: str
    status: RunStatus
    started: str
    finished: str | None
    reason: str
    metrics: Mapping[str, Any]
    model: Mapping[str, Any]
    undone_by: int | None


def begin_run(engine: Engine, kind: str) -> int:
    """Number of the open run, or of a new one; a refused one is staged again."""
    number = open_run(engine)
    if number is not None:
        engine.execute(
            "UPDATE runs SET kind = ?, status = ? WHERE run_no = ?", [kind, RunStatus.STAGED, number]
        )
        return number
    number = int(engine.value("SELECT coalesce(max(run_no), 0) + 1 FROM runs"))
    engine.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?, NULL, '', '{}', '{}', NULL, 0, '')",
        [number, kind, RunStatus.STAGED, now()],
    )
    return number


def open_run(engine: Engine) -> int | None:
    """Number of the run that is neither published nor undone, if there is one."""
    rows = engine.rows(
        "SELECT run_no FROM runs WHERE status IN (?, ?)", [RunStatus.STAGED, RunStatus.REFUSED]
    )
    return int(rows[0][0]) if rows else None


def require_open(engine: Engine, run_no: int) -> None:
    """See that a run may still change.

    Raises
    ------
    IndexRefused
        If it is published, undone or unknown.
    """
    if open_run(engine) != run_no:
        raise IndexRefused(f"run {run_no} is not open: it was published or undone, or never was")


def finish_run(
    engine: Engine,
    run_no: int,
    status: RunStatus,
    *,
    reason: str = "",
    metrics: Mapping[str, Any] | None = None,
    model: Mapping[str, Any] | None = None,
) -> None:
    """Write down how a run ended; what is None stays as it was."""
    engine.execute(
        """UPDATE runs SET status = ?, finished = ?, reason = ?,
        metrics = coalesce(?, metrics), model = coalesce(?, model) WHERE run_no = ?""",
        [status, now(), reason, _json(metrics), _json(model), run_no],
    )


def note_log(engine: Engine, run_no: int, n_entries: int, chain: str) -> None:
    """Write down where the look-up log ended when a run was published: its end cannot be cut off unnoticed then."""
    engine.execute(
        "UPDATE runs SET log_entries = ?, log_chain = ? WHERE run_no = ?", [n_entries, chain, run_no]
    )


def list_runs(engine: Engine) -> list[Run]:
    """All runs, oldest first."""
    rows = engine.rows(
        """SELECT run_no, kind, status, started, finished, reason, metrics, model, undone_by
        FROM runs ORDER BY run_no"""
    )
    return [
        Run(
            run_no,
            kind,
            RunStatus(status),
            started,
            finished,
            reason,
            json.loads(metrics),
            json.loads(model),
            by,
        )
        for run_no, kind, status, started, finished, reason, metrics, model, by in rows
    ]


def last_published(engine: Engine) -> int:
    """Number of the run whose state readers should see; 0 before the first publication."""
    return int(
        engine.value("SELECT coalesce(max(run_no), 0) FROM runs WHERE status = ?", [RunStatus.PUBLISHED])
    )


def last_settled(engine: Engine) -> int:
    """Number of the last run that is over: published here, or of an earlier epoch; 0 if there is none."""
    return int(
        engine.value(
            "SELECT coalesce(max(run_no), 0) FROM runs WHERE status IN (?, ?)",
            [RunStatus.PUBLISHED, RunStatus.EARLIER],
        )
    )


def now() -> str:
    """The time, ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, sort_keys=True)

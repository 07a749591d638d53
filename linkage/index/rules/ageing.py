"""Ageing out: who is due when sources say that a cohort has reached the age, and who is in the archive.

The unit knows cohorts as keyed tokens and never a date of birth. A notice names a token and which age was reached:
``age`` for all its records but those that their source flags for the later age, ``later_age`` for all of them. A
child leaves as a whole, when every record of it that has a cohort is due; where dates of birth disagree it waits for
the last of them. What left is in the archive: rows that ended, which no reader and no linking sees. A record of an
expired cohort that a source sends afterwards is dropped when it is loaded.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.errors import IndexRefused
from linkage.exchange.records import EncodedRecords, Operation, RecordFlag
from linkage.exchange.schema import Column, ColumnKind, RecordSchema
from linkage.index.rules.known_pairs import RecordKey
from linkage.index.storage.columns import ColumnFiles
from linkage.index.storage.engine import Engine
from linkage.index.storage.record_ids import halves_of, join_record_id
from linkage.index.storage.runs import now

__all__ = [
    "DueChildren",
    "aged_out",
    "archive_rows",
    "cohort_column",
    "due_children",
    "forget_archived",
    "note_expiry",
    "purgeable",
]

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class DueChildren:
    """Who is due.

    Attributes
    ----------
    rows
        int64: the live rows of children that are due, ascending.
    n_children
        Their number.
    n_waiting
        Children of which a record is due and another is not.
    n_kept
        Children that are kept for the later age alone.
    """

    rows: Rows
    n_children: int
    n_waiting: int
    n_kept: int


def cohort_column(schema: RecordSchema) -> Column:
    """The column of cohort tokens.

    Raises
    ------
    IndexRefused
        If the specification has no cohort.
    """
    column = next(iter(schema.of_kind(ColumnKind.COHORT)), None)
    if column is None:
        raise IndexRefused(
            "the specification of this index has no [cohort], so nobody ages out of it; that needs a new index"
        )
    return column


def note_expiry(
    engine: Engine, columns: ColumnFiles, schema: RecordSchema, source_no: int, token: int, reached: str
) -> bool:
    """Note that a cohort has reached an age; False if that was known.

    Raises
    ------
    IndexRefused
        If no live record of that source has this cohort: the notice is of another project key, or a mistake.
    """
    known = engine.value("SELECT count(*) FROM notices WHERE token = ? AND reached = ?", [token, reached])
    if known:
        return False
    live = engine.arrow(
        "SELECT row_id FROM records WHERE to_run IS NULL AND source_no = ? ORDER BY row_id", [source_no]
    )["row_id"].to_numpy()
    words = columns.column(cohort_column(schema)).reshape(-1)
    if not (words[live] == np.uint64(token)).any():
        raise IndexRefused(
            "unknown cohort: no live record of this source has it; the notice was made under another project key,"
            " or for a cohort that the source never sent"
        )
    engine.execute("INSERT INTO notices VALUES (?, ?, ?, ?)", [token, reached, source_no, now()])
    return True


def due_children(engine: Engine, columns: ColumnFiles, schema: RecordSchema) -> DueChildren:
    """Who is due by the notices so far."""
    column = cohort_column(schema)
    table = engine.arrow(
        """SELECT r.row_id, child_no, flags FROM records r
        JOIN members m ON m.record_no = r.record_no AND m.to_run IS NULL WHERE r.to_run IS NULL ORDER BY r.row_id"""
    )
    rows, child = table["row_id"].to_numpy(), table["child_no"].to_numpy()
    later = (table["flags"].to_numpy() & int(RecordFlag.LATER_AGE)) != 0
    tokens = np.asarray(columns.column(column).reshape(-1)[rows])
    aged, over = (np.isin(tokens, _tokens(engine, reached)) for reached in ("age", "later_age"))
    has_cohort = tokens != 0
    is_due = has_cohort & np.where(later, over, aged | over)
    _, number = np.unique(child, return_inverse=True)
    n_children = int(number.max(initial=-1)) + 1
    n_due, n_open, n_later = (
        np.bincount(number[which], minlength=n_children)
        for which in (is_due, has_cohort & ~is_due, has_cohort & ~is_due & later & aged)
    )
    leaves = (n_due > 0) & (n_open == 0)
    return DueChildren(
        np.asarray(rows[leaves[number]], dtype=np.int64),
        int(leaves.sum()),
        int(((n_due > 0) & (n_open > n_later)).sum()),
        int(((n_open > 0) & (n_open == n_later)).sum()),
    )


def archive_rows(engine: Engine, run_no: int, rows: Rows) -> int:
    """End live rows in the open run and note them as archived; how many there were."""
    with engine.table("leaving", pa.table({"leaving_row": rows})):
        n_rows = engine.execute(
            "UPDATE records SET to_run = ? WHERE to_run IS NULL AND row_id IN (SELECT leaving_row FROM leaving)",
            [run_no],
        )
        engine.execute(
            """INSERT INTO archived SELECT source_no, record_high, record_low, ?, ?
            FROM records JOIN leaving ON row_id = leaving_row""",
            [run_no, now()],
        )
    return n_rows


def forget_archived(engine: Engine, run_no: int) -> None:
    """Take back what undone runs, from this one on, brought into the archive."""
    engine.execute("DELETE FROM archived WHERE run_no >= ?", [run_no])


def purgeable(engine: Engine, archive_days: int, as_of: datetime) -> list[RecordKey]:
    """Records that have been in the archive for their time."""
    until = (as_of - timedelta(days=archive_days)).isoformat(timespec="seconds")
    rows = engine.rows(
        """SELECT source_no, record_high, record_low FROM archived WHERE archived_at <= ?
        ORDER BY source_no, record_high, record_low""",
        [until],
    )
    return [RecordKey(row[0], join_record_id(row[1], row[2])) for row in rows]


def aged_out(
    engine: Engine, schema: RecordSchema, source_no: int, batch: EncodedRecords
) -> npt.NDArray[np.bool_]:
    """Which records of a batch have left for good: of an expired cohort, or deleted and in the archive.

    bool, shape (len(batch),); the caller drops those that are not live.
    """
    gone = np.zeros(len(batch), dtype=np.bool_)
    column = next(iter(schema.of_kind(ColumnKind.COHORT)), None)
    if column is None or not engine.value("SELECT count(*) FROM notices"):
        return gone
    tokens = batch.words[:, column.offset]
    later = (batch.flags & int(RecordFlag.LATER_AGE)) != 0
    aged, over = (np.isin(tokens, _tokens(engine, reached)) for reached in ("age", "later_age"))
    gone |= (tokens != 0) & np.where(later, over, aged | over)
    high, low = halves_of(batch.record_ids)
    arrived = pa.table({"place": np.arange(len(batch)), "high": high, "low": low})
    with engine.table("leaving", arrived):
        known = engine.arrow(
            """SELECT place FROM leaving JOIN archived ON record_high = high AND record_low = low
            WHERE source_no = ?""",
            [source_no],
        )["place"].to_numpy()
    in_archive = np.zeros(len(batch), dtype=np.bool_)
    in_archive[known] = True
    return np.asarray(gone | (in_archive & (batch.operations == Operation.DELETE)), dtype=np.bool_)


def _tokens(engine: Engine, reached: str) -> npt.NDArray[np.uint64]:
    table = engine.arrow("SELECT token FROM notices WHERE reached = ?", [reached])
    return np.asarray(table["token"].to_numpy(), dtype=np.uint64)

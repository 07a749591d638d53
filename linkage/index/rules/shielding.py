"""Which records are shielded, and how it spreads: it only ever grows by itself, and only a person lifts it.

A record is shielded if its source says so in the feed, or by a mark. A child is shielded if one of its records is.
When a run is published, every record of a shielded child is marked (``inherited``), so that it stays shielded when it
is split off, moved, or the record that shielded it is deleted: what once stood beside a shielded child is not exposed
by a change of mind of the linkage. A new record that is near a shielded child but not joined to it is marked
(``quarantine``) and so published only as shielded, until a person decides.

Marks name records by source and id: they hold for every version, before the record has come and after it has gone.
They do not belong to a run and are not undone, except that marks inherited in an undone run go with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.errors import IndexRefused
from linkage.exchange.records import RecordFlag
from linkage.index.rules.known_pairs import RecordKey
from linkage.index.storage.engine import Engine
from linkage.index.storage.record_ids import join_record_id, split_record_id
from linkage.index.storage.runs import last_settled, now

__all__ = [
    "ProtectedRows",
    "ShieldOrigin",
    "disturbed_rows",
    "forget_marks",
    "inherit_shields",
    "lift_shields",
    "mark_records",
    "note_searched",
    "protected_rows",
    "records_of_child",
    "release_record",
    "shielded_rows",
    "siblings",
]


_ANY_CAUSE = """
    SELECT EXISTS (FROM shielded_records) OR EXISTS (FROM records WHERE to_run IS NULL AND flags & ? <> 0)
"""


@dataclass(frozen=True, repr=False)
class ProtectedRows:
    """Live rows of shielded children, ascending, without those that only stand in quarantine.

    Attributes
    ----------
    rows
        int64.
    fresh
        bool: no run has looked for records near this row since it came or became shielded.
    """

    rows: npt.NDArray[np.int64]
    fresh: npt.NDArray[np.bool_]


class ShieldOrigin(StrEnum):
    """Why a record is marked."""

    UNIT = "unit"
    """A person shielded it or its child."""
    INHERITED = "inherited"
    """It was published in a shielded child."""
    QUARANTINE = "quarantine"
    """It came near a shielded child, and nobody has decided yet."""


def mark_records(
    engine: Engine, records: Iterable[RecordKey], origin: ShieldOrigin, reason: str, run_no: int = 0
) -> int:
    """Mark records, known to the index or not; those with a live mark of that origin stay as they are."""
    n_marked = 0
    for record in records:
        source_no, high, low = record.values
        n_marked += engine.execute(
            """INSERT INTO shields SELECT ?, ?, ?, ?, ?, ?, ?, NULL, NULL WHERE NOT EXISTS (
                FROM shields WHERE source_no = ? AND record_high = ? AND record_low = ?
                AND origin = ? AND lifted_at IS NULL)""",
            [source_no, high, low, origin, run_no, reason, now(), source_no, high, low, origin],
        )
    return n_marked


def lift_shields(engine: Engine, records: Iterable[RecordKey], reason: str) -> int:
    """Lift every mark of the records given.

    Raises
    ------
    IndexRefused
        If the source of one of them still shields it: only the source can end that.
    """
    n_lifted = 0
    for record in records:
        source_no, high, low = record.values
        still = engine.value(
            """SELECT count(*) FROM records WHERE to_run IS NULL AND source_no = ? AND record_high = ?
            AND record_low = ? AND flags & ? <> 0""",
            [source_no, high, low, int(RecordFlag.SHIELDED)],
        )
        if still:
            raise IndexRefused("a record of this child is shielded by its source, which alone can lift that")
        n_lifted += engine.execute(
            """UPDATE shields SET lifted_at = ?, lifted_reason = ? WHERE lifted_at IS NULL
            AND source_no = ? AND record_high = ? AND record_low = ?""",
            [now(), reason, source_no, high, low],
        )
        # While it was hidden nobody asked whether it comes near another shielded child.
        engine.execute(
            """INSERT INTO disturbed SELECT row_id, NULL FROM records
            WHERE source_no = ? AND record_high = ? AND record_low = ?""",
            [source_no, high, low],
        )
    return n_lifted


def release_record(engine: Engine, record: RecordKey, reason: str) -> None:
    """End the quarantine of a record; what its child inherited ends too if nothing else shields one of its records."""
    source_no, high, low = record.values
    engine.execute(
        """UPDATE shields SET lifted_at = ?, lifted_reason = ? WHERE lifted_at IS NULL AND origin = 'quarantine'
        AND source_no = ? AND record_high = ? AND record_low = ?""",
        [now(), reason, source_no, high, low],
    )
    beside = siblings(engine, record)
    if not any(_has_cause(engine, other) for other in beside):
        lift_shields(engine, beside, reason)


def _has_cause(engine: Engine, record: RecordKey) -> bool:
    """Whether a record is shielded by itself, not only by what it stood beside."""
    source_no, high, low = record.values
    return bool(
        engine.value(
            """SELECT count(*) FROM (
                SELECT 1 FROM shields WHERE lifted_at IS NULL AND origin <> 'inherited'
                AND source_no = $source AND record_high = $high AND record_low = $low
                UNION ALL SELECT 1 FROM records WHERE to_run IS NULL AND flags & $shielded <> 0
                AND source_no = $source AND record_high = $high AND record_low = $low)""",
            {"source": source_no, "high": high, "low": low, "shielded": int(RecordFlag.SHIELDED)},
        )
    )


def inherit_shields(engine: Engine, run_no: int) -> int:
    """Mark every live record of a shielded child that has no mark yet; how many there were."""
    if not engine.value(_ANY_CAUSE, [int(RecordFlag.SHIELDED)]):
        return 0
    return engine.execute(
        """INSERT INTO shields
        WITH causes AS MATERIALIZED (
            SELECT row_id FROM records WHERE flags & ? <> 0
            UNION SELECT row_id FROM records SEMI JOIN shielded_records USING (source_no, record_high, record_low)),
        shielded AS MATERIALIZED (
            SELECT DISTINCT child_no FROM members SEMI JOIN causes USING (row_id) WHERE to_run IS NULL),
        beside AS MATERIALIZED (
            SELECT row_id FROM members SEMI JOIN shielded USING (child_no) WHERE to_run IS NULL)
        SELECT source_no, record_high, record_low, 'inherited', ?, '', ?, NULL, NULL
        FROM records SEMI JOIN beside USING (row_id)
        ANTI JOIN shielded_records USING (source_no, record_high, record_low)""",
        [int(RecordFlag.SHIELDED), run_no, now()],
    )


def forget_marks(engine: Engine, run_no: int) -> None:
    """Forget what undone runs, from this one on, marked by themselves; what a person marked stays."""
    engine.execute("DELETE FROM shields WHERE origin <> 'unit' AND run_no >= ?", [run_no])
    engine.execute("DELETE FROM quarantine WHERE run_no >= ? AND resolved_at IS NULL", [run_no])
    engine.execute("DELETE FROM searched WHERE run_no >= ?", [run_no])


def siblings(engine: Engine, record: RecordKey) -> list[RecordKey]:
    """The record and every other one that shares its child, as published or in the open run."""
    rows = engine.rows(
        """WITH seen AS (
            SELECT child_no, source_no, record_high, record_low FROM members m JOIN records r USING (row_id)
            WHERE m.to_run IS NULL OR m.to_run > $run)
        SELECT DISTINCT b.source_no, b.record_high, b.record_low FROM seen a JOIN seen b USING (child_no)
        WHERE a.source_no = $source_no AND a.record_high = $high AND a.record_low = $low""",
        {
            "run": last_settled(engine),
            **dict(zip(("source_no", "high", "low"), record.values, strict=True)),
        },
    )
    return [record, *(key for key in map(_key, rows) if key != record)]


def records_of_child(engine: Engine, child_id: bytes) -> list[RecordKey]:
    """The records of a child, as published or in the open run; of the child that it was merged into, if it was.

    Raises
    ------
    IndexRefused
        If there is no such child, or it has no records any more.
    """
    high, low = split_record_id(child_id)
    rows = engine.rows(
        """WITH RECURSIVE heirs(child_no, merged_into) AS (
            SELECT child_no, merged_into FROM children WHERE id_high = ? AND id_low = ?
            UNION SELECT c.child_no, c.merged_into FROM children c JOIN heirs ON c.child_no = heirs.merged_into)
        SELECT DISTINCT source_no, record_high, record_low FROM heirs
        JOIN members m USING (child_no) JOIN records USING (row_id) WHERE m.to_run IS NULL OR m.to_run > ?""",
        [high, low, last_settled(engine)],
    )
    if not rows:
        raise IndexRefused(
            "the index has no child of that id; `childindex lookup` finds the child of a record"
        )
    return [_key(row) for row in rows]


def _key(row: tuple[int, int, int]) -> RecordKey:
    return RecordKey(row[0], join_record_id(row[1], row[2]))


def shielded_rows(engine: Engine) -> npt.NDArray[np.int64]:
    """Live rows, ascending, that are shielded: by their source, by a mark, or by a record that shares their child."""
    table = engine.arrow(
        """WITH causes AS MATERIALIZED (
            SELECT row_id, record_no FROM records WHERE to_run IS NULL AND flags & ? <> 0
            UNION SELECT row_id, record_no FROM records SEMI JOIN shielded_records
                USING (source_no, record_high, record_low) WHERE to_run IS NULL),
        shielded AS MATERIALIZED (
            SELECT DISTINCT child_no FROM members SEMI JOIN causes USING (record_no) WHERE to_run IS NULL),
        beside AS MATERIALIZED (
            SELECT record_no FROM members SEMI JOIN shielded USING (child_no) WHERE to_run IS NULL)
        SELECT row_id FROM causes
        UNION SELECT row_id FROM records SEMI JOIN beside USING (record_no) WHERE to_run IS NULL
        ORDER BY row_id""",
        [int(RecordFlag.SHIELDED)],
    )
    return np.asarray(table["row_id"].to_numpy())


# A child whose only cause is a quarantine protects nobody yet: what is near it is not near a shielded child. Only
# records with a flag or a mark are joined to their children, and those to their records: few of a nation's.
_PROTECTED = """
    WITH
    marks AS MATERIALIZED (
        SELECT source_no, record_high, record_low, bool_or(origin = 'unit') AS by_unit,
            bool_or(origin = 'inherited') AS is_inherited, bool_or(origin = 'quarantine') AS is_quarantined
        FROM shields WHERE lifted_at IS NULL GROUP BY ALL),
    named AS MATERIALIZED (
        SELECT row_id, record_no, flags & $shielded <> 0 OR coalesce(by_unit, false) AS has_cause,
            coalesce(is_inherited, false) AS is_inherited, coalesce(is_quarantined, false) AS is_quarantined
        FROM records LEFT JOIN marks USING (source_no, record_high, record_low)
        WHERE to_run IS NULL AND (flags & $shielded <> 0 OR by_unit IS NOT NULL)),
    own AS MATERIALIZED (
        SELECT record_no, child_no FROM members SEMI JOIN named USING (record_no) WHERE to_run IS NULL),
    chosen AS MATERIALIZED (
        SELECT coalesce(child_no, -row_id - 1) AS child_no FROM named LEFT JOIN own USING (record_no)
        GROUP BY ALL HAVING bool_or(has_cause) OR bool_or(is_inherited) AND NOT bool_or(is_quarantined)),
    beside AS MATERIALIZED (
        SELECT record_no FROM members SEMI JOIN chosen USING (child_no) WHERE to_run IS NULL),
    protected AS MATERIALIZED (
        SELECT row_id FROM records SEMI JOIN beside USING (record_no) WHERE to_run IS NULL
        UNION SELECT -child_no - 1 FROM chosen WHERE child_no < 0)
    SELECT row_id, row_id NOT IN (SELECT row_id FROM searched)
        OR row_id IN (SELECT row_id FROM disturbed WHERE settled IS NULL) AS fresh
    FROM protected ORDER BY row_id
"""


def protected_rows(engine: Engine) -> ProtectedRows:
    """Live rows of shielded children: a new row that comes near one of them belongs into quarantine."""
    if not engine.value(_ANY_CAUSE, [int(RecordFlag.SHIELDED)]):
        return ProtectedRows(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_))
    table = engine.arrow(_PROTECTED, {"shielded": int(RecordFlag.SHIELDED)})
    fresh = table["fresh"].to_numpy(zero_copy_only=False)
    return ProtectedRows(np.asarray(table["row_id"].to_numpy()), np.asarray(fresh, dtype=np.bool_))


def note_searched(engine: Engine, run_no: int, rows: npt.NDArray[np.int64]) -> None:
    """Note that the open run looked for records near these rows."""
    with engine.table("looked", pa.table({"looked_row": rows})):
        engine.execute(
            """INSERT INTO searched SELECT looked_row, ? FROM looked
            WHERE looked_row NOT IN (SELECT row_id FROM searched)""",
            [run_no],
        )


def disturbed_rows(engine: Engine) -> npt.NDArray[np.int64]:
    """Live rows, ascending, that have to be looked at again, see the table ``disturbed``."""
    table = engine.arrow(
        """SELECT DISTINCT row_id FROM disturbed JOIN records r USING (row_id)
        WHERE settled IS NULL AND r.to_run IS NULL ORDER BY row_id"""
    )
    return np.asarray(table["row_id"].to_numpy())

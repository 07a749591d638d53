"""Erasing a record from everything that an index keeps, and the signed statement that it was done.

Erased are: every version of the record and its words, its links, its place in every child of every run, its history,
the marks, pairs and quarantine that name it, and, with its last record, the child itself and its id. Nothing of it can
be undone. The freed pages of the store still hold bytes, so the store is rewritten when it is next opened, and readers
are switched to a snapshot without it; older snapshots are removed. What remains is the look-up log, in which the record
stands as salted digests that only somebody who has its id can recognise, and, where a person asked for it, a keyed
fingerprint that keeps it from coming back (`keep_out`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.canonical import write_canonical
from linkage.exchange.labels import labelled_digest
from linkage.exchange.signing import SigningKey
from linkage.index.rules.known_pairs import RecordKey
from linkage.index.storage.columns import ColumnFiles
from linkage.index.storage.engine import Engine
from linkage.index.storage.runs import last_published, now
from linkage.index.storage.sequence import PackageKind

__all__ = [
    "Erased",
    "HeldPackage",
    "erase_records",
    "erasure_proof",
    "held_packages",
    "settle_disturbed",
    "unsettle_disturbed",
]

PROOF_USE = "proof of erasure"


@dataclass(frozen=True)
class Erased:
    """What was erased: records, versions of them, links, and children that had no other record."""

    n_records: int
    n_versions: int
    n_links: int
    n_children: int


@dataclass(frozen=True)
class HeldPackage:
    """A package that brought a record: by its source's number, its number and its digest."""

    source_no: int
    sequence: int
    digest: str


def held_packages(engine: Engine, records: Sequence[RecordKey]) -> list[HeldPackage]:
    """The loaded packages that held one of the records: snapshots of its time, and deltas that changed it."""
    with engine.table("doomed", _keys(records)):
        rows = engine.rows(
            """WITH spans AS (
                SELECT r.source_no, from_run, to_run, min(from_run) OVER span AS first_run,
                    max(coalesce(to_run, 1::BIGINT << 62)) OVER span AS last_run
                FROM records r JOIN doomed USING (source_no, record_high, record_low) WHERE row_id >= 0
                WINDOW span AS (PARTITION BY r.source_no, record_high, record_low))
            SELECT DISTINCT p.source_no, p.sequence, p.digest FROM packages p JOIN spans s ON s.source_no = p.source_no
            WHERE p.kind = ? AND p.from_run BETWEEN first_run AND last_run
                OR p.kind <> ? AND (p.from_run = s.from_run OR p.from_run = s.to_run)
            ORDER BY ALL""",
            [PackageKind.SNAPSHOT, PackageKind.SNAPSHOT],
        )
    return [HeldPackage(*row) for row in rows]


def erase_records(
    engine: Engine,
    columns: ColumnFiles,
    records: Sequence[RecordKey],
    note: Callable[[], None] = lambda: None,
) -> Erased:
    """Erase records from the store, then their words; to do it again is harmless.

    `note` is called in the same transaction: what is to be remembered of it.

    The store is left with a note that it has to be rewritten, and that words have to be overwritten, in case this is
    interrupted between.
    """
    with engine.transaction():
        with engine.table("doomed", _keys(records)):
            engine.execute(
                """CREATE OR REPLACE TEMP TABLE doomed_rows AS SELECT row_id, record_no
                FROM records JOIN doomed USING (source_no, record_high, record_low)"""
            )
            engine.execute("CREATE OR REPLACE TEMP TABLE doomed_keys AS FROM doomed")
        engine.execute(_DISTURBED)
        rows = engine.arrow("SELECT row_id FROM doomed_rows WHERE row_id >= 0 ORDER BY row_id")[
            "row_id"
        ].to_numpy()
        found = int(engine.value("SELECT count(DISTINCT record_no) FROM doomed_rows"))
        n_links = sum(engine.execute(statement) for statement in _LINKS)
        for statement in _TRACES:
            engine.execute(statement)
        n_children = _erase_children(engine)
        engine.execute("UPDATE counters SET value = 1 WHERE name IN ('scrub_pending', 'compact_pending')")
        engine.execute("UPDATE counters SET value = value + 1 WHERE name = 'protection'")
        # No snapshot from before may be built upon, see `snapshot_changes`.
        engine.execute("DELETE FROM counters WHERE name = 'erased'")
        engine.execute("INSERT INTO counters SELECT 'erased', value FROM counters WHERE name = 'protection'")
        engine.execute("DROP TABLE doomed_rows")
        engine.execute("DROP TABLE doomed_keys")
        note()
    columns.scrub(np.asarray(rows, dtype=np.int64))
    return Erased(found, len(rows), n_links, n_children)


def settle_disturbed(engine: Engine, run_no: int) -> None:
    """Every row that an erasure disturbed was resolved again: call it when a run that links is published."""
    engine.execute("UPDATE disturbed SET settled = ? WHERE settled IS NULL", [run_no])


def unsettle_disturbed(engine: Engine, run_no: int) -> None:
    """Take that back for undone runs, from this one on."""
    engine.execute("UPDATE disturbed SET settled = NULL WHERE settled >= ?", [run_no])


def _keys(records: Sequence[RecordKey]) -> pa.Table:
    values = np.array([record.values for record in records], dtype=object).reshape(-1, 3)
    return pa.table(
        {
            "source_no": pa.array(values[:, 0].tolist(), pa.int16()),
            "record_high": pa.array(values[:, 1].tolist(), pa.uint64()),
            "record_low": pa.array(values[:, 2].tolist(), pa.uint64()),
        }
    )


# What was joined through an erased record has to be resolved again by the next run, in every state that an undo may
# bring back: so all versions, whether live or not.
_DISTURBED = """
    INSERT INTO disturbed
    WITH near AS (
        SELECT right_row AS row_id FROM links JOIN doomed_rows ON left_row = row_id
        UNION SELECT left_row FROM links JOIN doomed_rows ON right_row = row_id
        UNION SELECT other.row_id FROM members one JOIN doomed_rows USING (record_no)
            JOIN members other ON other.child_no = one.child_no)
    SELECT row_id, NULL FROM near WHERE row_id NOT IN (SELECT row_id FROM doomed_rows)
"""
_LINKS = (
    "DELETE FROM links WHERE left_row IN (SELECT row_id FROM doomed_rows)",
    "DELETE FROM links WHERE right_row IN (SELECT row_id FROM doomed_rows)",
)
_ROWS = (
    "DELETE FROM events WHERE row_id IN (SELECT row_id FROM doomed_rows)",
    "DELETE FROM searched WHERE row_id IN (SELECT row_id FROM doomed_rows)",
    "DELETE FROM disturbed WHERE row_id IN (SELECT row_id FROM doomed_rows)",
    "DELETE FROM members WHERE record_no IN (SELECT record_no FROM doomed_rows)",
    "DELETE FROM records WHERE row_id IN (SELECT row_id FROM doomed_rows)",
)
_NAMES = (
    ("shields", "source_no, record_high, record_low"),
    ("archived", "source_no, record_high, record_low"),
    ("taken_over", "source_no, record_high, record_low"),
    ("quarantine", "source_no, record_high, record_low"),
    ("quarantine", "near_source, near_high, near_low"),
    ("known_pairs", "left_source, left_high, left_low"),
    ("known_pairs", "right_source, right_high, right_low"),
)
"""Where a record is named, by table and columns."""
_TRACES = (
    *_ROWS,
    *(
        f"DELETE FROM {table} WHERE ({names}) IN (SELECT (source_no, record_high, record_low) FROM doomed_keys)"  # noqa: S608
        for table, names in _NAMES
    ),
)


def _erase_children(engine: Engine) -> int:
    """Erase children that no record of any run belongs to any more, and retire those that none does at present."""
    empty = "child_no NOT IN (SELECT child_no FROM members)"
    engine.execute(f"DELETE FROM events WHERE {empty}")  # noqa: S608 - our own names
    engine.execute(
        "UPDATE events SET other_child = NULL WHERE other_child NOT IN (SELECT child_no FROM members)"
    )
    n_children = engine.execute(f"DELETE FROM children WHERE {empty}")  # noqa: S608 - as above
    engine.execute(f"DELETE FROM dormant WHERE {empty}")  # noqa: S608 - as above
    engine.execute(
        """UPDATE children SET merged_into = NULL
        WHERE merged_into NOT IN (SELECT child_no FROM children UNION SELECT child_no FROM dormant)"""
    )
    engine.execute(
        """UPDATE children SET to_run = ? WHERE to_run IS NULL
        AND child_no NOT IN (SELECT child_no FROM members WHERE to_run IS NULL)""",
        [last_published(engine)],
    )
    return n_children


def erasure_proof(
    erased: Erased,
    subject: tuple[str, bytes],
    nonce: bytes,
    key: SigningKey,
    *,
    fingerprint: str,
    n_packages: int,
    log: npt.NDArray[np.uint8] | bytes,
) -> bytes:
    """A signed statement that something was erased, which names nothing: canonical JSON on one line.

    Parameters
    ----------
    subject
        What was asked for: source and record id, or an empty source and a child id. It is only committed to, with a
        nonce: who has its id can see that the statement is about it.
    log
        The chain value of the look-up log behind the entry of the order.
    """
    content: dict[str, Any] = {
        "at": now(),
        "format": "childindex proof of erasure",
        "index": fingerprint,
        "links": erased.n_links,
        "log": bytes(log).hex(),
        "nonce": nonce.hex(),
        "packages": n_packages,
        "records": erased.n_records,
        "subject": labelled_digest("erased subject", nonce, *subject).hex(),
        "version": 1,
        "versions": erased.n_versions,
    }
    content["signature"] = key.sign(PROOF_USE, write_canonical(content)).hex()
    return write_canonical(content) + b"\n"

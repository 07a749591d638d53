"""Taking a verified package into the open run: all of it in one transaction, or nothing.

The rows of a batch are joined with the live rows of their source. A record whose words and flags are as they were
is left alone; otherwise its row ends and a new one begins. Words are appended to the column files and flushed
before the transaction commits, so that a committed row always has its words; what a killed load appended lies
behind the committed end and is cut off.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.errors import PackageRefused
from linkage.exchange.plurals import counted
from linkage.exchange.records import EncodedRecords, Operation
from linkage.index.following.taken_over import former_numbers
from linkage.index.rules.ageing import aged_out
from linkage.index.rules.keep_out import KeepOut, kept_out
from linkage.index.storage.columns import ColumnFiles
from linkage.index.storage.engine import Engine
from linkage.index.storage.links import end_links_of_ended_rows
from linkage.index.storage.record_ids import halves_of
from linkage.index.storage.runs import begin_run
from linkage.index.storage.sequence import PackageIdentity, PackageKind, already_loaded, check_sequence

__all__ = ["Staged", "stage_package"]

Rows = npt.NDArray[np.int64]

COMPARED_AT_ONCE = 8192


@dataclass(frozen=True)
class Staged:
    """What a package changed.

    Attributes
    ----------
    already_loaded
        The very same package had been loaded before: nothing was done, and all counts are 0.
    n_aged_out
        Records that were not taken in, because their cohort has left the index.
    n_kept_out
        Records that were not taken in, because they were erased.
    n_new, n_changed, n_unchanged, n_deleted
        Records. A shielded or canary flag that changed counts as a change.
    """

    already_loaded: bool = False
    n_new: int = 0
    n_changed: int = 0
    n_unchanged: int = 0
    n_deleted: int = 0
    n_aged_out: int = 0
    n_kept_out: int = 0

    def __add__(self, other: "Staged") -> "Staged":
        return Staged(
            self.already_loaded or other.already_loaded,
            self.n_new + other.n_new,
            self.n_changed + other.n_changed,
            self.n_unchanged + other.n_unchanged,
            self.n_deleted + other.n_deleted,
            self.n_aged_out + other.n_aged_out,
            self.n_kept_out + other.n_kept_out,
        )


def stage_package(
    engine: Engine,
    columns: ColumnFiles,
    source_no: int,
    package: PackageIdentity,
    batches: Iterable[EncodedRecords],
    *,
    kind: str,
    keep_out: KeepOut | None = None,
) -> Staged:
    """Take a package into the open run; a new run of that kind begins if none is open.

    `batches` are consumed inside the transaction: an error raised while reading them undoes the package. What
    `keep_out` recognises as erased is not taken in.

    Raises
    ------
    PackageRefused
        If the package is not the next one of its source, names a record twice, deletes records that are not in
        the index, or is a snapshot that deletes.
    IndexRefused
        If erased records are kept out of the index, and `keep_out` is missing or of another key.
    """
    if already_loaded(engine, source_no, package.digest):
        return Staged(already_loaded=True)
    check_sequence(engine, source_no, package)
    n_rows_before = columns.n_rows
    try:
        with engine.transaction():
            run_no = begin_run(engine, kind)
            staged = _take_in(_Load(engine, columns, source_no, package, run_no, keep_out), batches)
            engine.execute(
                "INSERT INTO packages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
                [
                    source_no, package.sequence, package.kind, package.digest, package.previous_digest,
                    package.key_epoch, package.key_check,
                    staged.n_new, staged.n_changed, staged.n_unchanged, staged.n_deleted, run_no,
                ],
            )  # fmt: skip
            engine.execute("UPDATE counters SET value = ? WHERE name = 'next_row'", [columns.n_rows])
            columns.flush()
    except BaseException:
        columns.cut(n_rows_before)
        raise
    return staged


@dataclass(frozen=True)
class _Load:
    """What every step of a load needs."""

    engine: Engine
    columns: ColumnFiles
    source_no: int
    package: PackageIdentity
    run_no: int
    keep_out: KeepOut | None


def _take_in(load: _Load, batches: Iterable[EncodedRecords]) -> Staged:
    load.engine.execute("CREATE OR REPLACE TEMP TABLE arrived (high UBIGINT, low UBIGINT)")
    staged = Staged()
    for batch in batches:
        staged += _take_batch(load, batch)
    _refuse_repeated(load)
    if load.package.kind is PackageKind.SNAPSHOT:
        n_absent = load.engine.execute(
            """UPDATE records SET to_run = ? WHERE to_run IS NULL AND source_no = ?
            AND NOT EXISTS (FROM arrived WHERE high = record_high AND low = record_low)""",
            [load.run_no, load.source_no],
        )
        staged += Staged(n_deleted=n_absent)
    load.engine.execute("DROP TABLE arrived")
    end_links_of_ended_rows(load.engine, load.run_no)
    return staged


def _take_batch(load: _Load, batch: EncodedRecords) -> Staged:
    high, low = halves_of(batch.record_ids)
    deletes = batch.operations == Operation.DELETE
    if load.package.kind is PackageKind.SNAPSHOT and deletes.any():
        raise PackageRefused(
            f"{load.package.name} is a snapshot and deletes {counted(int(deletes.sum()), 'record')}"
        )
    arrived = pa.table({"place": np.arange(len(batch)), "high": high, "low": low})
    with load.engine.table("batch", arrived):
        load.engine.execute("INSERT INTO arrived SELECT high, low FROM batch")
        known = load.engine.arrow(
            """SELECT place, row_id, record_no, flags FROM batch JOIN records
            ON record_high = high AND record_low = low
            WHERE source_no = ? AND to_run IS NULL ORDER BY place""",
            [load.source_no],
        )
    place, row_id = known["place"].to_numpy(), known["row_id"].to_numpy()
    record_no = np.full(len(batch), -1, dtype=np.int64)
    record_no[place] = known["record_no"].to_numpy()
    # Live records stay until `expire` takes their whole child; what is not here any more is not let in again.
    unknown = record_no < 0
    aged = aged_out(load.engine, load.columns.schema, load.source_no, batch) & unknown
    kept = np.zeros(len(batch), dtype=np.bool_)
    kept[unknown] = kept_out(load.engine, load.keep_out, load.package.source, batch.record_ids[unknown])
    dropped = aged | kept
    n_never_were = int((deletes & unknown & ~dropped).sum())
    if n_never_were:
        raise PackageRefused(
            f"{load.package.name} deletes {counted(n_never_were, 'record that is', 'records that are')}"
            " not in the index: "
            "ask the source for a snapshot"
        )
    same = ~deletes[place] & (known["flags"].to_numpy() == batch.flags[place])
    same[same] = _equal_words(load.columns, row_id[same], batch.words, place[same])
    written = ~deletes & ~dropped
    written[place[same]] = False
    _end_rows(load, row_id[~same])
    begun = batch if written.all() else batch.take(written)
    n_new = _begin_rows(load, begun, record_no[written])
    return Staged(
        n_new=n_new,
        n_changed=int(written.sum()) - n_new,
        n_unchanged=int(same.sum()),
        n_deleted=int((deletes & ~dropped).sum()),
        n_aged_out=int((aged & ~kept).sum()),
        n_kept_out=int(kept.sum()),
    )


def _equal_words(
    columns: ColumnFiles, rows: Rows, words: npt.NDArray[np.uint64], places: Rows
) -> npt.NDArray[np.bool_]:
    """Whether the stored row ``rows[i]`` is word by word the arrived row ``places[i]``."""
    equal = np.empty(len(rows), dtype=np.bool_)
    for start in range(0, len(rows), COMPARED_AT_ONCE):
        part = slice(start, start + COMPARED_AT_ONCE)
        equal[part] = (columns.gather(rows[part]) == words[places[part]]).all(axis=1)
    return equal


def _end_rows(load: _Load, rows: Rows) -> None:
    if not len(rows):
        return
    with load.engine.table("ended", pa.table({"ended_row": rows})):
        load.engine.execute(
            "UPDATE records SET to_run = ? WHERE to_run IS NULL AND row_id IN (SELECT ended_row FROM ended)",
            [load.run_no],
        )


def _begin_rows(load: _Load, batch: EncodedRecords, record_no: Rows) -> int:
    """Store rows; those whose record number is negative are new records. Returns how many are new."""
    n_new = int((record_no < 0).sum())
    high, low = halves_of(batch.record_ids)
    record_no = np.where(record_no < 0, former_numbers(load.engine, load.source_no, high, low), record_no)
    new = record_no < 0
    first, n_numbers = (
        load.engine.value("SELECT value FROM counters WHERE name = 'next_record'"),
        int(new.sum()),
    )
    record_no[new] = first + np.arange(n_numbers)
    load.engine.execute("UPDATE counters SET value = ? WHERE name = 'next_record'", [first + n_numbers])
    row_id = load.columns.n_rows + np.arange(len(batch))
    rows = pa.table({"row_id": row_id, "no": record_no, "high": high, "low": low, "flags": batch.flags})
    with load.engine.table("begun", rows):
        load.engine.execute(
            "INSERT INTO records SELECT row_id, no, ?, high, low, flags, ?, NULL FROM begun",
            [load.source_no, load.run_no],
        )
    load.columns.append(batch.words)
    return n_new


def _refuse_repeated(load: _Load) -> None:
    n_repeated = load.engine.value(
        "SELECT count(*) FROM (SELECT 1 FROM arrived GROUP BY high, low HAVING count(*) > 1)"
    )
    if n_repeated:
        raise PackageRefused(
            f"{load.package.name} names {counted(n_repeated, 'record')} more than once; the source must"
            " encode them again"
        )

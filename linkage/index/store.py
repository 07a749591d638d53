"""The writer's index: load it, link it, publish it, undo it."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.errors import IndexRefused
from linkage.exchange.records import EncodedRecords
from linkage.exchange.schema import Column, RecordSchema
from linkage.index.columns import ColumnFiles
from linkage.index.engine import Engine
from linkage.index.folder import IndexCard, IndexFolder
from linkage.index.links import Links, add_links, end_all_links, live_links
from linkage.index.live_rows import LiveRows, read_live_rows
from linkage.index.membership import Membership, assign_children
from linkage.index.publication import check_consistency, repair, switch_to, write_snapshot
from linkage.index.runs import (
    Run,
    RunStatus,
    begin_run,
    finish_run,
    list_runs,
    open_run,
    require_open,
)
from linkage.index.sequence import PackageIdentity
from linkage.index.spans import RESULTS, STAGED, go_back
from linkage.index.staging import Staged, stage_package

__all__ = ["Index"]

Integers = npt.NDArray[np.int64]


class Index:
    """An index that is open for writing; `open_index` makes it."""

    def __init__(self, folder: IndexFolder, card: IndexCard, engine: Engine) -> None:
        self._folder = folder
        self._card = card
        self._engine = engine
        n_rows = int(engine.value("SELECT value FROM counters WHERE name = 'next_row'"))
        self._columns = ColumnFiles(folder.columns, card.schema, n_rows)

    def repair(self) -> None:
        """Finish or clear away what a killed command left."""
        self._columns.check()
        self._columns.cut(self._columns.n_rows)
        self._scrub()
        repair(self._engine, self._folder.published, self._card)

    @property
    def fingerprint(self) -> str:
        """Of the specification that every record was encoded under."""
        return self._card.fingerprint

    @property
    def schema(self) -> RecordSchema:
        """The columns of a record."""
        return self._card.schema

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources, by source number."""
        return self._card.sources

    # Loading

    def stage(
        self, package: PackageIdentity, batches: Iterable[EncodedRecords], *, kind: str = "load"
    ) -> Staged:
        """Take a verified package into the open run, which begins if there is none. All or nothing.

        Raises
        ------
        PackageRefused
            If it is not the next package of its source, or does not fit what is in the index.
        IndexRefused
            If the index has no such source.
        """
        source_no = self._card.source_no(package.source)
        return stage_package(self._engine, self._columns, source_no, package, batches, kind=kind)

    # Reading records

    def live_rows(self) -> LiveRows:
        """Every live row."""
        return read_live_rows(self._engine)

    def record_ids(self, rows: Integers) -> npt.NDArray[np.uint8]:
        """The record id of each live row, uint8, shape (len(rows), 16); `rows` ascending."""
        with self._engine.table("asked", pa.table({"asked_row": rows})):
            table = self._engine.arrow(
                """SELECT record_high, record_low FROM asked JOIN records ON row_id = asked_row
                ORDER BY row_id"""
            )
        halves = [np.asarray(table[name].to_numpy()) for name in ("record_high", "record_low")]
        return np.stack(halves, axis=1).astype(">u8").view(np.uint8)

    def words(self, rows: Integers) -> npt.NDArray[np.uint64]:
        """The encoded rows, uint64, shape (len(rows), schema.n_words); ascending rows are read fastest."""
        return self._columns.gather(rows)

    def column(self, column: Column) -> npt.NDArray[np.uint64]:
        """One column of every row ever stored, by row id, as a read-only view of its file."""
        return self._columns.column(column)

    # Linking

    def begin_run(self, kind: str = "link") -> int:
        """Number of the open run, or of a new one; what an earlier attempt at linking it left is dropped."""
        with self._engine.transaction():
            run_no = begin_run(self._engine, kind)
            self._drop_results(run_no)
        return run_no

    def store_links(self, run_no: int, links: Iterable[Links], *, replace: bool = False) -> int:
        """Add links to the open run; with `replace` they take the place of all earlier ones."""
        with self._engine.transaction():
            require_open(self._engine, run_no)
            if replace:
                end_all_links(self._engine, run_no)
            return add_links(self._engine, run_no, links)

    def links(self, minimum_weight: float = -np.inf) -> Links:
        """Every live link of at least a weight, ordered by left and right row."""
        return live_links(self._engine, minimum_weight)

    def assign_children(self, run_no: int, rows: Integers, clusters: Integers) -> Membership:
        """Give clusters of live rows their child ids, continuing yesterday's where the rule says so.

        Rows that are not given keep their child. See `identity` for the rule and `membership` for the arguments.
        """
        with self._engine.transaction():
            require_open(self._engine, run_no)
            return assign_children(self._engine, run_no, rows, clusters)

    # Ending a run

    def publish(
        self,
        run_no: int,
        *,
        metrics: Mapping[str, Any] | None = None,
        model: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Make the open run what readers see, in one step.

        Raises
        ------
        ChildindexError
            If a live record has no child, or two: the run was not linked to its end.
        """
        require_open(self._engine, run_no)
        check_consistency(self._engine)
        with self._engine.transaction():
            finish_run(self._engine, run_no, RunStatus.PUBLISHED, reason=reason, metrics=metrics, model=model)
            name = write_snapshot(self._engine, self._folder.published, self._card, run_no)
        switch_to(self._folder.published, name)

    def refuse(self, run_no: int, *, reason: str, metrics: Mapping[str, Any] | None = None) -> None:
        """Keep the open run from being published: readers go on seeing yesterday."""
        with self._engine.transaction():
            require_open(self._engine, run_no)
            finish_run(self._engine, run_no, RunStatus.REFUSED, reason=reason, metrics=metrics)

    def undo(self, run_no: int, *, reason: str) -> int:
        """Restore the state before a run, undoing every later run too, and publish it.

        Returns the number of the run that records the undoing. Row and child numbers of undone runs are not used
        again; the encoded rows that only undone runs had are overwritten.

        Raises
        ------
        IndexRefused
            If there is no such run, or it was undone already.
        """
        undone = [run for run in self.runs() if run.run_no >= run_no and run.status is not RunStatus.UNDONE]
        if not any(run.run_no == run_no for run in undone):
            raise IndexRefused(f"there is no run {run_no} to undo; `childindex history` lists the runs")
        with self._engine.transaction():
            go_back(self._engine, (*STAGED, *RESULTS), run_no)
            for run in undone:
                self._engine.execute(
                    "UPDATE runs SET status = ? WHERE run_no = ?", [RunStatus.UNDONE, run.run_no]
                )
            number = begin_run(self._engine, "undo")
            self._engine.execute(
                "UPDATE runs SET undone_by = ? WHERE run_no >= ? AND run_no < ? AND undone_by IS NULL",
                [number, run_no, number],
            )
            self._engine.execute("UPDATE counters SET value = 1 WHERE name = 'scrub_pending'")
        self.publish(number, reason=reason)
        self._scrub()
        return number

    def runs(self) -> list[Run]:
        """All runs, oldest first."""
        return list_runs(self._engine)

    def open_run(self) -> int | None:
        """Number of the run that is neither published nor undone, if there is one."""
        return open_run(self._engine)

    def _drop_results(self, run_no: int) -> None:
        go_back(self._engine, RESULTS, run_no)
        self._engine.execute(
            """UPDATE links SET to_run = ? WHERE to_run IS NULL AND (
            left_row IN (SELECT row_id FROM records WHERE to_run IS NOT NULL)
            OR right_row IN (SELECT row_id FROM records WHERE to_run IS NOT NULL))""",
            [run_no],
        )

    def _scrub(self) -> None:
        """Overwrite the words of rows that no record has any more; repeated if it was interrupted."""
        if not self._engine.value("SELECT value FROM counters WHERE name = 'scrub_pending'"):
            return
        kept = self._engine.arrow("SELECT row_id FROM records")["row_id"].to_numpy()
        orphaned = np.ones(self._columns.n_rows, dtype=np.bool_)
        orphaned[kept] = False
        self._columns.scrub(np.flatnonzero(orphaned))
        self._engine.execute("UPDATE counters SET value = 0 WHERE name = 'scrub_pending'")

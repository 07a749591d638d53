"""The writer's index: load it, link it, publish it, undo it."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.exchange.errors import IndexRefused
from linkage.exchange.processors import available_threads
from linkage.exchange.records import EncodedRecords
from linkage.exchange.schema import Column, RecordSchema
from linkage.exchange.translations import Translated
from linkage.index.children.membership import Membership, assign_children
from linkage.index.following.succession import Succession
from linkage.index.leaving import Leaving
from linkage.index.loading.incremental import affected_rows, rows_sharing_keys
from linkage.index.loading.staging import Staged, stage_package
from linkage.index.publishing.publication import (
    check_consistency,
    repair,
    republish,
    switch_to,
    write_snapshot,
)
from linkage.index.reading.look_up_log import flush_log
from linkage.index.rules.erasure import settle_disturbed
from linkage.index.rules.keep_out import KeepOut
from linkage.index.rules.known_pairs import settle_pairs, unsettled_rows
from linkage.index.rules.protection import Protection
from linkage.index.rules.shielding import forget_marks, inherit_shields
from linkage.index.storage.columns import ColumnFiles
from linkage.index.storage.engine import Engine
from linkage.index.storage.folder import IndexCard, IndexFolder
from linkage.index.storage.links import Links, add_links, end_all_links, end_links_of_ended_rows, live_links
from linkage.index.storage.live_rows import LiveRows, count_live, read_live_rows, read_record_ids
from linkage.index.storage.row_file import RowFile
from linkage.index.storage.runs import (
    Run,
    RunStatus,
    begin_run,
    finish_run,
    last_published,
    last_settled,
    list_runs,
    note_log,
    open_run,
    require_open,
)
from linkage.index.storage.sequence import (
    LoadedPackage,
    PackageIdentity,
    key_checks,
    last_packages,
    packages_of_run,
)
from linkage.index.storage.spans import RESULTS, go_back
from linkage.index.undoing import scrub_orphans, undo_runs

__all__ = ["Index"]

Integers = npt.NDArray[np.int64]

ROWS_AT_ONCE = 1 << 17


class Index:
    """An index that is open for writing; `open_index` makes it.

    Attributes
    ----------
    protection
        What people decided about records and pairs.
    leaving
        Who leaves with age, and erasure.
    """

    def __init__(
        self, folder: IndexFolder, card: IndexCard, engine: Engine, threads: int | None = None
    ) -> None:
        self._folder = folder
        self._card = card
        self._engine = engine
        self._threads = threads or available_threads()
        n_rows = int(engine.value("SELECT value FROM counters WHERE name = 'next_row'"))
        self._columns = ColumnFiles(folder.columns, card.schema, n_rows)
        self.protection = Protection(engine, card, lambda: republish(engine, folder.published, card))
        self.leaving = Leaving(
            engine, self._columns, folder, card, lambda run_no: self.publish(run_no, resolved=False)
        )

    def repair(self) -> None:
        """Finish or clear away what a killed command left."""
        self._columns.check()
        self._columns.cut(self._columns.n_rows)
        scrub_orphans(self._engine, self._columns)
        repair(self._engine, self._folder.published, self._card)

    @property
    def path(self) -> Path:
        """The folder of the index."""
        return self._folder.path

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

    @property
    def linking_folder(self) -> Path:
        """Where a linking run keeps how far it got."""
        return self._folder.linking

    @property
    def scratch_folder(self) -> Path:
        """Room for what is gone when the command ends; a killed one's is removed by the next."""
        return self._folder.scratch

    # Loading

    def stage(
        self,
        package: PackageIdentity,
        batches: Iterable[EncodedRecords],
        *,
        kind: str = "load",
        keep_out: KeepOut | None = None,
    ) -> Staged:
        """Take a verified package into the open run, which begins if there is none. All or nothing.

        Records that were erased are recognised by `keep_out` and left out.

        Raises
        ------
        PackageRefused
            If it is not the next package of its source, or does not fit what is in the index.
        IndexRefused
            If the index has no such source, or keeps records out that only `keep_out` can recognise.
        """
        source_no = self._card.source_no(package.source)
        return stage_package(
            self._engine, self._columns, source_no, package, batches, kind=kind, keep_out=keep_out
        )

    # Reading records

    def live_rows(self, since: int | None = None) -> LiveRows:
        """Every live row; fresh are those that began after run `since`, by default the last published one."""
        return read_live_rows(self._engine, since)

    def count_live(self, since: int | None = None) -> tuple[int, int]:
        """How many live rows there are, and how many of them are fresh, as in `live_rows`."""
        return count_live(self._engine, since)

    def record_ids(self, rows: Integers) -> npt.NDArray[np.uint8]:
        """The record id of each row, uint8, shape (len(rows), 16)."""
        return read_record_ids(self._engine, rows)

    def words(self, rows: Integers, *, spare: int = 0, threads: int | None = None) -> npt.NDArray[np.uint64]:
        """The encoded rows, uint64, shape (len(rows), schema.n_words); ascending rows are read fastest.

        With `spare` so many more columns, of zeros, for what the caller works out from the others. `threads` copy, by
        default those of the index.
        """
        return self._columns.gather(rows, spare=spare, threads=threads or self._threads)

    def row_file(self, rows: Integers) -> RowFile:
        """The encoded rows given, laid out row after row in a file without a name; to be used as a context."""
        file = RowFile(self._folder.scratch, self.schema.n_words)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            file.append(self._columns.gather(rows[start : start + ROWS_AT_ONCE]))
        return file

    def column(self, column: Column) -> npt.NDArray[np.uint64]:
        """One column of every row ever stored, by row id, as a read-only view of its file."""
        return self._columns.column(column)

    def rows_sharing_keys(self, spaces: Sequence[Sequence[Column]], rows: Integers) -> Integers:
        """Live rows, ascending, that share a blocking key of some space with one of the rows given, these included.

        Every candidate pair with one of these rows lies among the rows returned.
        """
        return rows_sharing_keys(self._engine, self._columns, spaces, rows, threads=self._threads)

    def affected_rows(self, since: int | None = None, minimum_weight: float = -np.inf) -> Integers:
        """Live rows, ascending, to be resolved again since a run, by default the last published; see `incremental`.

        Call it when the links of the open run are stored, resolve these rows with `links(rows=...)` and the known
        pairs of `protection`, and give all of them to `assign_children`. `minimum_weight` is that from which links
        join.
        """
        since = last_settled(self._engine) if since is None else since
        return affected_rows(self._engine, self._columns.n_rows, since, minimum_weight)

    def is_unsettled(self) -> bool:
        """Whether people decided something about pairs that the last publication did not look at."""
        return len(unsettled_rows(self._engine)) > 0

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Load and link as usual inside the block; nothing of it is kept, also if the process is killed.

        An error inside a step is not undone by itself, as it is outside: leave the block then.
        """
        n_rows = self._columns.n_rows
        try:
            with self._engine.rehearsal():
                yield
        finally:
            self._columns.cut(n_rows)

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

    def links(self, minimum_weight: float = -np.inf, *, rows: Integers | None = None) -> Links:
        """Live links of at least a weight, ordered by left and right row; with `rows`, those between two of them."""
        return live_links(self._engine, minimum_weight, rows)

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
        resolved: bool = True,
    ) -> None:
        """Make the open run what readers see, in one step; `resolved` says that it linked what had to be linked.

        Raises
        ------
        ChildindexError
            If a live record has no child, or two: the run was not linked to its end.
        """
        require_open(self._engine, run_no)
        check_consistency(self._engine)
        self._publish(run_no, reason, metrics, model, resolved=resolved)

    def _publish(
        self,
        run_no: int,
        reason: str,
        metrics: Mapping[str, Any] | None = None,
        model: Mapping[str, Any] | None = None,
        *,
        resolved: bool = False,
    ) -> None:
        with self._engine.transaction():
            if resolved:
                settle_disturbed(self._engine, run_no)
            finish_run(self._engine, run_no, RunStatus.PUBLISHED, reason=reason, metrics=metrics, model=model)
            head = flush_log(self._folder.log)
            note_log(self._engine, run_no, head.n_entries, head.chain.hex())
            inherit_shields(self._engine, run_no)
            settle_pairs(self._engine)
            name = write_snapshot(self._engine, self._folder.published, self._card, run_no)
        switch_to(self._folder.published, name)
        shutil.rmtree(self._folder.linking, ignore_errors=True)

    def refuse(
        self,
        run_no: int,
        *,
        reason: str,
        metrics: Mapping[str, Any] | None = None,
        model: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the open run from being published: readers go on seeing yesterday."""
        with self._engine.transaction():
            require_open(self._engine, run_no)
            finish_run(self._engine, run_no, RunStatus.REFUSED, reason=reason, metrics=metrics, model=model)

    def undo(self, run_no: int, *, reason: str) -> int:
        """Restore the state before a run, undoing every later run too, and publish it.

        What people decided stays. A child that was restored against a separation is published as shielded, and is
        taken apart by the next run.

        Returns
        -------
        int
            The run that records the undoing. Row and child numbers of undone runs are not used again; the encoded
            rows that only undone runs had are overwritten.

        Raises
        ------
        IndexRefused
            If there is no such run, or it was undone already.
        """
        with self._engine.transaction():
            number = undo_runs(self._engine, run_no)
        self._publish(number, reason)
        scrub_orphans(self._engine, self._columns)
        return number

    # Handing over, and what is known of runs

    def succession(
        self, pairs: Mapping[str, Translated], sources: Sequence[str], keys: KeepOut
    ) -> Succession:
        """What a new index of these sources would take over from this one, see `succession`.

        Raises
        ------
        IndexRefused
            If a run is open, or nothing was published yet.
        """
        if (number := self.open_run()) is not None:
            raise IndexRefused(f"run {number} is open: link it, or undo it, before another index takes over")
        if not last_published(self._engine):
            raise IndexRefused("this index has published nothing that another could take over")
        return Succession(self._engine, self._card, pairs, sources, keys)

    def runs(self) -> list[Run]:
        """All runs, oldest first."""
        return list_runs(self._engine)

    def packages(self, run_no: int) -> list[LoadedPackage]:
        """The packages that a run took in, by source and number."""
        return packages_of_run(self._engine, run_no)

    def last_packages(self) -> dict[str, LoadedPackage]:
        """The package that was loaded last, of each source that has one."""
        return last_packages(self._engine)

    def key_checks(self) -> dict[int, str]:
        """Key check by epoch of the project keys under which its packages were encoded; empty before the first."""
        return key_checks(self._engine)

    def open_run(self) -> int | None:
        """Number of the run that is neither published nor undone, if there is one."""
        return open_run(self._engine)

    def _drop_results(self, run_no: int) -> None:
        go_back(self._engine, RESULTS, run_no)
        forget_marks(self._engine, run_no)
        end_links_of_ended_rows(self._engine, run_no)

"""How records leave an index: with age into an archive, and by erasure from everything that is kept."""

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from linkage.exchange.errors import IndexRefused
from linkage.index.children.membership import assign_children
from linkage.index.publishing.publication import drop_older_snapshots, republish
from linkage.index.rules.ageing import DueChildren, archive_rows, due_children, note_expiry, purgeable
from linkage.index.rules.erasure import Erased, HeldPackage, erase_records, held_packages
from linkage.index.rules.keep_out import KeepOut, n_kept_out, readmit
from linkage.index.rules.keep_out import keep_out as note_kept_out
from linkage.index.rules.known_pairs import RecordKey
from linkage.index.storage.columns import ColumnFiles
from linkage.index.storage.engine import Engine
from linkage.index.storage.folder import IndexCard, IndexFolder
from linkage.index.storage.links import end_links_of_ended_rows
from linkage.index.storage.runs import begin_run, open_run

__all__ = ["Leaving"]


class Leaving:
    """Who leaves an index that is open for writing; `Index.leaving` is it.

    Parameters
    ----------
    publish
        Publishes an open run that nothing had to be linked for.
    """

    def __init__(
        self,
        engine: Engine,
        columns: ColumnFiles,
        folder: IndexFolder,
        card: IndexCard,
        publish: Callable[[int], None],
    ) -> None:
        self._engine = engine
        self._columns = columns
        self._folder = folder
        self._card = card
        self._publish = publish

    def note_expiry(self, source: str, token: int, reached: str) -> bool:
        """Note that a cohort has reached an age, as its source says; see `ageing.note_expiry`."""
        source_no = self._card.source_no(source)
        return note_expiry(self._engine, self._columns, self._card.schema, source_no, token, reached)

    def due_children(self) -> DueChildren:
        """Children that are due to leave by the notices so far."""
        return due_children(self._engine, self._columns, self._card.schema)

    def expire(self) -> DueChildren:
        """Take the children that are due into the archive and publish the rest, as a run that can be undone.

        Raises
        ------
        IndexRefused
            If a run is open: it must be linked or undone first.
        """
        if (number := open_run(self._engine)) is not None:
            raise IndexRefused(f"run {number} is open: link it, or undo it, before children leave the index")
        due = self.due_children()
        if not len(due.rows):
            return due
        with self._engine.transaction():
            run_no = begin_run(self._engine, "expire")
            archive_rows(self._engine, run_no, due.rows)
            end_links_of_ended_rows(self._engine, run_no)
            nobody = np.empty(0, dtype=np.int64)
            assign_children(self._engine, run_no, nobody, nobody)
        self._publish(run_no)
        return due

    def purgeable(self, archive_days: int, as_of: datetime) -> list[tuple[str, bytes]]:
        """Source and id of each record that has been in the archive for its time."""
        found = purgeable(self._engine, archive_days, as_of)
        return [(self._card.sources[record.source_no], record.record_id) for record in found]

    def held_packages(self, records: Sequence[tuple[str, bytes]]) -> list[HeldPackage]:
        """The loaded packages that held one of the records."""
        return held_packages(self._engine, self._record_keys(records))

    def erase(self, records: Sequence[tuple[str, bytes]], keep_out: KeepOut | None = None) -> Erased:
        """Erase records from everything that is kept, and switch readers to a snapshot without them.

        The store is rewritten when the index is next opened; until then freed pages may hold bytes of them. With
        `keep_out` they are not taken in again until `readmit`.
        """

        def note() -> None:
            if keep_out is not None:
                note_kept_out(self._engine, keep_out, records)

        erased = erase_records(self._engine, self._columns, self._record_keys(records), note)
        republish(self._engine, self._folder.published, self._card)
        drop_older_snapshots(self._folder.published)
        return erased

    def readmit(self, source: str, record_id: bytes, keep_out: KeepOut) -> None:
        """Let an erased record come back, when its source sends it again.

        Raises
        ------
        IndexRefused
            If it is not kept out, the index has no such source, or the list was made under another key.
        """
        self._card.source_no(source)
        readmit(self._engine, keep_out, source, record_id)

    def n_kept_out(self) -> int:
        """How many erased records are kept out."""
        return n_kept_out(self._engine)

    def _record_keys(self, records: Sequence[tuple[str, bytes]]) -> list[RecordKey]:
        return [RecordKey(self._card.source_no(source), record_id) for source, record_id in records]

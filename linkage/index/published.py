"""Reading what is published: look-ups, exports, history, runs. Never waits for a writer, never locks one out."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.errors import IndexRefused
from linkage.exchange.records import RecordFlag
from linkage.exchange.suggestions import suggestion
from linkage.index.child_ids import format_child_ids
from linkage.index.child_views import Child, ChildEvent, ChildRecord
from linkage.index.folder import IndexFolder
from linkage.index.log_audit import Checkpoint
from linkage.index.publication import PUBLISHED_FORMAT, current_snapshot
from linkage.index.record_ids import Halves, halves_of, hexadecimal, join_record_id, joined_halves
from linkage.index.snapshot_files import REQUIRED, SnapshotTable

__all__ = ["EXPORT_SCHEMA", "PublishedIndex", "open_published"]

EXPORT_SCHEMA = pa.schema([("child_id", pa.string()), ("source", pa.string()), ("record_id", pa.string())])
"""Columns of an export: the child id as text, the source's name, the record id as 32 hexadecimal digits."""

_REMEDY = "run `childindex upgrade INDEX`, or any command that writes the index, to publish it again"


def open_published(path: Path) -> "PublishedIndex":
    """Open the index as it was last published; later publications are not seen through it.

    Raises
    ------
    IndexRefused
        If the folder is no index, or nothing has been published yet.
    """
    folder = IndexFolder(path)
    folder.read_card()
    for _attempt in range(10):
        snapshot = current_snapshot(folder.published)
        if snapshot is None:
            raise IndexRefused(f"{path} has not published anything yet; run `childindex link` first")
        try:
            return PublishedIndex(snapshot)
        except FileNotFoundError:
            continue  # two publications since the pointer was read: the folder is gone, the pointer is newer
    raise IndexRefused(
        f"{path} points to a snapshot that is not there; `childindex upgrade {path}` writes it again"
    )


class PublishedIndex:
    """A published snapshot, memory-mapped.

    Parameters
    ----------
    folder
        The folder of one run, see `snapshot_files`; `open_published` finds the current one.
    """

    def __init__(self, folder: Path) -> None:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        if card["format"] != PUBLISHED_FORMAT:
            raise IndexRefused(
                f"{folder} has format {card['format']}, this version reads {PUBLISHED_FORMAT}: {_REMEDY}"
            )
        self.run_no = int(card["run"])
        self.sources: tuple[str, ...] = tuple(card["sources"])
        self.key_checks = {int(epoch): str(check) for epoch, check in card.get("key_checks", {}).items()}
        tables = {stem: SnapshotTable(folder / f"{stem}.arrow") for stem in REQUIRED}
        if any(name not in tables[stem] for stem, names in REQUIRED.items() for name in names):
            raise IndexRefused(f"{folder} was written by an older version: {_REMEDY}")
        self._records, self._children = tables["records"], tables["children"]
        self._members, self._aliases = tables["members"], tables["aliases"]
        self._events, self._runs = tables["events"], tables["runs"]
        self._bounds = self._records["source_no"].searchsorted(np.arange(len(self.sources) + 1)).tolist()

    @property
    def n_children(self) -> int:
        """Live children, shielded ones included."""
        return len(self._children)

    @property
    def n_records(self) -> int:
        """Live records, those of shielded children included."""
        return len(self._records)

    def lookup(self, source: str, record_id: bytes) -> Child | None:
        """The child that a source's record belongs to; None if the index does not know the record.

        Raises
        ------
        IndexRefused
            If the index has no such source.
        """
        if source not in self.sources:
            raise IndexRefused(f"the index has no source {source!r}; {suggestion(source, self.sources)}")
        start, stop = self._bounds[(number := self.sources.index(source))], self._bounds[number + 1]
        place = self._records.find(record_id, "record_high", "record_low", start, stop)
        return None if place is None else self._child(int(self._records["child"][place]))

    def child(self, child_id: bytes) -> Child | None:
        """A child by its id, or by that of one that was merged into it; None if it is unknown or retired."""
        place = self._find_child(child_id)
        return None if place is None else self._child(place)

    def rows(self) -> npt.NDArray[np.int64]:
        """The row in the column files of each live record, int64, shape (n_records,), in the order of `sources_of`."""
        return self._records["row"]

    def sources_of(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
        """Source number of some live records, given by their places in `rows`."""
        return np.asarray(self._records["source_no"][places])

    def children_of(self, places: npt.NDArray[np.int64]) -> tuple[Child, ...]:
        """The child of each of some live records, given by their places in `rows`."""
        return tuple(self._child(int(child)) for child in self._records["child"][places])

    def places_of(self, child: Child) -> npt.NDArray[np.int64]:
        """Places of the records of a child of this snapshot, int64, ascending."""
        place = self._find_child(child.child_id)
        if place is None:
            return np.empty(0, dtype=np.int64)
        first, n = int(self._children["first_member"][place]), int(self._children["n_records"][place])
        return np.sort(self._members["record"][first : first + n].astype(np.int64))

    def history(self, child_id: bytes) -> tuple[ChildEvent, ...]:
        """Every event of a child, oldest first; nothing for an unknown or shielded one."""
        place = self._find_child(child_id)
        if place is None or self._is_shielded(place):
            return ()
        number = int(self._children["child_no"][place])
        start, stop = self._events["child_no"].searchsorted([number, number + 1])
        return tuple(self._event(event) for event in self._events.rows(int(start), int(stop)))

    def runs(self) -> list[dict[str, Any]]:
        """Every run up to the one that was published here, oldest first, with its metrics and model."""
        hidden = ("log_entries", "log_chain")
        return [
            {
                name: json.loads(value) if name in ("metrics", "model") else value
                for name, value in run.items()
            }
            for run in self._runs.rows(0, len(self._runs), without=hidden)
        ]

    def log_notes(self) -> list[Checkpoint]:
        """Where the look-up log ended when each run was published."""
        return [
            Checkpoint(run["log_entries"], run["log_chain"], run["finished"])
            for run in self._runs.rows(0, len(self._runs))
            if run["log_chain"]
        ]

    def export(self, *, n_batch: int = 65536, include_shielded: bool = False) -> pa.RecordBatchReader:
        """All records with their child, one row a record, ordered by child id.

        Shielded children are left out unless they are asked for.
        """
        return self.export_as(self.child_ids(), n_batch=n_batch, include_shielded=include_shielded)

    def child_ids(self) -> npt.NDArray[np.uint8]:
        """The id of every live child, uint8, shape (n_children, 16), in the order that `export_as` takes."""
        return joined_halves(Halves(self._children["id_high"], self._children["id_low"]))

    def known_ids(self) -> npt.NDArray[np.uint8]:
        """Every id that `child` finds, uint8, shape (n, 16): of live children and of those merged into them."""
        live = self._aliases["child"] >= 0
        aliases = Halves(self._aliases["id_high"][live], self._aliases["id_low"][live])
        return np.concatenate([self.child_ids(), joined_halves(aliases)])

    def export_as(
        self,
        ids: npt.NDArray[np.uint8],
        *,
        sources: Sequence[str] | None = None,
        n_batch: int = 65536,
        include_shielded: bool = False,
    ) -> pa.RecordBatchReader:
        """As `export`, under other ids and ordered by them, so that the order tells nothing of the ids replaced.

        Parameters
        ----------
        ids
            uint8, shape (n_children, 16): what to call each child of `child_ids`.
        sources
            Whose records to tell; by default those of all.
        """
        told = np.array([sources is None or name in sources for name in self.sources], dtype=np.bool_)
        shielded = (self._children["flags"] & RecordFlag.SHIELDED) != 0
        order = np.lexsort(tuple(reversed(halves_of(ids))))
        if not include_shielded:
            order = order[~shielded[order]]
        batches = self._export(ids, order, told, n_batch)
        return pa.RecordBatchReader.from_batches(EXPORT_SCHEMA, batches)

    def _export(
        self,
        ids: npt.NDArray[np.uint8],
        order: npt.NDArray[np.int64],
        told: npt.NDArray[np.bool_],
        n_batch: int,
    ) -> Iterator[pa.RecordBatch]:
        names = pa.array(self.sources, pa.string())
        n_members = self._children["n_records"][order].astype(np.int64)
        stops = np.cumsum(n_members)
        shift = self._children["first_member"][order] - (stops - n_members)
        for start in range(0, int(n_members.sum()), n_batch):
            place = np.arange(start, min(start + n_batch, int(stops[-1])))
            child = stops.searchsorted(place, "right")
            record = self._members["record"][place + shift[child]]
            kept = told[self._records["source_no"][record]]
            record, child = record[kept], order[child[kept]]
            record_ids = Halves(self._records["record_high"][record], self._records["record_low"][record])
            columns = [
                format_child_ids(ids[child]),
                names.take(pa.array(self._records["source_no"][record])),
                hexadecimal(joined_halves(record_ids)),
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=EXPORT_SCHEMA)

    def _is_shielded(self, place: int) -> bool:
        return bool(self._children["flags"][place] & RecordFlag.SHIELDED)

    def _find_child(self, child_id: bytes) -> int | None:
        found = self._children.find(child_id, "id_high", "id_low")
        if found is not None:
            return found
        alias = self._aliases.find(child_id, "id_high", "id_low")
        heir = -1 if alias is None else int(self._aliases["child"][alias])
        return heir if heir >= 0 else None

    def _child(self, place: int) -> Child:
        shielded = self._is_shielded(place)
        first = int(self._children["first_member"][place])
        n_records = 0 if shielded else int(self._children["n_records"][place])
        return Child(
            join_record_id(self._children["id_high"][place], self._children["id_low"][place]),
            tuple(self._record(record) for record in self._members["record"][first : first + n_records]),
            shielded,
            int(self._children["since_run"][place]),
        )

    def _record(self, place: int) -> ChildRecord:
        return ChildRecord(
            self.sources[self._records["source_no"][place]],
            join_record_id(self._records["record_high"][place], self._records["record_low"][place]),
        )

    def _event(self, event: dict[str, Any]) -> ChildEvent:
        other = join_record_id(event["other_high"], event["other_low"])
        record = None
        if event["source_no"] >= 0:
            source = self.sources[event["source_no"]]
            record = ChildRecord(source, join_record_id(event["record_high"], event["record_low"]))
        return ChildEvent(
            event["run_no"],
            event["kind"],
            other if any(other) else None,
            record,
            event["n_records"],
            event["pattern"],
            event["weight"],
        )

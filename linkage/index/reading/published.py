"""Reading what is published: look-ups, exports, history, runs. Never waits for a writer, never locks one out.

What is open may be one folder, or a base and what changed since (`snapshot_layers`): a child is in one of them.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.errors import IndexRefused
from linkage.exchange.records import RecordFlag
from linkage.index.publishing.child_views import Child, ChildEvent
from linkage.index.publishing.publication import PUBLISHED_FORMAT, current_snapshot
from linkage.index.publishing.snapshot_layers import REMEDY, SnapshotLayer, replaced_children
from linkage.index.publishing.stacked import stacked_at
from linkage.index.reading.child_ids import format_child_ids
from linkage.index.reading.log_audit import Checkpoint
from linkage.index.storage.folder import IndexFolder, number_of_source
from linkage.index.storage.record_ids import Halves, halves_of, hexadecimal, joined_halves

__all__ = ["EXPORT_SCHEMA", "PublishedIndex", "open_published"]

EXPORT_SCHEMA = pa.schema([("child_id", pa.string()), ("source", pa.string()), ("record_id", pa.string())])
"""Columns of an export: the child id as text, the source's name, the record id as 32 hexadecimal digits."""

Places = npt.NDArray[np.int64]


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
            raise IndexRefused(
                f"{path} has not published anything yet; run `childindex nightly` or `childindex link` first"
            )
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
                f"{folder} has format {card['format']}, this version reads {PUBLISHED_FORMAT}: {REMEDY}"
            )
        self.run_no = int(card["run"])
        self.sources: tuple[str, ...] = tuple(card["sources"])
        self.key_checks = {int(epoch): str(check) for epoch, check in card.get("key_checks", {}).items()}
        self._newest = SnapshotLayer(folder, self.sources)
        self._layers = [self._newest]
        if card["base"]:
            replaced = replaced_children(folder)
            self._layers.insert(0, SnapshotLayer(folder.parent / card["base"], self.sources, replaced))
        # Places that are handed out count what is there, the base first.
        self._record_places = [layer.record_places() for layer in self._layers]
        self._child_places = [layer.child_places() for layer in self._layers]
        self._rows = self._there("records", "row")

    @property
    def n_children(self) -> int:
        """Live children, shielded ones included."""
        return len(self._there("children", "flags"))

    @property
    def n_records(self) -> int:
        """Live records, those of shielded children included."""
        return len(self._rows)

    def lookup(self, source: str, record_id: bytes) -> Child | None:
        """The child that a source's record belongs to; None if the index does not know the record.

        Raises
        ------
        IndexRefused
            If the index has no such source.
        """
        number = number_of_source(self.sources, source)
        for layer in reversed(self._layers):
            if (place := layer.find_record(number, record_id)) is not None:
                return layer.child(place)
        return None

    def child(self, child_id: bytes) -> Child | None:
        """A child by its id, or by that of one that was merged into it; None if it is unknown or retired."""
        found = self._find_child(child_id)
        return None if found is None else found[0].child(found[1])

    def rows(self) -> npt.NDArray[np.int64]:
        """The row in the column files of each live record, int64, shape (n_records,), in the order of `sources_of`."""
        return self._rows

    def sources_of(self, places: Places) -> npt.NDArray[np.int16]:
        """Source number of some live records, given by their places in `rows`."""
        numbers = np.empty(len(places), dtype=np.int16)
        for layer, asked, inside in self._split(places):
            numbers[asked] = layer.records["source_no"][inside]
        return numbers

    def children_of(self, places: Places) -> tuple[Child, ...]:
        """The child of each of some live records, given by their places in `rows`."""
        found: dict[int, Child] = {}
        for layer, asked, inside in self._split(places):
            children = [layer.child(int(child)) for child in layer.records["child"][inside]]
            found |= zip(asked.tolist(), children, strict=True)
        return tuple(found[place] for place in range(len(places)))

    def places_of(self, child: Child) -> Places:
        """Places of the records of a child of this snapshot, int64, ascending."""
        found = self._find_child(child.child_id)
        if found is None:
            return np.empty(0, dtype=np.int64)
        layer, child_place = found
        records = np.sort(layer.records_of(np.array([child_place])))
        number = self._layers.index(layer)
        there = self._record_places[number]
        inside = records if isinstance(there, slice) else there.searchsorted(records)
        return inside + sum(self._sizes()[:number])

    def history(self, child_id: bytes) -> tuple[ChildEvent, ...]:
        """Every event of a child, oldest first; nothing for an unknown or shielded one."""
        found = self._find_child(child_id)
        return () if found is None else found[0].history(found[1])

    def runs(self) -> list[dict[str, Any]]:
        """Every run up to the one that was published here, oldest first, with its metrics and model."""
        hidden = ("log_entries", "log_chain")
        return [
            {
                name: json.loads(value) if name in ("metrics", "model") else value
                for name, value in run.items()
            }
            for run in self._newest.runs.rows(0, len(self._newest.runs), without=hidden)
        ]

    def log_notes(self) -> list[Checkpoint]:
        """Where the look-up log ended when each run was published."""
        return [
            Checkpoint(run["log_entries"], run["log_chain"], run["finished"])
            for run in self._newest.runs.rows(0, len(self._newest.runs))
            if run["log_chain"]
        ]

    def export(self, *, n_batch: int = 65536, include_shielded: bool = False) -> pa.RecordBatchReader:
        """All records with their child, one row a record, ordered by child id.

        Shielded children are left out unless they are asked for.
        """
        return self.export_as(self.child_ids(), n_batch=n_batch, include_shielded=include_shielded)

    def child_ids(self) -> npt.NDArray[np.uint8]:
        """The id of every live child, uint8, shape (n_children, 16), in the order that `export_as` takes."""
        return joined_halves(Halves(self._there("children", "id_high"), self._there("children", "id_low")))

    def known_ids(self) -> npt.NDArray[np.uint8]:
        """Every id that `child` finds, uint8, shape (n, 16): of live children and of those merged into them."""
        return np.concatenate([self.child_ids(), *(layer.alias_ids() for layer in self._layers)])

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
        shielded = (self._there("children", "flags") & RecordFlag.SHIELDED) != 0
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
        n_members = self._there("children", "n_records")[order].astype(np.int64)
        # Members and records of all layers lie one behind the other, with those that were replaced between them.
        starts = np.cumsum([0, *(len(layer.members) for layer in self._layers)])
        firsts = [
            layer.children["first_member"][places] + start
            for layer, places, start in zip(self._layers, self._child_places, starts, strict=False)
        ]
        stops = np.cumsum(n_members)
        shift = np.concatenate(firsts)[order] - (stops - n_members)
        for start in range(0, int(n_members.sum()), n_batch):
            place = np.arange(start, min(start + n_batch, int(stops[-1])))
            child = stops.searchsorted(place, "right")
            record = self._record_of_member(place + shift[child], starts)
            sources = self._at("source_no", record)
            kept = told[sources]
            record, child, sources = record[kept], order[child[kept]], sources[kept]
            record_ids = Halves(self._at("record_high", record), self._at("record_low", record))
            columns = [
                format_child_ids(ids[child]),
                names.take(pa.array(sources)),
                hexadecimal(joined_halves(record_ids)),
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=EXPORT_SCHEMA)

    def _record_of_member(self, members: Places, starts: Places) -> Places:
        """Place of the record of each member, both counted through all layers."""
        records = stacked_at([layer.members["record"] for layer in self._layers], members).astype(np.int64)
        n_before = np.cumsum([0, *(len(layer.records) for layer in self._layers)])
        return np.asarray(records + n_before[starts[1:-1].searchsorted(members, "right")])

    def _at(self, name: str, records: Places) -> npt.NDArray[Any]:
        return stacked_at([layer.records[name] for layer in self._layers], records)

    def _there(self, table: str, name: str) -> npt.NDArray[Any]:
        """A column of all records, or all children, that are there."""
        kept = self._record_places if table == "records" else self._child_places
        parts = [
            getattr(layer, table)[name][places] for layer, places in zip(self._layers, kept, strict=True)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _sizes(self) -> list[int]:
        return [
            len(layer.records) if isinstance(places, slice) else len(places)
            for layer, places in zip(self._layers, self._record_places, strict=True)
        ]

    def _split(self, places: Places) -> Iterator[tuple[SnapshotLayer, Places, Places]]:
        """For each layer which of the places asked for are in it, and where."""
        start = 0
        for layer, there, size in zip(self._layers, self._record_places, self._sizes(), strict=True):
            asked = np.flatnonzero((places >= start) & (places < start + size))
            inside = places[asked] - start
            yield layer, asked, inside if isinstance(there, slice) else there[inside]
            start += size

    def _find_child(self, child_id: bytes) -> tuple[SnapshotLayer, int] | None:
        for layer in reversed(self._layers):
            if (place := layer.find_child(child_id)) is not None:
                return layer, place
        return None

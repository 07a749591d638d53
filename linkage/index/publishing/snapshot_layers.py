"""One folder of a snapshot as a reader sees it: everything as of a run, or what changed since another folder.

A snapshot is a *base*, which holds everything, and at most one folder of *changes* on top of it. The changes hold every
child that is not in the base as it is now, whole: its records, its aliases, its history; and the places in the base of
the children that this replaces. So a child is in one layer only, a record that is not found in the changes counts in
the base only if its child was not replaced, and whatever was shielded, moved or deleted since cannot be read from the
base by accident.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.exchange.errors import IndexRefused
from linkage.exchange.records import RecordFlag
from linkage.index.publishing.child_views import Child, ChildEvent, ChildRecord
from linkage.index.publishing.snapshot_files import REQUIRED, SnapshotTable
from linkage.index.storage.record_ids import Halves, join_record_id, joined_halves

__all__ = ["REMEDY", "SnapshotLayer", "replaced_children"]

REMEDY = "run `childindex upgrade INDEX`, or any command that writes the index, to publish it again"

Places = npt.NDArray[np.int64]


def replaced_children(folder: Path) -> Places:
    """Places in the base of the children that a folder of changes replaces, int64, ascending."""
    return np.asarray(SnapshotTable(folder / "replaced.arrow")["child"])


class SnapshotLayer:
    """The tables of one folder, by place; a child that a newer layer replaces is not there.

    Parameters
    ----------
    folder
        See `snapshot_files`.
    sources
        Names of the sources, by number.
    replaced
        Places of the children that a newer layer replaces, ascending.
    """

    def __init__(self, folder: Path, sources: Sequence[str], replaced: Places | None = None) -> None:
        self.sources = sources
        tables = {stem: SnapshotTable(folder / f"{stem}.arrow") for stem in REQUIRED}
        if any(name not in tables[stem] for stem, names in REQUIRED.items() for name in names):
            raise IndexRefused(f"{folder} was written by an older version: {REMEDY}")
        self.records, self.children, self.members = (
            tables[stem] for stem in ("records", "children", "members")
        )
        self.aliases, self.events, self.runs = (tables[stem] for stem in ("aliases", "events", "runs"))
        self._replaced = np.empty(0, dtype=np.int64) if replaced is None else replaced
        self._bounds = self.records["source_no"].searchsorted(np.arange(len(sources) + 1)).tolist()

    # Children and records that are there

    def child_places(self) -> Places | slice:
        """Places of its children, ascending."""
        return self._left(len(self.children), self._replaced)

    def record_places(self) -> Places | slice:
        """Places of the records of its children, ascending."""
        if not len(self._replaced):
            return slice(None)
        return self._left(len(self.records), self.records_of(self._replaced))

    def records_of(self, children: Places) -> Places:
        """Places of all records of some children, one child behind the other."""
        sizes = self.children["n_records"][children].astype(np.int64)
        stops = np.cumsum(sizes)
        shift = np.repeat(self.children["first_member"][children] - (stops - sizes), sizes)
        return np.asarray(self.members["record"][np.arange(int(sizes.sum())) + shift], dtype=np.int64)

    def _left(self, n: int, gone: Places) -> Places | slice:
        if not len(gone):
            return slice(None)
        left = np.ones(n, dtype=np.bool_)
        left[gone] = False
        return np.flatnonzero(left)

    # Finding one

    def find_record(self, source_no: int, record_id: bytes) -> int | None:
        """Place of the child of a record; None if it is not in this layer."""
        start, stop = self._bounds[source_no], self._bounds[source_no + 1]
        place = self.records.find(record_id, "record_high", "record_low", start, stop)
        return None if place is None else self._still_there(int(self.records["child"][place]))

    def find_child(self, child_id: bytes) -> int | None:
        """Place of a child by its id, or by that of one that was merged into it."""
        found = self.children.find(child_id, "id_high", "id_low")
        if found is None:
            alias = self.aliases.find(child_id, "id_high", "id_low")
            found = -1 if alias is None else int(self.aliases["child"][alias])
        return self._still_there(found)

    def find_records(self, source_no: int, ids: Halves) -> Places:
        """Places of many records of a source, replaced or not; -1 for those that are not in this layer."""
        start, stop = self._bounds[source_no], self._bounds[source_no + 1]
        return self.records.find_many(ids, "record_high", "record_low", start, stop)

    def _still_there(self, child: int) -> int | None:
        place = int(self._replaced.searchsorted(child))
        is_replaced = place < len(self._replaced) and int(self._replaced[place]) == child
        return None if child < 0 or is_replaced else child

    # What is told of a child

    def is_shielded(self, place: int) -> bool:
        """Whether nothing but that may be told of a child."""
        return bool(self.children["flags"][place] & RecordFlag.SHIELDED)

    def child(self, place: int) -> Child:
        """A child by its place."""
        shielded = self.is_shielded(place)
        first = int(self.children["first_member"][place])
        n_records = 0 if shielded else int(self.children["n_records"][place])
        return Child(
            join_record_id(self.children["id_high"][place], self.children["id_low"][place]),
            tuple(self._record(record) for record in self.members["record"][first : first + n_records]),
            shielded,
            int(self.children["since_run"][place]),
        )

    def history(self, place: int) -> tuple[ChildEvent, ...]:
        """The events of a child by its place, oldest first; none of a shielded one."""
        if self.is_shielded(place):
            return ()
        number = int(self.children["child_no"][place])
        start, stop = self.events["child_no"].searchsorted([number, number + 1])
        return tuple(self._event(event) for event in self.events.rows(int(start), int(stop)))

    def alias_ids(self) -> npt.NDArray[np.uint8]:
        """Ids of children that were merged into one that is there, uint8, shape (n, 16)."""
        heirs = self.aliases["child"]
        live = (heirs >= 0) & ~np.isin(heirs, self._replaced)
        return joined_halves(Halves(self.aliases["id_high"][live], self.aliases["id_low"][live]))

    def _record(self, place: int) -> ChildRecord:
        return ChildRecord(
            self.sources[self.records["source_no"][place]],
            join_record_id(self.records["record_high"][place], self.records["record_low"][place]),
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

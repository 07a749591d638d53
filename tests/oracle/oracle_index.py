"""Small indexes and made-up encoded records, for every test of the index."""

import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linkage.exchange.records import EncodedRecords, Operation, RecordFlag
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.index import (
    Child,
    Index,
    Links,
    PackageIdentity,
    PackageKind,
    PublishedIndex,
    create_index,
    open_published,
)
from linkage.index.publishing.publication import write_snapshot
from linkage.index.storage.runs import last_published

SCHEMA = RecordSchema.of(
    [
        (ColumnKind.FILTER, "name", 3),
        (ColumnKind.TOKEN, "number", 1),
        (ColumnKind.BLOCK, "year", 1),
        (ColumnKind.BLOCK, "place", 1),
    ]
)


def record_id(name: int) -> bytes:
    """A record id that spreads over both halves."""
    return (name * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128).to_bytes(16, "big")


@dataclass(frozen=True)
class Told:
    """What a source tells of one record."""

    name: int
    content: int = 0
    deleted: bool = False
    flags: RecordFlag = RecordFlag.NONE


def encode(told: Iterable[Told | int]) -> EncodedRecords:
    """Encoded records whose words follow from name and content."""
    records = [Told(record) if isinstance(record, int) else record for record in told]
    n = len(records)
    ids = np.frombuffer(b"".join(record_id(record.name) for record in records), dtype=np.uint8)
    operation = [Operation.DELETE if record.deleted else Operation.UPSERT for record in records]
    words = np.zeros((n, SCHEMA.n_words), dtype=np.uint64)
    for row, record in enumerate(records):
        words[row] = np.arange(SCHEMA.n_words) + 1000 * record.name + 7 * record.content + 1
    flags = np.array([record.flags for record in records], dtype=np.uint8)
    return EncodedRecords(ids.reshape(n, 16), np.array(operation, dtype=np.uint8), flags, words)


class Nights:
    """An index under test, with short words for long steps."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: dict[str, tuple[int, str]] = {}
        create_index(path, "version = 1\n", "f" * 64, SCHEMA, ["school", "gp", "benefits"])

    @classmethod
    def resume(cls, path: Path, last: dict[str, tuple[int, str]]) -> "Nights":
        """Go on with an index that exists; `last` is sequence and digest of each source's last package."""
        nights = cls.__new__(cls)
        nights.path, nights._last = path, last
        return nights

    def package(self, source: str, kind: PackageKind) -> PackageIdentity:
        """The next package of a source."""
        sequence, previous = self._last.get(source, (0, ""))
        digest = f"{source}-{sequence + 1}"
        self._last[source] = (sequence + 1, digest)
        return PackageIdentity(source, sequence + 1, kind, digest, previous)

    def snapshot(self, index: Index, source: str, *told: Told | int) -> None:
        """Load a snapshot."""
        index.stage(self.package(source, PackageKind.SNAPSHOT), [encode(told)])

    def delta(self, index: Index, source: str, *told: Told | int) -> None:
        """Load a delta."""
        index.stage(self.package(source, PackageKind.DELTA), [encode(told)])

    def link(self, index: Index, *clusters: set[tuple[str, int]], publish: bool = True) -> int:
        """Link live records into the clusters given, every other record alone, and publish."""
        run_no = index.begin_run()
        live = index.live_rows()
        key = self.keys(index)
        row_of = {key[position]: int(row) for position, row in enumerate(live.rows)}
        label = {record: number for number, cluster in enumerate(clusters) for record in cluster}
        labels = np.array([label.get(key[row], 1000 + row) for row in range(len(live))], dtype=np.int64)
        pairs = [
            sorted((row_of[a], row_of[b]))
            for cluster in clusters
            for a, b in zip(sorted(cluster), sorted(cluster)[1:], strict=False)
        ]
        index.store_links(run_no, [links(pairs)], replace=True)
        index.assign_children(run_no, live.rows, labels)
        if publish:
            index.publish(run_no)
        return run_no

    def keys(self, index: Index) -> list[tuple[str, int]]:
        """Source and name of every live row; the name is recovered from the words."""
        live = index.live_rows()
        words = index.words(live.rows)
        return [
            (index.sources[source], int(row[0]) // 1000)
            for source, row in zip(live.sources.tolist(), words, strict=True)
        ]


def links(pairs: list[list[int]], weight: float = 10.0) -> Links:
    """Links between rows, all with the same evidence."""
    rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    n = len(rows)
    return Links(
        rows[:, 0].copy(),
        rows[:, 1].copy(),
        np.full(n, 5, dtype=np.int64),
        np.full(n, weight, dtype=np.float32),
        np.zeros(n, dtype=np.int16),
    )


def child(nights: Nights, source: str, name: int) -> Child:
    """What readers see of a record's child."""
    found = open_published(nights.path).lookup(source, record_id(name))
    assert found is not None
    return found


def learned(published: PublishedIndex) -> dict[str, object]:
    """All that readers can learn from a snapshot, however it is laid out."""
    every = np.arange(published.n_records)
    rows, sources = published.rows().tolist(), published.sources_of(every).tolist()
    children = {bytes(known): published.child(bytes(known)) for known in published.known_ids()}
    exports = [
        published.export(include_shielded=shielded).read_all().to_pylist() for shielded in (False, True)
    ]
    return {
        "counts": (published.n_children, published.n_records, published.run_no),
        "rows": dict(zip(rows, zip(sources, published.children_of(every), strict=True), strict=True)),
        "places": sorted(
            tuple(sorted(rows[place] for place in published.places_of(child)))
            for child in children.values()
            if child is not None
        ),
        "children": children,
        "history": {known: published.history(known) for known in children},
        "exports": [sorted(row.items()) for row in exports[0] + exports[1]],
        "runs": published.runs(),
        "found": [published.lookup(row["source"], bytes.fromhex(row["record_id"])) for row in exports[1]],
    }


def learned_anew(index: Index, folder: Path) -> dict[str, object]:
    """The same of a snapshot that is written whole in this moment, beside the index."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    name = write_snapshot(index._engine, folder, index._card, last_published(index._engine))
    return learned(PublishedIndex(folder / name))


def exposed(nights: Nights) -> set[frozenset[tuple[str, int]]]:
    """The clusters that an export shows, by source and name."""
    names = {record_id(name).hex(): name for name in range(200)}
    children: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for row in open_published(nights.path).export().read_all().to_pylist():
        children[row["child_id"]].add((row["source"], names[row["record_id"]]))
    return {frozenset(records) for records in children.values()}


def shown(nights: Nights) -> set[tuple[str, int]]:
    """The records that an export shows."""
    return {record for cluster in exposed(nights) for record in cluster}

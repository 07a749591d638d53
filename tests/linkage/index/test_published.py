"""What readers see."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from oracle_index import Nights, Told, record_id

from linkage.exchange.errors import IndexRefused
from linkage.exchange.records import EncodedRecords, RecordFlag
from linkage.index import EXPORT_SCHEMA, Index, PackageIdentity, PackageKind, open_published, parse_child_id


@pytest.fixture
def linked(index: Index, nights: Nights) -> Index:
    nights.snapshot(index, "school", *range(40))
    nights.snapshot(index, "gp", *range(20, 60))
    nights.link(index, *({("school", n), ("gp", n)} for n in range(20, 40)))
    return index


def exported(path: Path, n_batch: int = 65536, *, shielded: bool = False) -> dict[str, set[tuple[str, str]]]:
    children = defaultdict(set)
    with open_published(path).export(n_batch=n_batch, include_shielded=shielded) as reader:
        assert reader.schema == EXPORT_SCHEMA
        for row in reader.read_all().to_pylist():
            children[row["child_id"]].add((row["source"], row["record_id"]))
    return children


def test_export_and_look_up_agree(linked: Index, nights: Nights) -> None:
    children = exported(nights.path)
    published = open_published(nights.path)
    assert len(children) == published.n_children == 60
    assert published.n_records == 80
    for child_id, records in children.items():
        for source, record in records:
            found = published.lookup(source, bytes.fromhex(record))
            assert found is not None
            assert found.child_id == parse_child_id(child_id)
            assert {(r.source, r.record_id.hex()) for r in found.records} == records


@pytest.mark.parametrize("n_batch", [1, 7, 80])
def test_batches_make_no_difference(linked: Index, nights: Nights, n_batch: int) -> None:
    assert exported(nights.path, n_batch) == exported(nights.path)


def test_export_is_ordered_by_child(linked: Index, nights: Nights) -> None:
    ids = open_published(nights.path).export().read_all()["child_id"].to_pylist()
    assert ids == sorted(ids)


def test_the_unknown(linked: Index, nights: Nights) -> None:
    published = open_published(nights.path)
    assert published.lookup("school", record_id(59)) is None
    assert published.lookup("benefits", record_id(1)) is None
    assert published.child(bytes(16)) is None
    assert published.history(bytes(16)) == ()
    with pytest.raises(IndexRefused, match="no source 'police'"):
        published.lookup("police", record_id(1))


def test_a_shielded_record_shields_its_child(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1, 2)
    nights.snapshot(index, "gp", Told(1, flags=RecordFlag.SHIELDED), Told(2, flags=RecordFlag.CANARY))
    nights.link(index, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)})
    published = open_published(nights.path)
    for source in ("school", "gp"):
        found = published.lookup(source, record_id(1))
        assert found is not None
        assert found.shielded
        assert found.records == ()
        assert published.history(found.child_id) == ()
    assert len(exported(nights.path)) == 1
    assert len(exported(nights.path, shielded=True)) == 2


def test_a_reader_keeps_what_it_opened(linked: Index, nights: Nights) -> None:
    yesterday = open_published(nights.path)
    before = yesterday.export().read_all()
    for name in (100, 101, 102):
        nights.delta(linked, "school", name)
        nights.link(linked)
    assert yesterday.export().read_all() == before
    assert yesterday.lookup("school", record_id(100)) is None
    assert open_published(nights.path).lookup("school", record_id(100)) is not None
    assert yesterday.run_no == 1


def test_readers_do_not_wait_for_a_transaction(linked: Index, nights: Nights) -> None:
    with linked._engine.transaction():
        linked._engine.execute("DELETE FROM members")
        assert len(exported(nights.path)) == 60
        linked._engine.execute("ROLLBACK")
        linked._engine.execute("BEGIN")


def test_old_snapshots_are_removed(linked: Index, nights: Nights) -> None:
    for _ in range(4):
        nights.link(linked)
    kept = {path.name[:6] for path in (nights.path / "published").iterdir() if path.is_dir()}
    # What readers see, what they saw before, and their base: the second run, which parted all children of the first.
    assert kept == {"000005", "000004", "000002"}


def test_an_empty_index_is_published(index: Index, nights: Nights) -> None:
    nights.link(index)
    published = open_published(nights.path)
    assert (published.n_children, published.n_records) == (0, 0)
    assert published.lookup("gp", record_id(1)) is None
    assert published.export().read_all().num_rows == 0
    assert [run["status"] for run in published.runs()] == ["published"]


def test_ids_that_share_a_half(index: Index, nights: Nights, tmp_path: Path) -> None:
    ids = np.zeros((64, 16), dtype=np.uint8)
    ids[:, 7], ids[:, 15] = np.divmod(np.arange(64), 8)
    zeros = np.zeros(64, dtype=np.uint8)
    words = np.ones((64, index.schema.n_words), dtype=np.uint64)
    words[:, 0] = 1000 * np.arange(64)
    package = PackageIdentity("school", 1, PackageKind.SNAPSHOT, "d")
    index.stage(package, [EncodedRecords(ids, zeros, zeros, words)])
    nights.link(index)
    published = open_published(nights.path)
    for row in ids:
        found = published.lookup("school", bytes(row))
        assert found is not None
        assert found.records[0].record_id == bytes(row)


def test_views_do_not_print_ids(linked: Index, nights: Nights) -> None:
    found = open_published(nights.path).lookup("school", record_id(1))
    assert found is not None
    assert record_id(1).hex() not in repr(found) + repr(found.records[0])
    assert repr(found.child_id) not in repr(found)


@pytest.mark.parametrize("fault", ["format", "pointer"])
def test_a_snapshot_that_cannot_be_read(linked: Index, nights: Nights, fault: str) -> None:
    pointer = nights.path / "published" / "current"
    card = nights.path / "published" / pointer.read_text() / "card.json"
    if fault == "format":
        told = json.loads(card.read_text())
        card.write_text(json.dumps(told | {"format": told["format"] + 1}))
    else:
        pointer.write_text("000009-00000000")
    with pytest.raises(IndexRefused, match="`childindex upgrade"):
        open_published(nights.path)

"""Children leave: aged out by cohort, archived, purged; and erased, without a trace in any byte of the folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from oracle_index import record_id

from linkage.exchange.errors import IndexRefused
from linkage.exchange.records import EncodedRecords, Operation, RecordFlag
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.exchange.signing import SigningKey
from linkage.index import (
    Index,
    Links,
    PackageIdentity,
    PackageKind,
    create_index,
    erasure_proof,
    open_index,
    open_published,
    shred_package,
)

SCHEMA = RecordSchema.of([(ColumnKind.FILTER, "name", 2), (ColumnKind.COHORT, "birth_date", 1)])
OLD, YOUNG = 7_000_000_001, 7_000_000_002
LATER = int(RecordFlag.LATER_AGE)


def encode(*told: tuple[int, int, int]) -> EncodedRecords:
    """Records by name, cohort and flags; cohort -1 deletes."""
    n = len(told)
    ids = np.frombuffer(b"".join(record_id(name) for name, _, _ in told), dtype=np.uint8).reshape(n, 16)
    operations = np.array([Operation.DELETE if c < 0 else Operation.UPSERT for _, c, _ in told], np.uint8)
    words = np.array(
        [
            [0xABCD00000000 + name, 0x1234500000 + name, cohort] if cohort >= 0 else [0, 0, 0]
            for name, cohort, _ in told
        ],
        dtype=np.uint64,
    )
    return EncodedRecords(ids, operations, np.array([flags for *_, flags in told], np.uint8), words)


class Folder:
    """An index of two sources, and its packages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last: dict[str, int] = {}
        create_index(path, "", "f" * 64, SCHEMA, ["school", "gp"])

    def load(self, index: Index, source: str, *told: tuple[int, int, int]):
        number = self.last[source] = self.last.get(source, 0) + 1
        kind = PackageKind.SNAPSHOT if number == 1 else PackageKind.DELTA
        package = PackageIdentity(source, number, kind, f"{source}{number:04d}", f"{source}{number - 1:04d}")
        return index.stage(package, [encode(*told)])

    def link(self, index: Index) -> int:
        """Records of one name are one child."""
        run_no = index.begin_run()
        live = index.live_rows()
        names = (index.words(live.rows)[:, 0] & np.uint64(0xFFFF)).astype(np.int64)
        order = np.argsort(names, kind="stable")
        same = np.flatnonzero(np.diff(names[order]) == 0)
        pairs = np.sort(np.stack([live.rows[order[same]], live.rows[order[same + 1]]], axis=1), axis=1)
        n = len(pairs)
        weights = np.full(n, 9, np.float32)
        links = Links(pairs[:, 0], pairs[:, 1], np.full(n, 3), weights, np.zeros(n, np.int16))
        index.store_links(run_no, [links], replace=True)
        index.assign_children(run_no, live.rows, names)
        index.publish(run_no)
        return run_no

    def shown(self) -> set[tuple[str, str]]:
        rows = open_published(self.path).export().read_all().to_pylist()
        return {(row["source"], row["record_id"]) for row in rows}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "index")


@pytest.fixture
def index(folder: Folder):
    with open_index(folder.path, threads=1) as opened:
        folder.load(opened, "school", (1, OLD, 0), (2, OLD, LATER), (3, OLD, 0), (4, YOUNG, 0), (5, OLD, 0))
        folder.load(opened, "gp", (1, OLD, 0), (2, OLD, 0), (3, YOUNG, 0), (5, 0, 0))
        folder.link(opened)
        yield opened


def known(*names: int, source: str = "school") -> set[tuple[str, str]]:
    return {(source, record_id(name).hex()) for name in names}


def test_a_child_leaves_when_all_its_cohorts_have(index: Index, folder: Folder) -> None:
    assert index.leaving.note_expiry("school", OLD, "age")
    assert not index.leaving.note_expiry("school", OLD, "age")
    due = index.leaving.due_children()
    assert (due.n_children, due.n_waiting, due.n_kept) == (2, 1, 1)
    assert index.leaving.expire().n_children == 2
    # 1 is due in both sources, 5 has no cohort at the gp; 2 is kept, 3 waits for another date of birth.
    assert folder.shown() == known(2, 3, 4) | known(2, 3, source="gp")
    assert index.leaving.due_children().n_children == 0


def test_the_later_age_takes_the_flagged(index: Index, folder: Folder) -> None:
    index.leaving.note_expiry("school", OLD, "age")
    index.leaving.note_expiry("school", OLD, "later_age")
    assert index.leaving.expire().n_children == 3
    assert folder.shown() == known(3, 4) | known(3, source="gp")


def test_an_unknown_cohort_is_refused(index: Index) -> None:
    with pytest.raises(IndexRefused, match="unknown cohort"):
        index.leaving.note_expiry("gp", 12345, "age")


def test_nobody_leaves_while_a_run_is_open(index: Index, folder: Folder) -> None:
    index.leaving.note_expiry("school", OLD, "age")
    folder.load(index, "school", (6, YOUNG, 0))
    with pytest.raises(IndexRefused, match="run 2 is open"):
        index.leaving.expire()


def test_who_left_does_not_come_back_with_a_feed(index: Index, folder: Folder) -> None:
    index.leaving.note_expiry("school", OLD, "age")
    index.leaving.expire()
    staged = folder.load(index, "school", (1, OLD, 0), (7, OLD, 0), (8, OLD, LATER), (5, -1, 0), (3, OLD, 0))
    assert (staged.n_aged_out, staged.n_new, staged.n_unchanged) == (3, 1, 1)
    folder.link(index)
    assert known(8) < folder.shown()
    assert not (known(1) | known(5) | known(7)) & folder.shown()


def test_undo_takes_back_what_left(index: Index, folder: Folder) -> None:
    before = folder.shown()
    index.leaving.note_expiry("school", OLD, "age")
    index.leaving.expire()
    index.undo(2, reason="too early")
    assert folder.shown() == before
    assert index.leaving.purgeable(0, datetime.now(UTC)) == []


def test_the_archive_is_purged_after_its_time(index: Index, folder: Folder) -> None:
    index.leaving.note_expiry("school", OLD, "age")
    index.leaving.expire()
    today = datetime.now(UTC)
    assert index.leaving.purgeable(30, today + timedelta(days=29)) == []
    purged = index.leaving.purgeable(30, today + timedelta(days=31))
    assert {(source, name.hex()) for source, name in purged} == known(1, 5) | known(1, 5, source="gp")
    assert index.leaving.erase(purged).n_records == 4
    assert index.leaving.purgeable(0, today + timedelta(days=31)) == []


def traces(path: Path, *needles: bytes) -> list[str]:
    """Files of a folder that hold one of the needles in any order of bytes."""
    wanted = [needle for each in needles for needle in (each, each[::-1])]
    return [
        f"{file.relative_to(path)}"
        for file in path.rglob("*")
        if file.is_file() and any(needle in file.read_bytes() for needle in wanted)
    ]


def needles_of(name: int) -> list[bytes]:
    """What a record leaves in an index: the halves of its id, its id in hexadecimal, its words."""
    raw = record_id(name)
    words = encode((name, OLD, 0)).words[0, :2].astype("<u8").tobytes()
    return [raw[:8], raw[8:], raw.hex().encode(), words[:8], words[8:]]


def test_erasure_leaves_no_trace(folder: Folder) -> None:
    with open_index(folder.path, threads=1) as index:
        folder.load(index, "school", *((name, OLD, 0) for name in range(1, 40)))
        folder.load(index, "gp", *((name, OLD, 0) for name in range(1, 40)))
        folder.link(index)
        folder.load(index, "school", (3, YOUNG, 0))
        folder.link(index)
        index.protection.shield_record("school", record_id(3), "")
        index.protection.separate(("school", record_id(3)), ("school", record_id(4)), "", severed=True)
        child = open_published(folder.path).lookup("gp", record_id(3)).child_id
    assert traces(folder.path, *needles_of(3))
    with open_index(folder.path, threads=1) as index:
        records = index.protection.records_of(child)
        erased = index.leaving.erase(records)
        assert (erased.n_records, erased.n_versions, erased.n_children) == (2, 3, 1)
    with open_index(folder.path, threads=1):
        pass
    assert traces(folder.path, *needles_of(3), child[:8], child[8:]) == []
    assert "store.duckdb" in traces(folder.path, *needles_of(4)), "the store hides its bytes: look deeper"
    assert open_published(folder.path).lookup("gp", record_id(3)) is None
    assert len(folder.shown()) == 76
    with open_index(folder.path, threads=1) as index:
        index.undo(2, reason="")
        assert index.leaving.erase(records).n_records == 0
        folder.load(index, "gp", (50, YOUNG, 0))
        folder.link(index)
    assert ("gp", record_id(50).hex()) in folder.shown()
    assert traces(folder.path, *needles_of(3)) == []


def test_packages_that_held_a_record(index: Index, folder: Folder) -> None:
    folder.load(index, "school", (4, OLD, 0))
    folder.link(index)
    folder.load(index, "school", (1, YOUNG, 0))
    folder.load(index, "gp", (9, YOUNG, 0))
    folder.link(index)
    held = index.leaving.held_packages([("school", record_id(1))])
    assert [(package.source_no, package.sequence) for package in held] == [(0, 1), (0, 3)]
    assert index.leaving.held_packages([("gp", record_id(9))])[0].digest == "gp0002"


def test_a_shredded_package_is_gone_and_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "school" / "000001-abc.cip"
    path.parent.mkdir()
    path.write_bytes(b"header" * 2000)
    with path.open("rb") as still_open:
        shred_package(path)
        assert not path.exists()
        assert b"header" not in still_open.read(8192)


def test_the_proof_names_nothing_and_is_signed(index: Index) -> None:
    erased = index.leaving.erase([("school", record_id(4))])
    key = SigningKey.generate()
    subject = ("school", record_id(4))
    proof = erasure_proof(erased, subject, b"n" * 16, key, fingerprint="f" * 64, n_packages=2, log=b"c" * 32)
    assert not any(needle in proof for needle in (*needles_of(4), b"school"))
    assert b'"records":1' in proof
    signed, _, signature = proof.partition(b'"signature":"')
    assert len(signature.partition(b'"')[0]) == 128
    assert signed

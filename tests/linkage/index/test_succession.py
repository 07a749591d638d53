"""What an index takes over from one of an earlier epoch, and what its first runs make of it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from oracle_index import SCHEMA, Nights, encode, exposed, record_id, shown

from linkage.exchange.errors import IndexRefused
from linkage.exchange.translations import Translated
from linkage.index import (
    Decided,
    Index,
    KeepOut,
    LookUpLog,
    PackageKind,
    Request,
    audit_log,
    create_index,
    making_place,
    move_into_place,
    open_index,
    open_published,
)
from linkage.index.following import succession
from linkage.index.storage.folder import IndexFolder

SOURCES = ("school", "gp", "benefits")
KEYS = KeepOut(b"k" * 32)
SHIFT = 100
"""What a rotation adds to the number of a record: another number is another id."""
PAIRS = {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)}
LATER = tuple({(source, name + SHIFT) for source, name in pair} for pair in PAIRS)


def pairs(*sources: str, up_to: int = 10) -> dict[str, Translated]:
    def ids(start: int) -> np.ndarray:
        raw = b"".join(record_id(name) for name in range(start, start + up_to))
        return np.frombuffer(raw, dtype=np.uint8).reshape(-1, 16)

    return {source: Translated(ids(0), ids(SHIFT)) for source in sources or SOURCES}


def succeed(index: Index, path: Path, told: dict[str, Translated] | None = None) -> Nights:
    handed = index.succession(told or pairs(), SOURCES, KEYS)
    assert handed.untranslated() == []
    made = making_place(path)
    create_index(made, "version = 1\n", "f" * 64, SCHEMA, SOURCES)
    log = IndexFolder(index.path).log
    handed.write(IndexFolder(made), log, epoch=2, key_check="c" * 32, reason="rotation")
    move_into_place(made, path)
    return Nights.resume(path, {})


def ids_of(nights: Nights) -> dict[tuple[str, int], str]:
    """The child id of each record that is shown, by the name that it had first."""
    names = {record_id(name).hex(): name % SHIFT for name in range(2 * SHIFT)}
    rows = open_published(nights.path).export().read_all().to_pylist()
    return {(row["source"], names[row["record_id"]]): row["child_id"] for row in rows}


@pytest.fixture
def later(matched: Index, tmp_path: Path) -> Nights:
    return succeed(matched, tmp_path / "later")


@pytest.fixture
def new(later: Nights) -> Iterator[Index]:
    with open_index(later.path, threads=1) as opened:
        yield opened


def load(later: Nights, new: Index) -> None:
    later.snapshot(new, "school", 101, 102, 103)
    later.snapshot(new, "gp", 101, 102)


def test_children_records_and_runs_go_on(nights: Nights, later: Nights, new: Index) -> None:
    with pytest.raises(IndexRefused, match="not published anything yet"):
        open_published(later.path)
    load(later, new)
    later.link(new, *LATER)
    assert ids_of(later) == ids_of(nights)
    assert [str(run.status) for run in new.runs()] == ["earlier", "earlier", "published"]
    assert new.key_checks() == {2: "c" * 32}


def test_undoing_the_first_run_lets_children_sleep_and_they_wake_again(
    nights: Nights, later: Nights, new: Index
) -> None:
    load(later, new)
    later.link(new, *LATER)
    new.undo(3, reason="too early")
    assert shown(later) == set()
    again = Nights.resume(later.path, {})
    load(again, new)
    again.link(new, *LATER)
    assert ids_of(again) == ids_of(nights)
    for earlier in (1, 2):
        with pytest.raises(IndexRefused, match="of the index of an earlier epoch"):
            new.undo(earlier, reason="")


def test_a_child_that_woke_is_continued_by_its_members_alone(
    nights: Nights, later: Nights, new: Index
) -> None:
    before = ids_of(nights)
    later.snapshot(new, "school", 101, 102, 103)
    later.link(new)
    assert ids_of(later)["school", 1] == before["school", 1]
    later.snapshot(new, "gp", 101, 102)
    later.link(new, LATER[0])
    after = ids_of(later)
    assert after["gp", 1] == before["gp", 1]
    assert after["gp", 2] not in before.values(), "nothing links it to the child that it was in"


def test_a_record_that_left_and_comes_back_is_a_new_one(nights: Nights, later: Nights, new: Index) -> None:
    before = ids_of(nights)
    load(later, new)
    later.link(new, *LATER)
    later.snapshot(new, "school", 101, 102)
    later.link(new, *LATER)
    later.snapshot(new, "school", 101, 102, 103)
    later.link(new, *LATER)
    assert ids_of(later)["school", 3] not in before.values()


@pytest.mark.parametrize("when", ["before", "between"])
def test_a_severance_that_no_night_has_seen_dissolves_the_child(
    matched: Index, nights: Nights, tmp_path: Path, when: str
) -> None:
    before = ids_of(nights)
    if when == "before":
        matched.protection.separate(("school", record_id(1)), ("gp", record_id(1)), "", severed=True)
    later = succeed(matched, tmp_path / "later")
    with open_index(later.path, threads=1) as new:
        if when == "between":
            one, other = (("school", record_id(101)), ("gp", record_id(101)))
            new.protection.separate(one, other, "", severed=True)
        load(later, new)
        later.link(new, LATER[1])
        after = ids_of(later)
        assert not {after["school", 1], after["gp", 1]} & set(before.values())
        assert after["school", 1] != after["gp", 1]
        assert after["school", 2] == before["school", 2]


def test_who_was_shielded_erased_or_archived_stays_away(
    matched: Index, nights: Nights, tmp_path: Path
) -> None:
    matched.protection.shield_record("school", record_id(1), "")
    matched.leaving.erase([("gp", record_id(2))], KEYS)
    nights.snapshot(matched, "school", 1, 2)
    nights.link(matched, PAIRS[0])
    archive = "INSERT INTO archived VALUES (0, ?, ?, 3, '2026-01-01T00:00:00+00:00')"
    raw = record_id(3)
    matched._engine.execute(archive, [int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:], "big")])
    later = succeed(matched, tmp_path / "later")
    with open_index(later.path, threads=1) as new:
        assert new.leaving.n_kept_out() == 2
        for source, *told in (("school", 101, 102, 103), ("gp", 101, 102)):
            package = later.package(source, PackageKind.SNAPSHOT)
            new.stage(package, [encode(told)], keep_out=KEYS)
        later.link(new)
        assert shown(later) == {("school", 102)}
        new.leaving.readmit("gp", record_id(102), KEYS)


def test_what_would_be_lost_is_named(matched: Index) -> None:
    matched.protection.shield_record("school", record_id(2), "")
    matched.protection.separate(("school", record_id(3)), ("benefits", record_id(9)), "", severed=False)
    matched.leaving.erase([("gp", record_id(1))], KEYS)
    found = matched.succession(pairs("school", up_to=3), SOURCES, KEYS).untranslated()
    fingerprint = KEYS.of([("gp", record_id(1))]).tobytes().hex()
    assert found == [
        Decided("source", "gp", "", is_live=True),
        Decided("apart", "benefits", record_id(9).hex()),
        Decided("apart", "school", record_id(3).hex(), is_live=True),
        Decided("shielded", "gp", record_id(2).hex(), is_live=True),
        Decided("erased", "", fingerprint),
    ]


def test_an_index_with_an_open_run_hands_nothing_over(index: Index, nights: Nights) -> None:
    with pytest.raises(IndexRefused, match="published nothing"):
        index.succession(pairs(), SOURCES, KEYS)
    nights.snapshot(index, "school", 1)
    with pytest.raises(IndexRefused, match="run 1 is open"):
        index.succession(pairs(), SOURCES, KEYS)


def ask(path: Path, n: int) -> None:
    log = LookUpLog(IndexFolder(path).log)
    for _ in range(n):
        log.append(Request("lookup", "care", "desk", "referral", 1), outcome="told", n_records=1)
    log.close()


def test_the_log_goes_on_from_the_entry_that_took_over(matched: Index, tmp_path: Path) -> None:
    ask(matched.path, 3)
    later = succeed(matched, tmp_path / "later")
    ask(matched.path, 2)
    ask(later.path, 1)
    assert audit_log(IndexFolder(matched.path).log).n_entries == 5
    assert audit_log(IndexFolder(later.path).log).n_entries == 4


@pytest.mark.parametrize("step", ["create_tables", "copy_log", "flush_folder"])
def test_killed_while_it_is_made_the_old_index_is_as_it_was_and_it_is_made_again(
    matched: Index, nights: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    before, path = exposed(nights), tmp_path / "later"
    with monkeypatch.context() as patched:
        module = "linkage.index.opening" if step == "create_tables" else succession.__name__
        patched.setattr(f"{module}.{step}", killed)
        with pytest.raises(KeyboardInterrupt):
            succeed(matched, path)
    if step == "flush_folder":  # it has its name, and is whole
        later = Nights.resume(path, {})
        with pytest.raises(IndexRefused, match="exists already"):
            making_place(path)
    else:
        assert not path.exists()
        later = succeed(matched, path)
    assert exposed(nights) == before
    assert [found.name for found in tmp_path.iterdir() if found.name.endswith(".making")] == []
    with open_index(path, threads=1) as new:
        load(later, new)
        later.link(new, *LATER)
    assert ids_of(later) == ids_of(nights)


def test_erasing_forgets_what_was_taken_over(later: Nights, new: Index) -> None:
    load(later, new)
    later.link(new, *LATER)
    new.leaving.erase([("school", record_id(103))], KEYS)
    named = "SELECT count(*) FROM {} WHERE record_high = ?"
    high = int.from_bytes(record_id(103)[:8], "big")
    for table in ("records", "taken_over", "shields"):
        assert new._engine.value(named.format(table), [high]) == 0
    assert new._engine.value("SELECT count(*) FROM dormant") == 2


def test_a_second_rotation_goes_on_from_the_first(
    nights: Nights, later: Nights, new: Index, tmp_path: Path
) -> None:
    load(later, new)
    later.link(new, *LATER)
    back = {source: Translated(told.later, told.earlier) for source, told in pairs().items()}
    third = succeed(new, tmp_path / "third", back)
    with open_index(third.path, threads=1) as opened:
        third.snapshot(opened, "school", 1, 2, 3)
        third.snapshot(opened, "gp", 1, 2)
        third.link(opened, *PAIRS)
    assert ids_of(third) == ids_of(nights)

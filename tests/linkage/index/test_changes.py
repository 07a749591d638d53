"""What a night publishes: only what changed, and readers learn from it what they would learn from everything."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from oracle_index import Nights, Told, child, learned, learned_anew, record_id

from linkage.exchange.errors import IndexRefused
from linkage.index import Index, open_index, open_published
from linkage.index.publishing import publication
from linkage.index.publishing.publication import current_snapshot


@pytest.fixture(autouse=True)
def always_changes() -> Iterator[None]:
    """Small indexes change by more than a tenth with every night."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(publication, "LARGEST_CHANGE", 100.0)
        yield


def base_of(nights: Nights) -> str | None:
    current = current_snapshot(nights.path / "published")
    assert current is not None
    base: str | None = json.loads((current / "card.json").read_text())["base"]
    return base


def agrees(index: Index, nights: Nights, tmp_path: Path, *, is_whole: bool = False) -> bool:
    """Whether the snapshot is of the expected kind and tells what one of everything tells."""
    assert (base_of(nights) is None) == is_whole
    return learned(open_published(nights.path)) == learned_anew(index, tmp_path / "anew")


def test_a_night_writes_what_it_changed(matched: Index, nights: Nights, tmp_path: Path) -> None:
    assert agrees(matched, nights, tmp_path, is_whole=True)
    first = current_snapshot(nights.path / "published")
    nights.delta(matched, "gp", 7, Told(2, content=1))
    nights.link(matched, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)}, {("school", 3), ("gp", 7)})
    assert agrees(matched, nights, tmp_path)
    current = current_snapshot(nights.path / "published")
    assert first is not None
    assert current is not None
    assert base_of(nights) == first.name
    # The child of record 1 did not change.
    assert open_published(nights.path).n_records == 6
    card = json.loads((current / "card.json").read_text())
    assert (card["counts"]["records"], card["counts"]["members"]) == (6, 4)


def test_deleted_joined_and_split(matched: Index, nights: Nights, tmp_path: Path) -> None:
    alias = child(nights, "school", 3).child_id
    nights.delta(matched, "school", Told(2, deleted=True))
    nights.link(matched, {("school", 1)}, {("gp", 1)}, {("gp", 2), ("school", 3)})
    assert agrees(matched, nights, tmp_path)
    published = open_published(nights.path)
    assert published.lookup("school", record_id(2)) is None
    assert published.child(alias) == child(nights, "gp", 2)
    # The heir of an alias goes on to another child, and everything leaves.
    nights.delta(matched, "gp", Told(2, deleted=True))
    nights.delta(matched, "school", Told(3, deleted=True))
    nights.link(matched)
    assert agrees(matched, nights, tmp_path)
    assert open_published(nights.path).child(alias) is None


def test_an_alias_of_the_base_follows_its_heir(index: Index, nights: Nights, tmp_path: Path) -> None:
    nights.snapshot(index, "school", 1, 2, 3)
    nights.link(index)
    eldest, second, third = (child(nights, "school", name).child_id for name in (1, 2, 3))
    nights.link(index, {("school", 2), ("school", 3)})
    shutil.rmtree(nights.path / "published")
    (nights.path / "published").mkdir()
    index.repair()  # a base that knows the alias
    nights.link(index, {("school", 1), ("school", 2), ("school", 3)})
    assert agrees(index, nights, tmp_path)
    assert {open_published(nights.path).child(known).child_id for known in (eldest, second, third)} == {
        eldest
    }


def test_decisions_are_shown(matched: Index, nights: Nights, tmp_path: Path) -> None:
    matched.protection.shield_record("school", record_id(1), "")
    assert agrees(matched, nights, tmp_path)
    found = open_published(nights.path).lookup("gp", record_id(1))
    assert found is not None
    assert found.shielded
    assert found.records == ()
    matched.protection.unshield_record("gp", record_id(1), "")
    assert agrees(matched, nights, tmp_path)
    assert not child(nights, "school", 1).shielded
    matched.protection.separate(("school", record_id(2)), ("gp", record_id(2)), "", severed=True)
    assert agrees(matched, nights, tmp_path)
    assert child(nights, "gp", 2).shielded
    matched.protection.lift(("school", record_id(2)), ("gp", record_id(2)), "")
    nights.link(matched, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)})
    assert agrees(matched, nights, tmp_path)
    assert not child(nights, "gp", 2).shielded


def test_an_open_run_is_not_shown_with_a_decision(matched: Index, nights: Nights, tmp_path: Path) -> None:
    nights.delta(matched, "gp", 9, Told(1, deleted=True))
    nights.link(matched, {("school", 1), ("school", 3)}, publish=False)
    matched.protection.shield_record("school", record_id(2), "")
    assert agrees(matched, nights, tmp_path)
    assert open_published(nights.path).lookup("gp", record_id(1)) is not None


def test_undoing_what_the_base_shows(matched: Index, nights: Nights, tmp_path: Path) -> None:
    nights.delta(matched, "gp", 7)
    run_no = nights.link(matched, {("school", 1), ("gp", 1)})
    assert agrees(matched, nights, tmp_path)
    matched.undo(run_no, reason="")
    # The base is from before that run.
    assert agrees(matched, nights, tmp_path)
    matched.undo(1, reason="")
    assert agrees(matched, nights, tmp_path, is_whole=True)


def test_nothing_erased_is_left_in_a_base(matched: Index, nights: Nights, tmp_path: Path) -> None:
    nights.delta(matched, "gp", 7)
    nights.link(matched, {("school", 1), ("gp", 1)})
    matched.leaving.erase([("school", record_id(3))])
    assert agrees(matched, nights, tmp_path, is_whole=True)
    assert len([folder for folder in (nights.path / "published").iterdir() if folder.is_dir()]) == 1
    needle = int.from_bytes(record_id(3)[:8], "big").to_bytes(8, "little")
    files = [path for path in (nights.path / "published").rglob("*") if path.is_file()]
    assert not [path.name for path in files if needle in path.read_bytes()]


def test_an_erasure_that_was_killed_takes_the_base_along(
    nights: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_index(nights.path, threads=1) as index:
        nights.snapshot(index, "school", 1, 2, 3)
        nights.link(index)
        nights.delta(index, "school", 4)
        nights.link(index)
        with monkeypatch.context() as dying:
            dying.setattr(
                "linkage.index.leaving.republish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
            )
            with pytest.raises(KeyboardInterrupt):
                index.leaving.erase([("school", record_id(3))])
    with open_index(nights.path, threads=1) as index:
        assert agrees(index, nights, tmp_path, is_whole=True)
    assert len([folder for folder in (nights.path / "published").iterdir() if folder.is_dir()]) == 1


def test_too_many_changes_are_a_new_base(
    matched: Index, nights: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "LARGEST_CHANGE", 0.3)
    nights.delta(matched, "gp", 7)
    nights.link(matched, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)})
    assert agrees(matched, nights, tmp_path)
    nights.delta(matched, "gp", 8)
    nights.link(matched, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)})
    assert agrees(matched, nights, tmp_path, is_whole=True)


def test_a_base_that_is_missing_is_written_anew(nights: Nights, tmp_path: Path) -> None:
    with open_index(nights.path, threads=1) as index:
        nights.snapshot(index, "school", 1, 2)
        nights.link(index)
        nights.delta(index, "school", 4)
        nights.link(index)
    base = base_of(nights)
    assert base is not None
    shutil.rmtree(nights.path / "published" / base)
    with pytest.raises(IndexRefused, match="childindex upgrade"):
        open_published(nights.path)
    with open_index(nights.path, threads=1) as index:
        assert agrees(index, nights, tmp_path, is_whole=True)


def test_readers_keep_base_and_changes_of_yesterday(matched: Index, nights: Nights) -> None:
    nights.delta(matched, "gp", 7)
    nights.link(matched, {("school", 1), ("gp", 1)})
    yesterday = open_published(nights.path)
    before = learned(yesterday)
    matched.undo(1, reason="")
    nights.snapshot(matched, "school", 50)
    nights.link(matched)
    assert learned(yesterday) == before

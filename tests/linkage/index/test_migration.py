"""An index of format 1, made by the software of then: brought up to date, or refused with what to do."""

import json
import shutil
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from oracle_index import Nights, exposed, record_id, shown

from cli import main
from linkage.exchange.errors import IndexRefused
from linkage.index import Index, open_index, open_published
from linkage.index.storage.engine import Engine
from linkage.index.storage.migration import expected_columns, store_format

FIXTURE = Path(__file__).parents[2] / "golden" / "index-format-1.tar.xz"
"""Written by the commit that first had recipients: two published runs of six records, one child shielded, two records
separated, and a package staged for a third run; it lacks four tables, a counter, and a column of the snapshot."""

LATER = (
    "notices",
    "archived",
    "disturbed",
    "searched",
    "kept_out",
    "taken_over",
    "dormant",
    "epoch_keys",
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "index"
    with tarfile.open(FIXTURE) as packed:
        packed.extractall(path, filter="data")
    return path


def store(path: Path, *statements: str) -> list[object]:
    """Run statements on the store as it lies there; the value of the last."""
    engine = Engine(path / "store.duckdb")
    try:
        for statement in statements[:-1]:
            engine.execute(statement)
        return [row[0] for row in engine.rows(statements[-1])]
    finally:
        engine.close()


def test_the_fixture_is_what_it_says(old: Path) -> None:
    present = store(old, "SELECT table_name FROM duckdb_tables()")
    assert not set(LATER) & set(present)
    assert set(expected_columns()) == {*present, *LATER}


def test_it_is_brought_up_to_date_and_goes_on(old: Path) -> None:
    nights = Nights.resume(old, {"school": (2, "school-2"), "gp": (2, "gp-2")})
    with open_index(old, threads=1) as index:
        assert [str(run.status) for run in index.runs()] == ["published", "published", "staged"]
        assert index.open_run() == 3
        assert len(index.protection.known_pairs().apart) == 0, "the gp's record 4 is deleted in the open run"
        before = exposed(nights)
        assert before == {
            frozenset({("school", 1), ("gp", 1)}),
            frozenset({("school", 3)}),
            frozenset({("school", 5), ("gp", 4)}),
        }
        nights.link(index, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)})
        assert ("gp", 4) not in shown(nights)
        assert ("gp", 6) in shown(nights)
        index.undo(3, reason="as it was")
        assert exposed(nights) == before
        index.leaving.erase([("school", record_id(1))])
    assert json.loads((old / "index.json").read_text())["format"] == 3
    assert store(old, "SELECT value FROM counters WHERE name = 'format'") == [3]


def test_readers_refuse_its_snapshot_with_the_command_to_run(old: Path) -> None:
    with pytest.raises(IndexRefused, match="format 1, this version reads 2: run `childindex upgrade INDEX`"):
        open_published(old)
    with open_index(old, threads=1):
        pass
    reader = open_published(old)
    assert (reader.run_no, reader.n_records, len(reader.rows())) == (2, 7, 7)
    assert reader.lookup("school", record_id(2)).shielded  # type: ignore[union-attr]


def test_killed_before_the_card_is_written_it_is_finished_by_the_next(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("linkage.index.storage.folder.replace_file", killed)
        with pytest.raises(KeyboardInterrupt), open_index(old, threads=1):
            pass
    assert json.loads((old / "index.json").read_text())["format"] == 1
    with open_index(old, threads=1) as index:
        assert index.open_run() == 3
    assert json.loads((old / "index.json").read_text())["format"] == 3
    assert len(open_published(old).rows()) == 7


def test_a_store_that_was_never_released_is_left_as_it_is(old: Path) -> None:
    store(old, "ALTER TABLE packages DROP COLUMN key_check", "SELECT 1")
    with (
        pytest.raises(IndexRefused, match=r"never released \(table packages\): .*`childindex init`"),
        open_index(old, threads=1),
    ):
        pass
    assert not set(LATER) & set(store(old, "SELECT table_name FROM duckdb_tables()"))
    assert json.loads((old / "index.json").read_text())["format"] == 1


def test_a_store_of_a_later_version_is_refused_whatever_its_card_says(index: Index, nights: Nights) -> None:
    engine = index._engine
    assert store_format(engine) == 3
    engine.execute("UPDATE counters SET value = 4 WHERE name = 'format'")
    copy = nights.path.with_name("copy")
    engine.execute("CHECKPOINT")
    shutil.copytree(nights.path, copy)
    with pytest.raises(IndexRefused, match="format 4, this version reads 3: upgrade"), open_index(copy):
        pass


def test_the_command(old: Path) -> None:
    told = [CliRunner().invoke(main, ["upgrade", str(old), "--json"]) for _ in range(2)]
    assert [json.loads(each.stdout)["format_before"] for each in told] == [1, 3]
    assert open_published(old).run_no == json.loads(told[0].stdout)["run"] == 2
    refused = CliRunner().invoke(main, ["upgrade", str(old.parent)])
    assert refused.exit_code == 3


@pytest.mark.parametrize("found", [1, 3])
def test_a_snapshot_of_another_format_is_refused_and_written_again(
    nights: Nights, index: Index, found: int
) -> None:
    nights.snapshot(index, "school", 1)
    nights.link(index)
    card = next(nights.path.glob("published/0*/card.json"))
    card.write_text(json.dumps({**json.loads(card.read_text()), "format": found}))
    with pytest.raises(IndexRefused, match=f"format {found}, this version reads 2: run `childindex upgrade"):
        open_published(nights.path)
    index.repair()
    assert open_published(nights.path).n_records == 1


def test_format_2_lacks_what_another_epoch_hands_over(nights: Nights) -> None:
    with open_index(nights.path, threads=1) as index:
        nights.snapshot(index, "school", 1)
        nights.link(index)
    store(
        nights.path,
        *(f"DROP TABLE {table}" for table in ("taken_over", "dormant", "epoch_keys")),
        "UPDATE counters SET value = 2 WHERE name = 'format'",
        "SELECT 1",
    )
    card = nights.path / "index.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "format": 2}))
    with open_index(nights.path, threads=1) as index:
        nights.snapshot(index, "gp", 1)
        nights.link(index)
    assert json.loads(card.read_text())["format"] == 3
    assert open_published(nights.path).n_records == 2

"""Making an index, opening it, and what is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from linkage.exchange.errors import IndexRefused
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.index import PackageIdentity, PackageKind, create_index, open_index, open_published

SCHEMA = RecordSchema.of([(ColumnKind.FILTER, "name", 3)])

HOLD = """
import sys, time
from pathlib import Path
from linkage.index import open_index
with open_index(Path(sys.argv[1]), command="childindex nightly"):
    print("open", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "index"
    create_index(path, "version = 1\n", "abc", SCHEMA, ["school", "gp"])
    return path


def test_it_remembers_what_it_was_made_with(path: Path) -> None:
    with open_index(path) as index:
        assert (index.fingerprint, index.schema, index.sources) == ("abc", SCHEMA, ("school", "gp"))
        assert len(index.live_rows()) == 0
        assert index.words(index.live_rows().rows).shape == (0, 3)
    assert (path / "specification.toml").read_text() == "version = 1\n"


def test_only_its_owner_can_read_it(path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0


def test_a_folder_with_something_in_it_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "keep").write_text("mine")
    with pytest.raises(IndexRefused, match="not an empty folder"):
        create_index(tmp_path, "", "abc", SCHEMA, ["school"])
    assert (tmp_path / "keep").read_text() == "mine"


def test_no_folder_is_made_for_a_slip_in_the_path(tmp_path: Path) -> None:
    with pytest.raises(IndexRefused, match=r"there is no folder .*untit; make it"):
        create_index(tmp_path / "untit" / "index", "", "abc", SCHEMA, ["school"])
    assert not list(tmp_path.iterdir())


def test_no_index_at_all(tmp_path: Path) -> None:
    with pytest.raises(IndexRefused, match="childindex init"), open_index(tmp_path):
        pass
    with pytest.raises(IndexRefused, match="childindex init"):
        open_published(tmp_path)


@pytest.mark.parametrize(("found", "remedy"), [(4, "upgrade childindex"), (0, "childindex init")])
def test_another_format_is_refused_with_what_to_do(path: Path, found: int, remedy: str) -> None:
    card = json.loads((path / "index.json").read_text())
    (path / "index.json").write_text(json.dumps({**card, "format": found}))
    with pytest.raises(IndexRefused, match=f"format {found}.*{remedy}"), open_index(path):
        pass


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": "one"}', "\x00"])
def test_a_damaged_card_is_refused(path: Path, content: str) -> None:
    (path / "index.json").write_text(content)
    with pytest.raises(IndexRefused, match="damaged"), open_index(path):
        pass


def test_a_damaged_store_is_refused(path: Path) -> None:
    (path / "store.duckdb").write_bytes(b"not a database" * 5000)
    with pytest.raises(IndexRefused, match="not a DuckDB file"), open_index(path):
        pass


def test_nothing_published_yet(path: Path) -> None:
    with pytest.raises(IndexRefused, match="childindex link"):
        open_published(path)


def test_an_unknown_source_is_named(path: Path) -> None:
    with (
        open_index(path) as index,
        pytest.raises(IndexRefused, match="no source 'police'; known: gp, school"),
    ):
        index.stage(PackageIdentity("police", 1, PackageKind.SNAPSHOT, "d"), [])


def test_a_second_writer_is_told_who_writes(path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert holder.stdout is not None
    with holder, holder.stdout:
        try:
            assert holder.stdout.readline() == "open\n"
            told = rf"`childindex nightly` \(process {holder.pid} on "
            with pytest.raises(IndexRefused, match=told), open_index(path):
                pass
        finally:
            holder.kill()
    with open_index(path) as index:  # the lock died with its holder
        assert index.open_run() is None


def test_the_same_process_cannot_open_it_twice(path: Path) -> None:
    with open_index(path, command="one"), pytest.raises(IndexRefused, match="`one`"), open_index(path):
        pass

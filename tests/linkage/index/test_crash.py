"""A night that is killed leaves yesterday or today, and the same command finishes it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from oracle_index import SCHEMA, Nights, record_id

from linkage.exchange.errors import IndexRefused
from linkage.index import Index, create_index, open_index, open_published, store
from linkage.index.storage.folder import IndexFolder

ROOT = Path(__file__).parents[3]


def test_killed_at_random_moments(tmp_path: Path) -> None:
    script = Path(__file__).with_name("killed_nights.py")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "oracle")])
    seed = str(int.from_bytes(os.urandom(4), "big"))
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), "4", seed],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    counts = json.loads(done.stdout)
    assert counts["kills"] == counts["yesterday"] + counts["today"] == 4
    assert counts["moments"] > 50


class Killed(BaseException):
    """Stands for the end of the process."""


def die(*_args: object) -> None:
    raise Killed


def test_killed_between_store_and_switch(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_index(nights.path) as index:
        nights.snapshot(index, "school", 1)
        nights.link(index)
        monkeypatch.setattr(store, "switch_to", die)
        with pytest.raises(Killed):
            night_two(index, nights)
    assert open_published(nights.path).lookup("gp", record_id(2)) is None
    monkeypatch.undo()
    with open_index(nights.path) as index:
        assert open_published(nights.path).lookup("gp", record_id(2)) is not None
        assert index.open_run() is None


def night_two(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "gp", 2)
    nights.link(index)


def test_killed_before_the_snapshot_is_known(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "write_snapshot", die)
    with open_index(nights.path) as index, pytest.raises(Killed):
        night_two(index, nights)
    monkeypatch.undo()
    with open_index(nights.path) as index:
        assert index.open_run() == 1
        nights.link(index)
    assert open_published(nights.path).n_records == 1


def test_killed_while_overwriting(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_index(nights.path) as index:
        night_two(index, nights)
        monkeypatch.setattr(index._columns, "scrub", die)
        with pytest.raises(Killed):
            index.undo(1, reason="")
    with open_index(nights.path) as index:
        assert not index.column(index.schema.columns[0]).any()


def test_killed_while_being_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IndexFolder, "complete", die)
    path = tmp_path / "index"
    with pytest.raises(Killed):
        create_index(path, "", "abc", SCHEMA, ["school"])
    with pytest.raises(IndexRefused, match="not an index"), open_index(path):
        pass

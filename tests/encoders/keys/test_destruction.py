"""A destroyed key is gone, and the record of it is signed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from oracle_parties import parties

from encoders.keys.destruction import (
    DestructionRecord,
    destroy_project_key,
    destruction_file,
    read_destruction_record,
)
from encoders.keys.project_key import key_check
from encoders.keys.project_key_files import create_project_key, epochs_in, rotate_project_key
from linkage.exchange.errors import KeyRefused
from linkage.exchange.secret_bytes import SecretBytes

NOW = datetime(2026, 3, 1, 12, 34, tzinfo=UTC)


def test_one_epoch_goes_and_the_other_stays(tmp_path: Path) -> None:
    key = create_project_key(tmp_path, "children")
    rotate_project_key(tmp_path)
    school = parties().school
    record = destroy_project_key(tmp_path, 1, school, now=NOW)
    assert record == DestructionRecord("children", 1, key_check(key), "school", "2026-03-01T12:00:00Z")
    assert epochs_in(tmp_path) == [2]
    assert read_destruction_record(tmp_path / destruction_file(1), school.public) == record
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "project.epoch-1.destroyed.json",
        "project.epoch-2.key",
    ]


def test_the_file_is_overwritten_before_it_goes(tmp_path: Path) -> None:
    create_project_key(tmp_path / "keys", "children")
    path = tmp_path / "keys" / "project.key"
    (tmp_path / "other-name").hardlink_to(path)
    before = path.read_bytes()
    destroy_project_key(tmp_path / "keys", 1, parties().school, now=NOW)
    after = (tmp_path / "other-name").read_bytes()
    assert len(after) == len(before)
    assert not {before[at : at + 8] for at in range(len(before) - 8)} & {
        after[at : at + 8] for at in range(len(after) - 8)
    }


def test_a_record_stands_for_a_key_that_was_really_there(tmp_path: Path) -> None:
    school = parties().school
    with pytest.raises(KeyRefused, match="no such key file"):
        destroy_project_key(tmp_path, 1, school)
    create_project_key(tmp_path, "children", passphrase=SecretBytes(b"x"))
    with pytest.raises(KeyRefused, match="the passphrase is not the one"):
        destroy_project_key(tmp_path, 1, school, SecretBytes(b"y"))
    assert [path.name for path in tmp_path.iterdir()] == ["project.key"]


def test_a_changed_or_foreign_record_is_refused(tmp_path: Path) -> None:
    create_project_key(tmp_path, "children")
    keys = parties()
    destroy_project_key(tmp_path, 1, keys.school, now=NOW)
    path = tmp_path / destruction_file(1)
    with pytest.raises(KeyRefused, match="not a record that source 'stranger' signed"):
        read_destruction_record(path, keys.stranger.public)
    raw = path.read_bytes()
    for old, new in (
        (b'"epoch":1', b'"epoch":2'),
        (b"children", b"childrex"),
        (b'"version":1', b'"version":2'),
    ):
        path.write_bytes(raw.replace(old, new))
        with pytest.raises(KeyRefused, match="not a record"):
            read_destruction_record(path, keys.school.public)
    create_project_key(tmp_path, "children")
    with pytest.raises(KeyRefused, match="a record of its destruction already"):
        destroy_project_key(tmp_path, 1, keys.school)

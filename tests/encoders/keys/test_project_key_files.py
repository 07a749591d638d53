"""Files of the project key: made, loaded, rotated, and refused with a reason."""

from pathlib import Path

import pytest

from encoders.keys.project_key import Purpose, key_check
from encoders.keys.project_key_files import (
    create_project_key,
    epochs_in,
    load_project_key,
    rotate_project_key,
)
from encoders.keys.source_keys import create_source_keys, load_source_keys
from linkage.exchange.errors import KeyRefused
from linkage.exchange.secret_bytes import SecretBytes


def test_a_key_comes_back(tmp_path: Path) -> None:
    key = create_project_key(tmp_path / "keys", "children")
    back = load_project_key(tmp_path / "keys", project="children", epoch=1)
    assert (back.project, back.epoch) == ("children", 1)
    assert back.derive(Purpose.HASHING, "surname") == key.derive(Purpose.HASHING, "surname")
    assert (tmp_path / "keys" / "project.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_epochs_lie_side_by_side(tmp_path: Path) -> None:
    passphrase = SecretBytes(b"sesame")
    assert epochs_in(tmp_path / "none") == epochs_in(tmp_path) == []
    first = create_project_key(tmp_path, "children", passphrase=passphrase)
    second = rotate_project_key(tmp_path, passphrase)
    assert epochs_in(tmp_path) == [1, 2]
    assert (second.project, second.epoch) == ("children", 2)
    assert key_check(first) != key_check(second)
    assert key_check(load_project_key(tmp_path, passphrase=passphrase)) == key_check(second)
    assert key_check(load_project_key(tmp_path, epoch=1, passphrase=passphrase)) == key_check(first)
    with pytest.raises(KeyRefused, match="no project key of epoch 3; this folder holds epoch 1, 2"):
        load_project_key(tmp_path, epoch=3)


def test_a_project_may_begin_with_a_later_epoch(tmp_path: Path) -> None:
    create_project_key(tmp_path, "children", 7)
    assert load_project_key(tmp_path).epoch == 7


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match=r"project\.key: there is no such key file"):
        load_project_key(tmp_path)
    create_project_key(tmp_path, "children")
    with pytest.raises(KeyRefused, match="expected the key of project 'adults', found 'children'"):
        load_project_key(tmp_path, project="adults")
    with pytest.raises(KeyRefused, match="never overwritten"):
        create_project_key(tmp_path, "children")
    (tmp_path / "project.key").rename(tmp_path / "project.epoch-4.key")
    with pytest.raises(KeyRefused, match="expected the key of epoch 4, found epoch 1; rename the file"):
        load_project_key(tmp_path)


@pytest.mark.parametrize(
    ("given", "told"),
    [(SecretBytes(b"other"), "the passphrase is not the one of this key file"), (None, "without protection")],
)
def test_the_keys_of_a_folder_have_one_passphrase(
    tmp_path: Path, given: SecretBytes | None, told: str
) -> None:
    first = SecretBytes(b"sesame")
    create_source_keys(tmp_path, "school", first)
    with pytest.raises(KeyRefused, match=told):
        create_project_key(tmp_path, "children", passphrase=given)
    with pytest.raises(KeyRefused, match=told):
        create_source_keys(tmp_path, "nursery", given)
    assert {path.name for path in tmp_path.iterdir()} == {"source-school.key", "source-school.pub"}
    create_project_key(tmp_path, "children", passphrase=first)


def test_a_passphrase_may_come_later(tmp_path: Path) -> None:
    create_source_keys(tmp_path, "school")
    passphrase = SecretBytes(b"sesame")
    create_project_key(tmp_path, "children", passphrase=passphrase)
    assert load_source_keys(tmp_path, "school", passphrase).name == "school"
    assert load_project_key(tmp_path, passphrase=passphrase).project == "children"


@pytest.mark.parametrize("project,epoch", [("Children", 1), ("", 1), ("a/b", 1), ("c", 0), ("c", 65536)])
def test_names_and_epochs_out_of_bounds(tmp_path: Path, project: str, epoch: int) -> None:
    with pytest.raises(KeyRefused, match=r"name has to match|expected an epoch between"):
        create_project_key(tmp_path, project, epoch)
    assert list(tmp_path.iterdir()) == []


def test_the_last_epoch_is_not_rotated(tmp_path: Path) -> None:
    create_project_key(tmp_path, "children", 65535)
    with pytest.raises(KeyRefused, match="expected an epoch between 1 and 65535, got 65536"):
        rotate_project_key(tmp_path)

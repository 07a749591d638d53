"""Keys and packages never lie in one folder, whatever their names."""

from pathlib import Path

import pytest
from oracle_parties import parties, records_of, seal

from encoders.keys.project_key_files import create_project_key
from encoders.keys.source_keys import create_source_keys
from linkage.exchange.errors import KeyRefused, PackageRefused
from linkage.exchange.folders import refuse_folder_with_key, refuse_folder_with_package
from linkage.exchange.public_keys import write_public_keys
from linkage.exchange.unit_keys import create_unit_keys


@pytest.mark.parametrize("name", ["a.cip", "night", "a.key"])
def test_no_key_beside_a_package(tmp_path: Path, name: str) -> None:
    seal(tmp_path / name, records_of(1))
    with pytest.raises(KeyRefused, match=f"holds the package {name}"):
        create_project_key(tmp_path, "children")
    with pytest.raises(KeyRefused, match=f"holds the package {name}"):
        create_source_keys(tmp_path, "school")
    with pytest.raises(KeyRefused, match=f"holds the package {name}"):
        create_unit_keys(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["project.key", "notes.txt"])
def test_no_package_beside_a_key(tmp_path: Path, name: str) -> None:
    create_project_key(tmp_path, "children")
    (tmp_path / "project.key").rename(tmp_path / name)
    with pytest.raises(PackageRefused, match=f"holds the key file {name}"):
        seal(tmp_path / "a.cip", records_of(1))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_public_keys_and_other_files_do_not_matter(tmp_path: Path) -> None:
    school = parties().school
    write_public_keys(tmp_path / "source-school.pub", school.public, school.signing_key)
    (tmp_path / "readme").write_text("nothing")
    (tmp_path / "folder").mkdir()
    refuse_folder_with_key(tmp_path)
    refuse_folder_with_package(tmp_path)
    refuse_folder_with_key(tmp_path / "none")
    seal(tmp_path / "a.cip", records_of(1))

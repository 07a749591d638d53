"""Rotation, destruction, and what may be seen of a folder of keys."""

import json
import re
import shutil

import pytest

from encoders.keys.project_key_files import load_project_key
from linkage.exchange.errors import KeyRefused, PackageRefused
from pipelines.at_source import encode, key_epochs, keys
from pipelines.at_unit import init, load


@pytest.fixture
def project(prepared, tmp_path, monkeypatch):
    for variable in ("CHILDINDEX_PASSPHRASE", "CHILDINDEX_PASSPHRASE_FILE"):
        monkeypatch.delenv(variable, raising=False)
    return prepared.copy(tmp_path / "project")


def second_epoch(project):
    text = project.spec.read_text()
    later = project.folder / "spec-2.toml"
    later.write_text(re.sub(r"^epoch = 1\b", "epoch = 2", text, flags=re.MULTILINE))
    assert later.read_text() != text
    return later


def test_packages_of_two_epochs_never_meet_in_an_index(project, tmp_path):
    assert key_epochs.rotate(project.keys("gp"))["epoch"] == 2
    later = second_epoch(project)
    encode.run(project.job("gp"))
    encode.run(project.job("gp", specification=later, out=tmp_path / "gp-2.cip"))
    old, new = tmp_path / "old", tmp_path / "new"
    init.run(old, project.spec)
    init.run(new, later)
    for _ in range(2):  # before the first package of an epoch, and after it
        with pytest.raises(
            PackageRefused, match=r"key epoch: expected 1, found 2; records of two epochs cannot"
        ):
            load.run(old, [tmp_path / "gp-2.cip"], project.unit_keys)
        with pytest.raises(PackageRefused, match="key epoch: expected 2, found 1"):
            load.run(new, [project.package("gp")], project.unit_keys)
        load.run(old, [project.package("gp")], project.unit_keys)
        load.run(new, [tmp_path / "gp-2.cip"], project.unit_keys)
    kept = tmp_path / "project" / "feeds"
    assert len(list(kept.glob("gp.record_ids*.parquet"))) == 2


def test_encode_says_which_epochs_are_there(project, tmp_path):
    later = second_epoch(project)
    with pytest.raises(KeyRefused, match="no project key of epoch 2; this folder holds epoch 1"):
        encode.run(project.job("gp", specification=later, out=tmp_path / "gp.cip"))


def test_destroying_needs_a_word_and_leaves_a_signed_record(project, run_command):
    folder = project.keys("school")
    check = key_epochs.rotate(folder) and key_epochs.listed(folder)[0]["fingerprint"]
    arguments = ("keys", "destroy", "--keys", folder, "--epoch", "1", "--source", "school")
    refused = run_command(*arguments)
    assert refused.exit_code == 3
    assert "--yes" in refused.stderr
    assert (folder / "project.key").exists()
    destroyed = json.loads(run_command(*arguments, "--yes", "--json").stdout)
    assert not (folder / "project.key").exists()
    assert load_project_key(folder).epoch == 2
    shown = key_epochs.show(folder / "project.epoch-1.destroyed.json", folder / "source-school.pub")
    assert shown["signature"] == "good"
    assert shown["key_check"] == destroyed["key check"]
    assert check in {destroyed["key check"], key_epochs.listed(folder)[0]["fingerprint"]}
    with pytest.raises(KeyRefused, match="not a record that source 'gp' signed"):
        key_epochs.show(folder / "project.epoch-1.destroyed.json", project.keys("gp") / "source-gp.pub")
    assert "holds epoch 2" in run_command(*arguments, "--yes").stderr
    last = run_command("keys", "destroy", "--keys", folder, "--epoch", "2", "--source", "school")
    assert "can then encode nothing more" in last.stderr


def test_lists_show_every_file_and_no_secret(project, run_command):
    for folder in (project.keys("school"), project.unit_keys):
        entries = key_epochs.listed(folder)
        files = {
            str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in (".key", ".pub")
        }
        assert {entry["file"] for entry in entries} == files
        result = run_command("keys", "list", "--keys", folder)
        assert max(map(len, result.stdout.splitlines())) <= 80
        printed = result.stdout + run_command("keys", "list", "--keys", folder, "--json").stdout
        for path in folder.glob("*.key"):
            printed += run_command("keys", "show", path).stdout
            secret = json.loads(path.read_bytes())["secret"]
            assert secret not in printed
    own = run_command("keys", "show", project.keys("gp") / "source-gp.pub").stdout
    assert re.search(r"(?:[0-9a-f]{4} ){15}[0-9a-f]{4}", own)


def test_an_empty_folder_a_missing_one_and_a_folder_in_place_of_a_file(tmp_path, run_command):
    assert "there is no such folder" in run_command("keys", "list", "--keys", tmp_path / "no").stderr
    assert "no key file is here" in run_command("keys", "list", "--keys", tmp_path).stderr
    assert "keys list" in run_command("keys", "show", tmp_path).stderr


def test_a_wrapped_key_is_listed_without_its_passphrase(project, tmp_path, monkeypatch):
    shutil.rmtree(project.keys("gp"))
    monkeypatch.setenv("CHILDINDEX_PASSPHRASE", "correct horse")
    keys.source("gp", project.keys("gp"))
    keys.project(project.spec, project.keys("gp"))
    with_passphrase = {entry["what"]: entry for entry in key_epochs.listed(project.keys("gp"))}
    monkeypatch.delenv("CHILDINDEX_PASSPHRASE")
    without = {entry["what"]: entry for entry in key_epochs.listed(project.keys("gp"))}
    name = "project key of epoch 1, children"
    assert without[name]["protection"] == "passphrase"
    assert with_passphrase[name]["fingerprint"] != without[name]["fingerprint"] == ""


def test_a_file_that_is_no_key_is_told_as_such(project, run_command):
    """And not as a key that others may read."""
    project.spec.chmod(0o644)
    refused = run_command("keys", "show", project.spec)
    assert refused.exit_code == 3
    assert "expected a key file (.key)" in refused.stderr

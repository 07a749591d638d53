"""Bad input: refused with exit status 3 and a message that says what, where and how to mend it; nothing is written."""

import dataclasses
import re
import shutil

import pandas as pd
import pytest
from project_on_disk import Project, make_keys

from linkage.exchange.errors import InputRefused
from pipelines.at_source import encode, keys
from pipelines.at_unit import init, load
from pipelines.at_unit.keys import unit as create_unit


def rewritten(project, tmp_path, change):
    feed = tmp_path / "gp.csv"
    change(project.feed("gp"), feed)
    return feed


def drop_column(source, target):
    pd.read_csv(source, dtype=str).drop(columns="family_name").to_csv(target, index=False)


def other_dates(source, target):
    feed = pd.read_csv(source, dtype=str)
    feed["date_of_birth"] = pd.to_datetime(feed["date_of_birth"]).dt.strftime("%d.%m.%y")
    feed.to_csv(target, index=False)


def latin_1(source, target):
    lines = source.read_text(encoding="utf-8").splitlines()
    lines[17] = lines[17].replace('","', '\xe9","', 1)
    target.write_bytes("\n".join(lines).encode("latin-1", "replace"))


def ragged(source, target):
    lines = source.read_text(encoding="utf-8").splitlines()
    lines[9] += ',"one more"'
    target.write_text("\n".join(lines), encoding="utf-8")


def empty(source, target):
    target.write_text(source.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")


def twice(source, target):
    feed = pd.read_csv(source, dtype=str)
    pd.concat([feed, feed.iloc[[4]]]).to_csv(target, index=False)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (drop_column, r"family_name.*previous_family_name|no column.*family_name"),
        (other_dates, r"birth_date \(column 'date_of_birth'\).*rows 1, 2, 3.*'%d\.%m\.%y' would fit"),
        (latin_1, r"row 17\b.*UTF-8|UTF-8.*row 17\b"),
        (ragged, r"row 9\b"),
        (empty, r"no rows|empty|holds no"),
        (twice, r"rows 5 and \d+"),
    ],
)
def test_a_bad_feed(prepared, tmp_path, run_command, change, expected):
    feed = rewritten(prepared, tmp_path, change)
    before = set(tmp_path.iterdir())
    options = ("--spec", prepared.spec, "--keys", prepared.keys("gp"), "--out", tmp_path / "gp.cip")
    result = run_command("encode", feed, "--source", "gp", *options)
    assert result.exit_code == 3, result.output
    assert re.search(expected, result.stderr, re.DOTALL), result.stderr
    assert set(tmp_path.iterdir()) == before


def test_a_missing_feed_and_an_unknown_source(prepared, tmp_path, run_command):
    options = ("--spec", prepared.spec, "--keys", prepared.keys("gp"), "--out", tmp_path / "gp.cip")
    assert run_command("encode", tmp_path / "no.csv", "--source", "gp", *options).exit_code == 3
    result = run_command("encode", prepared.feed("gp"), "--source", "dentist", *options)
    assert result.exit_code == 3
    assert "known: benefits, gp, school" in result.stderr
    assert "did you mean 'school'" in run_command("profile", "x", "--source", "shool", *options[:2]).stderr


def test_a_missing_key_file_says_how_to_come_by_it(prepared, tmp_path, run_command):
    options = ("--source", "gp", "--spec", prepared.spec, "--out", tmp_path / "gp.cip")
    encoded = ("encode", prepared.feed("gp"), *options, "--keys")
    result = run_command(*encoded, tmp_path / "nowhere")
    assert "nor a folder" in result.stderr
    result = run_command(*encoded, prepared.keys("benefits"))
    assert result.exit_code == 3
    assert "source-benefits.key" in result.stderr
    assert "childindex keys source" in result.stderr
    own = tmp_path / "keys"
    shutil.copytree(prepared.keys("gp"), own)
    (own / "unit.pub").unlink()
    assert "childindex keys trust unit.pub" in run_command(*encoded, own).stderr


@pytest.mark.parametrize("purpose", ["", "x" * 100_000, "a\x1b[2J"])
def test_a_purpose_that_no_package_may_have_is_told_as_such(prepared, tmp_path, run_command, purpose):
    options = ("--source", "gp", "--spec", prepared.spec, "--keys", prepared.keys("gp"), "--purpose", purpose)
    refused = run_command("encode", prepared.feed("gp"), *options, "--out", tmp_path / "gp.cip")
    assert refused.exit_code == 3
    assert refused.stderr == (
        "childindex: --purpose: expected 1 to 200 printable characters, and nobody's name\n"
    )


def test_profile_looks_at_the_record_ids(prepared, tmp_path, run_command):
    options = ("--source", "gp", "--spec", prepared.spec)
    feed = pd.read_csv(prepared.feed("gp"), dtype=str)
    feed.drop(columns="patient_id").to_csv(tmp_path / "gp.csv", index=False)
    result = run_command("profile", tmp_path / "gp.csv", *options)
    assert result.exit_code == 3
    assert "missing columns: 'patient_id'" in result.stderr
    feed.loc[3, "patient_id"] = None
    pd.concat([feed, feed.iloc[[7]]]).to_csv(tmp_path / "gp.csv", index=False)
    assert "1 missing, 1 repeated" in run_command("profile", tmp_path / "gp.csv", *options).stdout


@pytest.fixture
def index(encoded, tmp_path):
    project = encoded.copy(tmp_path / "project")
    init.run(project.index, project.spec)
    return project


def refusal(project, package, keys_folder=None):
    with pytest.raises(InputRefused) as refused:
        load.run(project.index, [package], keys_folder or project.unit_keys)
    # Nothing was staged: the good package still loads as the first.
    (loaded,) = load.run(project.index, [project.package("school")], project.unit_keys)
    assert loaded.staged.n_new > 0
    return str(refused.value)


def test_a_package_made_under_another_specification(index, tmp_path):
    other = Project(tmp_path / "other")
    shutil.copytree(index.folder, other.folder)
    other.spec.write_text(other.spec.read_text().replace("fill = 0.30", "fill = 0.31", 1))
    other.package("gp").unlink()
    encode.run(other.job("gp"))
    assert "same specification" in refusal(index, other.package("gp"))


def test_a_package_made_with_another_key(index, tmp_path):
    other = Project(tmp_path / "other")
    shutil.copytree(index.folder, other.folder)
    (other.keys("gp") / "project.key").unlink()
    keys.project(other.spec, other.keys("gp"))
    other.package("gp").unlink()
    encode.run(other.job("gp"))
    load.run(index.index, [index.package("school")], index.unit_keys)
    with pytest.raises(InputRefused, match="another project key"):
        load.run(index.index, [other.package("gp")], index.unit_keys)


def test_a_package_for_another_unit(index, tmp_path):
    other = tmp_path / "other-unit"
    create_unit(other)
    shutil.copytree(index.unit_keys / "trusted", other / "trusted")
    assert "recipient" in refusal(index, index.package("gp"), other)


def test_a_package_of_a_source_that_is_not_trusted(index, tmp_path):
    (index.unit_keys / "trusted" / "source-gp.pub").unlink()
    assert re.search("trust", refusal(index, index.package("gp")))


@pytest.mark.parametrize("kept", [0, 7, 400, -1, -40])
def test_a_truncated_package(index, tmp_path, kept):
    data = index.package("gp").read_bytes()
    (tmp_path / "cut.cip").write_bytes(data[:kept])
    assert "cut.cip" in refusal(index, tmp_path / "cut.cip")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.999])
def test_a_package_with_one_byte_flipped(index, tmp_path, share):
    data = bytearray(index.package("gp").read_bytes())
    data[int(share * (len(data) - 1))] ^= 1
    (tmp_path / "flipped.cip").write_bytes(data)
    refusal(index, tmp_path / "flipped.cip")


def test_a_package_that_is_none(index, tmp_path):
    (tmp_path / "feed.csv").write_text("name\nsomebody\n")
    assert "somebody" not in refusal(index, tmp_path / "feed.csv")


def test_an_existing_package_is_not_overwritten(encoded):
    with pytest.raises(InputRefused, match="never overwritten"):
        encode.run(encoded.job("gp"))


def test_a_package_beside_a_key_is_refused(prepared):
    job = dataclasses.replace(prepared.job("gp"), out=prepared.keys("gp") / "gp.cip")
    with pytest.raises(InputRefused, match="key"):
        encode.run(job)


def test_keys_of_another_project(prepared, tmp_path):
    other = Project(tmp_path / "other")
    other.folder.mkdir()
    other.spec.write_text(prepared.spec.read_text().replace('project = "children"', 'project = "adults"'))
    make_keys(other)
    with pytest.raises(InputRefused, match="expected the key of project 'children', found 'adults'"):
        encode.run(dataclasses.replace(prepared.job("gp"), keys=other.keys("gp"), out=tmp_path / "gp.cip"))


def test_an_index_needs_its_own_place(index):
    with pytest.raises(InputRefused):
        init.run(index.index, index.spec)
    with pytest.raises(InputRefused, match="childindex init"):
        load.run(index.folder, [index.package("gp")], index.unit_keys)


def test_a_refusal_names_what_was_loaded_before_it(index, tmp_path):
    (tmp_path / "cut.cip").write_bytes(index.package("gp").read_bytes()[:-9])
    with pytest.raises(InputRefused, match=r"loaded before it: .*school\.cip"):
        load.run(index.index, [index.package("school"), tmp_path / "cut.cip"], index.unit_keys)


def test_a_frozen_model_and_a_new_fit_exclude_each_other(index, run_command):
    assert run_command("link", index.index, "--model", "m.json", "--refit").exit_code == 2

"""What a job writes: whole or not at all, for its owner only, and nothing that is there is replaced unasked."""

import shutil
import stat

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.exchange.errors import InputRefused
from pipelines.at_source import encode, keys
from pipelines.outputs import check_output, check_table_output, table_writer, whole_file

SCHEMA = pa.schema([("a", pa.int64())])


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_a_table_is_for_its_owner(tmp_path, name):
    with table_writer(tmp_path / name, SCHEMA) as writer:
        writer.write_batch(pa.record_batch([pa.array([1])], schema=SCHEMA))
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_fails_leaves_what_was_there(tmp_path):
    (tmp_path / "t").write_text("before")

    def fail():
        with whole_file(tmp_path / "t") as partial:
            partial.write_text("half")
            raise InputRefused("broken")

    with pytest.raises(InputRefused, match="broken"):
        fail()
    assert (tmp_path / "t").read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_place_is_checked_before_the_work(tmp_path):
    (tmp_path / "there.csv").touch()
    with pytest.raises(InputRefused, match="there is no folder"):
        check_output(tmp_path / "no" / "t.csv", overwrite=True)
    with pytest.raises(InputRefused, match="--overwrite"):
        check_output(tmp_path / "there.csv", overwrite=False)
    check_output(tmp_path / "there.csv", overwrite=True)
    with pytest.raises(InputRefused, match="this is a folder"):
        check_output(tmp_path, overwrite=True)
    with pytest.raises(InputRefused, match=r"ending in \.parquet or \.csv"):
        check_table_output(tmp_path / "t.txt", overwrite=True)


def test_link_and_compare_replace_nothing_unasked(linked, tmp_path, run_command):
    index = tmp_path / "index"
    shutil.copytree(linked.index, index)
    (tmp_path / "model.json").write_text("mine")
    refused = run_command("link", index, "--save-model", tmp_path / "model.json")
    assert refused.exit_code == 3
    assert (tmp_path / "model.json").read_text() == "mine"
    arguments = ("link", index, "--save-model", tmp_path / "model.json", "--overwrite")
    assert run_command(*arguments).exit_code == 0
    assert stat.S_IMODE((tmp_path / "model.json").stat().st_mode) == 0o600
    (tmp_path / "pairs.csv").write_text("mine")
    options = ("--spec", linked.spec, "--keys", linked.unit_keys, "--filter", "surname", "--threshold", "1")
    school = linked.package("school")
    assert run_command("compare", school, school, *options, "--out", tmp_path / "pairs.csv").exit_code == 3
    assert (tmp_path / "pairs.csv").read_text() == "mine"
    run_command("export", index, "--out", tmp_path / "children.csv")
    assert stat.S_IMODE((tmp_path / "children.csv").stat().st_mode) == 0o600


def test_the_map_of_an_earlier_key_is_kept(encoded, tmp_path):
    project = encoded.copy(tmp_path / "project")
    before = pq.read_table(project.id_map("gp")).to_pylist()
    (project.keys("gp") / "project.key").rename(project.folder / "old-project.key")
    keys.project(project.spec, project.keys("gp"))
    summary = encode.run(project.job("gp", out=project.folder / "packages" / "gp-2.cip"))
    assert pq.read_table(summary.kept_id_map).to_pylist() == before
    assert "the map of an earlier key is kept" in summary.text()
    after = {row["feed_record_id"]: row["record_id"] for row in pq.read_table(summary.id_map).to_pylist()}
    assert after.keys() == {row["feed_record_id"] for row in before}
    assert not set(after.values()) & {row["record_id"] for row in before}


def files_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_a_command_reads_is_never_written_over(encoded, tmp_path, run_command):
    project = encoded.copy(tmp_path / "project")
    feed, keys = project.feed("gp"), project.keys("gp")
    arguments = ("encode", feed, "--source", "gp", "--spec", project.spec, "--keys", keys)
    out = ("--out", tmp_path / "gp.cip")
    (tmp_path / "other name.csv").symlink_to(feed)
    before = files_of(project.folder)
    for wrong, told in [
        ((*out, "--rejects", feed), "--rejects would be written over FEED"),
        ((*out, "--rejects", tmp_path / "other name.csv"), "--rejects would be written over FEED"),
        ((*out, "--id-map", project.spec), "--id-map would be written over --spec"),
        ((*out, "--id-map", tmp_path / "gp.cip"), "--id-map would be written over --out"),
        ((*out, "--rejects", tmp_path / "a", "--id-map", tmp_path / "a"), "--id-map would be written over"),
        ((*out, "--rejects", keys / "project.key"), "project.key is a key file"),
        ((*out, "--gate", "--report", keys / "unit.pub"), "unit.pub is a key file"),
    ]:
        refused = run_command(*arguments, *wrong)
        assert refused.exit_code == 2, wrong
        assert told in refused.stderr
    options = ("--source", "gp", "--spec", project.spec)
    assert run_command("attack", feed, "--report", feed, *options).exit_code == 2
    assert files_of(project.folder) == before
    assert not (tmp_path / "gp.cip").exists()


def test_rejects_go_over_no_file_but_an_earlier_list_and_into_no_folder(encoded, tmp_path, run_command):
    project = encoded.copy(tmp_path / "project")
    arguments = ("encode", project.feed("gp"), "--source", "gp", "--spec", project.spec)
    keys = ("--keys", project.keys("gp"), "--out", tmp_path / "gp.cip")
    (tmp_path / "notes.csv").write_text("mine")
    refused = run_command(*arguments, *keys, "--rejects", tmp_path / "notes.csv")
    assert refused.exit_code == 3
    assert "there is a file that `encode` has not made" in refused.stderr
    assert "this is a folder" in run_command(*arguments, *keys, "--id-map", project.folder).stderr
    assert (tmp_path / "notes.csv").read_text() == "mine"
    (tmp_path / "notes.csv").write_text("row,rule,effect\n4,date,kept\n")
    assert run_command(*arguments, *keys, "--rejects", tmp_path / "notes.csv").exit_code == 0
    assert "4,date" not in (tmp_path / "notes.csv").read_text()


def test_a_place_of_a_report_is_checked_before_minutes_of_work(prepared, tmp_path, run_command):
    options = ("--source", "gp", "--spec", prepared.spec)
    nowhere = ("--report", tmp_path / "no" / "page.html")
    for command in (
        ("attack", prepared.feed("gp"), *options, *nowhere),
        (
            "encode",
            prepared.feed("gp"),
            *options,
            "--keys",
            tmp_path,
            "--out",
            tmp_path / "a.cip",
            "--gate",
            *nowhere,
        ),
        ("verify", prepared.spec, *nowhere),
    ):
        refused = run_command(*command)
        assert refused.exit_code == 3
        assert f"there is no folder {tmp_path / 'no'}" in refused.stderr

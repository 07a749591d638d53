"""Three feeds in, one index out: the whole path through the command line."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipelines import evaluate
from pipelines.at_unit import link

SOURCES = ("school", "gp", "benefits")


def id_maps(project):
    return [project.id_map(source) for source in SOURCES]


def test_the_children_are_found(linked):
    found = evaluate.run(linked.index, linked.truth, id_maps(linked))
    assert found.pairs.f1 >= 0.97
    assert found.pairs.precision >= 0.97
    assert set(found.lost.to_json()) == {"blocking", "weight", "resolution"}


def test_every_record_is_in_the_export_once(linked, run_command, tmp_path):
    out = tmp_path / "children.parquet"
    assert run_command("export", linked.index, "--out", out, "--quiet").exit_code == 0
    exported = pq.read_table(out).to_pandas()
    assert list(exported.columns) == ["child_id", "source", "record_id"]
    maps = pd.concat([pd.read_parquet(path) for path in id_maps(linked)])
    both = exported.merge(maps, on=["source", "record_id"], how="outer", indicator=True)
    assert (both["_merge"] == "both").all()
    assert not exported.duplicated(["source", "record_id"]).any()


def test_a_csv_export_says_the_same(linked, run_command, tmp_path):
    for name in ("a.csv", "a.parquet"):
        assert run_command("export", linked.index, "--out", tmp_path / name).exit_code == 0
    csv, parquet = pd.read_csv(tmp_path / "a.csv"), pd.read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(csv.astype(str), parquet.astype(str))


def test_an_export_of_unknown_kind_is_refused(linked, run_command, tmp_path):
    result = run_command("export", linked.index, "--out", tmp_path / "a.xlsx")
    assert result.exit_code == 3
    assert ".parquet or .csv" in result.stderr
    assert not list(tmp_path.iterdir())


def test_lookup_and_history(linked, run_command):
    record = pd.read_parquet(linked.id_map("gp")).iloc[0]
    result = run_command("lookup", linked.index, "gp", record["record_id"], "--json")
    child = json.loads(result.stdout)
    assert {"source": "gp", "record_id": record["record_id"]} in child["records"]
    told = json.loads(run_command("history", linked.index, child["child_id"], "--json").stdout)
    assert told["events"][0]["event"] == "created"
    assert told["events"][0]["time"].startswith("20")
    if len(child["records"]) > 1:
        assert told["events"][0]["weight"] > 0
        assert max(told["events"][0]["agreement"].values()) > 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nobody", "00" * 16), "no source 'nobody'"),
        (("gp", "00" * 16), "no such record"),
        (("gp", "Oliver"), "32 hexadecimal digits"),
    ],
)
def test_lookups_that_cannot_be_answered(linked, run_command, arguments, expected):
    result = run_command("lookup", linked.index, *arguments)
    assert result.exit_code == 3
    assert expected in result.stderr
    assert "Oliver" not in result.stderr


def test_loading_twice_changes_nothing(linked, run_command, tmp_path):
    project = linked.copy(tmp_path / "again")
    before = run_command("export", project.index, "--out", tmp_path / "before.csv")
    result = run_command("load", project.index, project.package("gp"), "--keys", project.unit_keys, "--json")
    assert before.exit_code == result.exit_code == 0
    assert json.loads(result.stdout)[0]["already_loaded"] is True
    assert run_command("export", project.index, "--out", tmp_path / "after.csv").exit_code == 0
    assert (tmp_path / "before.csv").read_bytes() == (tmp_path / "after.csv").read_bytes()


def test_linking_again_keeps_every_child_id(linked, run_command, tmp_path):
    project = linked.copy(tmp_path / "again")
    run_command("export", project.index, "--out", tmp_path / "before.csv")
    assert run_command("link", project.index).exit_code == 0
    run_command("export", project.index, "--out", tmp_path / "after.csv")
    before, after = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("before", "after"))
    keys = ["source", "record_id"]
    pd.testing.assert_frame_equal(
        before.sort_values(keys).reset_index(drop=True), after.sort_values(keys).reset_index(drop=True)
    )


def test_a_saved_model_gives_the_same_partition(linked, run_command, tmp_path):
    project = linked.copy(tmp_path / "again")
    model = tmp_path / "model.json"
    first = link.run(link.LinkJob(project.index, save_model=model))
    second = link.run(link.LinkJob(project.index, model=model))
    assert (first.children, first.links, first.threshold) == (second.children, second.links, second.threshold)
    assert second.changes["n_created"] == 0


def test_a_model_of_another_specification_is_refused(linked, run_command, tmp_path):
    (tmp_path / "model.json").write_text("{}")
    result = run_command("link", linked.index, "--model", tmp_path / "model.json")
    assert result.exit_code == 3
    assert "not a model file" in result.stderr


def test_the_plan_counts_the_pairs_that_are_compared(linked, run_command):
    plan = json.loads(run_command("link", linked.index, "--plan", "--json").stdout)
    assert plan["pairs"] == sum(space["n_pairs"] for space in plan["spaces"])
    assert plan["spaces"][-1]["name"] == "every pair"
    assert "largest blocks" in run_command("link", linked.index, "--plan").stdout


def test_evaluation_without_the_maps_says_what_is_missing(linked, run_command):
    result = run_command("evaluate", linked.index, "--truth", linked.truth)
    assert result.exit_code == 3
    assert "--ids" in result.stderr


def test_evaluation_names_sources_that_no_map_translates(linked):
    found = evaluate.run(linked.index, linked.truth, id_maps(linked)[:2])
    left_out = id_maps(linked)[2].name.split(".")[0]
    assert set(found.unknown) == {"school", "gp", "benefits"}
    assert {source for source, count in found.unknown.items() if count} == {left_out}
    assert f"neither truth nor maps have them: {left_out}" in found.text()
    assert "not judged" not in evaluate.run(linked.index, linked.truth, id_maps(linked)).text()

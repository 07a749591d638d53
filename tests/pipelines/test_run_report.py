"""Every run leaves a report that says what came, what changed and how it ended, and nothing of a record."""

import pandas as pd
import pytest

from linkage.exchange.errors import IndexRefused
from linkage.index import open_published
from pipelines.at_unit import link
from pipelines.at_unit.nights.report_file import read_report, report_path, reported_runs
from pipelines.at_unit.nights.summary import NightSummary
from pipelines.at_unit.run_report import RunReport


@pytest.fixture(scope="module")
def report(linked):
    return read_report(linked.index, 1)


def test_it_says_what_came(report, linked):
    maps = {source: len(pd.read_parquet(linked.id_map(source))) for source in ("school", "gp", "benefits")}
    assert {package["source"]: package["new"] for package in report["arrived"]} == maps
    assert report["index"]["records"] == maps
    assert all(package["kind"] == "snapshot" and package["sequence"] == 1 for package in report["arrived"])


def test_its_counts_agree_with_what_is_published(report, linked):
    published = open_published(linked.index)
    rows = published.export().read_all().to_pandas()
    index = report["index"]
    assert index["children"] == published.n_children == rows["child_id"].nunique()
    sizes = rows.groupby("child_id").size()
    assert index["child_sizes"] == {str(size): n for size, n in sizes.value_counts().items()}
    alone = rows[rows["child_id"].isin(sizes[sizes == 1].index)]
    assert {source: n for source, n in index["unlinked"].items() if n} == alone.groupby(
        "source"
    ).size().to_dict()
    held = rows.groupby("child_id")["source"].agg(set)
    in_gp = rows[(rows["source"] == "school") & rows["child_id"].map(held).map(lambda names: "gp" in names)]
    assert index["met"]["school in gp"] == len(in_gp)


def test_its_stages_its_model_and_its_outcome(report):
    assert {"compare and link", "resolve", "children", "publish"} <= report["seconds"].keys()
    assert (report["outcome"], report["kind"], report["linking"]) == ("published", "link", "full")
    assert report["model"]["fitted_now"]
    assert report["changes"]["created"] == report["index"]["children"]


def test_the_terminal_folds_shares_of_missing_values_that_are_within_their_bands(report):
    figures = report["figures"]
    folded = [figure for figure in figures if figure["figure"] == "missing"]
    text = RunReport(report, None).text()
    assert f"missing values: {len(folded)} shares" in text
    out = {**folded[0], "within": False}
    text = RunReport({**report, "figures": [out, *folded[1:]]}, None).text()
    assert f"missing {out['of']}" in text
    assert f"missing values: {len(folded) - 1} shares" in text


def test_the_terminal_repeats_the_warnings_and_fits(report):
    warned = {**report, "model": {**report["model"], "warnings": ["posteriors may be far off"]}}
    text = RunReport(warned, None).text()
    assert "\nwarning: posteriors may be far off" in text
    assert "warning" not in RunReport({**report, "model": None}, None).text()
    seconds = text[text.index("seconds:") : text.index("warning:")]
    assert max(map(len, seconds.splitlines())) <= 80


def test_a_night_warns_when_the_model_is_new_and_not_each_night(report):
    model = {**report["model"], "warnings": ["posteriors may be far off"]}
    assert "warning: posteriors may be far off" in NightSummary({**report, "model": model}, ()).text()
    kept = {**report, "model": {**model, "fitted_now": False}}
    assert "warning" not in NightSummary(kept, ()).text()


def test_no_record_id_stands_in_it(linked):
    text = report_path(linked.index, 1).read_text()
    ids = pd.concat([pd.read_parquet(linked.id_map(source)) for source in ("school", "gp")])
    assert not any(value in text for value in ids["record_id"])
    assert not any(f'"{value}"' in text for value in ids["feed_record_id"])


def test_a_second_run_names_the_model_of_the_first(linked, tmp_path):
    project = linked.copy(tmp_path / "again")
    link.run(link.LinkJob(project.index))
    assert reported_runs(project.index) == [1, 2]
    second = read_report(project.index, 2)
    assert second["model"] == {
        "fitted_in_run": 1,
        "fitted_now": False,
        "warnings": second["model"]["warnings"],
    }
    assert second["arrived"] == []
    assert second["changes"] == dict.fromkeys(second["changes"], 0)


def test_a_report_that_is_not_there(linked, tmp_path):
    with pytest.raises(IndexRefused, match="no report of run 99; it has those of runs 1 to"):
        read_report(linked.index, 99)
    with pytest.raises(IndexRefused, match="not an index"):
        read_report(tmp_path, 1)

"""Judged pairs are read, found in the index, and move the fit."""

import csv

import pandas as pd
import pytest

from linkage.exchange.errors import InputRefused
from linkage.index import open_index
from pipelines import evaluate
from pipelines.at_unit import link
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.labels import judged_pairs
from pipelines.at_unit.linking.labels import judged_counts
from pipelines.at_unit.linking.records import open_records
from pipelines.truth import read_truth

SOURCES = ("school", "gp", "benefits")
COLUMNS = ("source_left", "record_left", "source_right", "record_right", "label")


@pytest.fixture
def judged(linked, tmp_path):
    """Forty pairs of one child and forty of two, as a person would judge them."""
    known = read_truth(linked.truth, [linked.id_map(source) for source in SOURCES])
    school, gp = (known[known["source"] == source] for source in ("school", "gp"))
    same = school.merge(gp, on="entity_id", suffixes=("_left", "_right"))
    same = same.drop_duplicates("entity_id").head(40)
    rows = [
        ("school", left, "gp", right, "yes")
        for left, right in zip(same.record_id_left, same.record_id_right, strict=True)
    ]
    shifted = same.record_id_right.tolist()[1:] + same.record_id_right.tolist()[:1]
    rows += [
        ("school", left, "gp", right, "No") for left, right in zip(same.record_id_left, shifted, strict=True)
    ]
    path = tmp_path / "labels.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return path


def in_index(path, index, records):
    return judged_pairs(path, index.sources, records.live.sources, index.record_ids(records.live.rows))


def test_judged_pairs_are_counted_by_pattern(linked, judged):
    with (
        open_index(linked.index) as index,
        open_records(index, index_specification(linked.index), None) as records,
    ):
        pairs = in_index(judged, index, records)
        counts = judged_counts(pairs, index, index_specification(linked.index), records)
    assert counts.matches.sum() == 40
    assert counts.non_matches.sum() == 40
    assert (counts.matches * counts.non_matches).sum() <= 5


def test_what_a_reviewer_could_not_tell_is_left_out(linked, judged):
    rows = judged.read_text().splitlines()
    judged.write_text("\n".join([*rows[:-1], rows[-1].replace("No", "unsure")]))
    with (
        open_index(linked.index) as index,
        open_records(index, index_specification(linked.index), None) as records,
    ):
        assert len(in_index(judged, index, records)) == 79


def test_a_fit_with_labels_links_as_well(linked, judged, run_command, tmp_path):
    project = linked.copy(tmp_path / "again")
    assert run_command("link", project.index, "--labels", judged, "--quiet").exit_code == 0
    found = evaluate.run(project.index, project.truth, [linked.id_map(source) for source in SOURCES])
    assert found.pairs.f1 >= 0.97


def test_labels_the_wrong_way_round_are_told_by_fit_and_tune(linked, judged, run_command, tmp_path):
    swapped = tmp_path / "swapped.csv"
    text = judged.read_text().replace("No", "perhaps").replace("yes", "no").replace("perhaps", "yes")
    swapped.write_text(text)
    project = linked.copy(tmp_path / "again")
    contradiction = "warning: labels and model contradict each other: "
    for labels, is_told in ((judged, False), (swapped, True)):
        for command in ("tune", "link"):
            told = run_command(command, project.index, "--labels", labels, "--quiet")
            assert told.exit_code == 0, told.stderr
            assert (contradiction in told.stdout) is is_told
    shown = run_command("tune", linked.index, "--labels", judged, "--quiet")
    assert "by the judged pairs, of single links" in shown.stdout


def test_a_threshold_beyond_all_odds_is_refused(linked, run_command, tmp_path):
    model = tmp_path / "model.json"
    who = ("--model", model, "--who", "A", "--reason", "a slip")
    for threshold in (999, -999):
        refused = run_command("tune", linked.index, "--set-threshold", threshold, *who)
        assert refused.exit_code == 3
        assert "lie between" in refused.stderr
    assert not model.exists()


def test_a_model_as_it_is_learns_nothing(linked, judged, run_command):
    assert run_command("link", linked.index, "--labels", judged, "--model", judged).exit_code == 2


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda table: table.drop(columns="label"), "label missing"),
        (lambda table: table.assign(label="perhaps"), "yes, no or unsure"),
        (lambda table: table.assign(record_left="00"), "none of its"),
        (
            lambda table: pd.concat([table, table.assign(label="yes"), table.assign(label="no")]),
            "both yes and no",
        ),
    ],
)
def test_labels_that_cannot_be_used_are_refused(linked, judged, tmp_path, change, expected):
    change(pd.read_csv(judged)).to_csv(tmp_path / "bad.csv", index=False)
    with pytest.raises(InputRefused, match=expected):
        link.run(link.LinkJob(linked.index, labels=tmp_path / "bad.csv"))

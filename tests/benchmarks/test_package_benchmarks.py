"""The benchmarks of the package run, tiny."""

import runpy
from collections import Counter
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_every_mutation_is_made_and_none_accepted():
    benchmark = runpy.run_path(str(BENCHMARKS / "mutate_packages.py"))
    counts = benchmark["run_part"](seed=7, n_mutations=400)
    assert counts["made"].keys() == {mutation.__name__ for mutation in benchmark["MUTATIONS"]}
    assert counts["made"].total() == 400
    assert counts["accepted"] == counts["crashed"] == Counter()
    figures = {figure["figure"]: figure for figure in benchmark["figures"](counts, 2.0, quick=False)}
    assert figures["accepted"]["met"] is figures["crashed"]["met"] is True
    assert figures["rate"]["value"] == 200
    assert {figure["met"] for figure in benchmark["figures"](counts, 2.0, quick=True)} == {None}


def test_an_accepted_mutation_would_be_counted():
    benchmark = runpy.run_path(str(BENCHMARKS / "mutate_packages.py"))
    accepted = {
        "made": Counter(a=2),
        "accepted": Counter(a=1),
        "crashed": Counter(),
        "memory": Counter(MiB=600),
    }
    met = {figure["figure"]: figure["met"] for figure in benchmark["figures"](accepted, 1.0, quick=False)}
    assert (met["accepted"], met["crashed"], met["peak memory"]) == (False, True, False)


def test_sealing_verifying_and_reading_are_timed(tmp_path):
    benchmark = runpy.run_path(str(BENCHMARKS / "seal_packages.py"))
    runs = [benchmark["one_run"](tmp_path, 700)]
    assert runs[0].keys() == {"seal", "verify", "read"}
    assert len(benchmark["figures"](runs, quick=True)) == 6
    assert list(tmp_path.iterdir()) == []

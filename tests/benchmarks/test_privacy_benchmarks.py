"""The benchmarks of privacy run, tiny, and what they kept is not measured again."""

import runpy
from pathlib import Path

import pytest

from pipelines import simulate

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return lambda name: runpy.run_path(str(BENCHMARKS / f"{name}.py"))


class Counted:
    """Measures that say which part they were asked for, and how often."""

    def __init__(self):
        self.asked = []

    def of(self, profile, part):
        self.asked.append((profile.name, part))
        return {"F1": 0.9, "frequency": 0.1 * len(self.asked), "bytes a record": 300.0}


def test_an_interrupted_frontier_goes_on_where_it_ended(benchmark, tmp_path):
    frontier = benchmark("privacy_frontier")
    name, path, measures = frontier["SHIPPED"], tmp_path / "kept.json", Counted()
    kept = frontier["_Kept"](path, "100 children")
    for part in ("linking", "few seeds", "linking"):
        kept.measure(name, part, measures)
    again = frontier["_Kept"](path, "100 children")
    again.measure(name, "few seeds", measures)
    assert [part for _, part in measures.asked] == ["linking", "few seeds"]
    # The worse of what two parts found; no worst attack as long as some were not made.
    assert again.table([name]) == {name: {"F1": 0.9, "frequency": 0.2, "bytes a record": 300.0}}
    assert "| **three fields, t=12, 512 bits** | 20.00% | 0.9000 | 300 |" in frontier["_markdown"](
        again.table([name])
    )
    with pytest.raises(SystemExit, match="not of 200 children"):
        frontier["_Kept"](path, "200 children")


def test_components_are_attacked_at_the_size_of_a_feed(benchmark, tmp_path):
    components = benchmark("privacy_components")
    simulate.run(tmp_path / "feeds", 300, seed=1, formats=("parquet",), workers=1)
    figures = components["attacked"](components["SHIPPED"], tmp_path, 300, quick=False)
    found = {figure.figure.rpartition(": ")[2]: figure for figure in figures}
    assert 0 <= found["components"].value < 0.2
    assert found["components"].target == "<= 0.01"
    # Years of birth are many records each, so their sizes tell them apart even here.
    assert found["frequency of cohorts"].value > 0.3

"""The benchmark of the gate runs, tiny: clean packages pass, planted values are found."""

import runpy
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_a_clean_package_raises_no_alarm_and_a_planted_value_does(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    benchmark = runpy.run_path(str(BENCHMARKS / "gate.py"))
    alarms, found = benchmark["alarms"](tmp_path, 1, quick=False)
    assert (alarms.value, found.value) == (0, 1)
    assert alarms.met
    assert found.met

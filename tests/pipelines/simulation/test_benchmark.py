"""The benchmark still runs, and its JSON has the form of all benchmarks."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[3] / "benchmarks/simulate.py"


def test_a_quick_run_reports_figures_and_judges_none() -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--quick", "--json"], check=True, capture_output=True, text=True
    )
    report = json.loads(done.stdout)
    assert list(report) == ["benchmark", "machine", "versions", "figures"]
    assert report["benchmark"] == "simulate"
    for figure in report["figures"]:
        assert list(figure) == ["figure", "value", "unit", "target", "met", "runs"]
        assert figure["met"] is None
        assert figure["value"] > 0

"""A benchmark run small, as a command, and its figures."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def figures_of(script: str, *options: str) -> dict[str, dict[str, object]]:
    """The figures of ``benchmarks/SCRIPT --quick --json``, by name; none of them is judged."""
    command = [sys.executable, str(BENCHMARKS / script), "--quick", "--json", *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert report["benchmark"] == script.removesuffix(".py")
    assert {"machine", "versions"} <= set(report)
    for figure in report["figures"]:
        assert set(figure) == {"figure", "value", "unit", "target", "met", "runs"}
    assert {figure["met"] for figure in report["figures"]} == {None}, "a quick run judges nothing"
    return {figure["figure"]: figure for figure in report["figures"]}

"""The benchmarks of look-ups and of operation sequences run, tiny, so that they cannot rot."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def figures_of(script: str, *options: str) -> dict[str, dict[str, object]]:
    command = [sys.executable, str(BENCHMARKS / script), "--quick", "--json", *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert report["benchmark"] == script.removesuffix(".py")
    assert {figure["met"] for figure in report["figures"]} == {None}, "a quick run judges nothing"
    return {figure["figure"]: figure for figure in report["figures"]}


def test_look_ups_are_timed_and_each_is_logged():
    figures = figures_of("lookups.py")
    assert figures["answers that are not in the log"]["value"] == 0
    assert figures["2 processes, while a night loads: look-ups"]["value"] > 0
    assert figures["2 processes, while a night loads: p99"]["value"] > 0


def test_sequences_are_counted():
    figures = figures_of("sequences.py", "--sequences", "1")
    assert figures["sequences without a fault"]["value"] == 1
    assert figures["operations in them"]["value"] >= 2

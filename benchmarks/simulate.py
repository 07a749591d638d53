"""How fast feeds are simulated, and how much memory it takes: ``python benchmarks/simulate.py [--quick] [--json]``.

Each figure is taken in a process of its own, writing CSV, Parquet and the truth to the disk under the temporary
folder. Memory is the largest resident set of the parent plus, for every worker, that of the largest worker: more than
is ever in use at once. That it does not grow with the number of children is the point of the second size.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.simulate import run

SIZES, QUICK_SIZES = (100_000, 1_000_000), (500, 2_000)
SEED = 1
PACKAGES = ("numpy", "pyarrow", "faker")


@dataclass(frozen=True)
class Figure:
    """One measured figure, with what it should be."""

    figure: str
    value: float
    unit: str
    target: str | None
    met: bool | None
    runs: list[float]


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small data, the same code path, no verdict")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--tables", type=Path, help="a folder of name and place tables")
    parser.add_argument("--children", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.children:
        print(json.dumps(simulate(asked.children, asked.tables)))
        return
    found = figures(asked.tables, quick=asked.quick)
    if asked.json:
        print(json.dumps(report(found)))
        return
    for each in found:
        verdict = {None: "", True: "met", False: "MISSED"}[each.met]
        print(f"{each.figure:<38} {each.value:>12,.1f} {each.unit:<12} {each.target or '':<12} {verdict}")


def simulate(children: int, tables: Path | None) -> dict[str, float]:
    """Simulate in this process; returns seconds, seconds of processor, records, and memory in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        summary = run(Path(folder), children, SEED, tables=tables)
    largest = {
        who: resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    }
    memory = largest[resource.RUSAGE_SELF] + (os.cpu_count() or 1) * largest[resource.RUSAGE_CHILDREN]
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "seconds": summary.seconds,
        "processor": sum(each.ru_utime + each.ru_stime for each in used),
        "records": summary.records,
        "mebibytes": memory,
    }


def figures(tables: Path | None, *, quick: bool) -> list[Figure]:
    """All figures, at two sizes."""
    small, large = QUICK_SIZES if quick else SIZES
    one, other = (apart(children, tables) for children in (small, large))
    speeds = [children / taken["seconds"] for children, taken in ((small, one), (large, other))]
    return [
        judged(f"children a second, {small:,}", speeds[0], "1/s", None, quick=quick),
        judged(f"seconds for {small:,} children", one["seconds"], "s", "<= 30", quick=quick),
        judged(f"children a second, {large:,}", speeds[1], "1/s", ">= 10000", quick=quick),
        judged(f"records a second, {large:,}", other["records"] / other["seconds"], "1/s", None, quick=quick),
        # Says more than the clock on a machine that others use too.
        judged(
            f"children a second of processor, {large:,}", large / other["processor"], "1/s", None, quick=quick
        ),
        judged(f"memory, {small:,} children", one["mebibytes"], "MiB", None, quick=quick),
        judged(f"memory, {large:,} children", other["mebibytes"], "MiB", "<= 8192", quick=quick),
        judged("memory, growth", other["mebibytes"] / one["mebibytes"], "times", "<= 2", quick=quick),
    ]


def apart(children: int, tables: Path | None) -> dict[str, float]:
    """Simulate in a process of its own."""
    command = [sys.executable, __file__, "--children", str(children)]
    command += ["--tables", str(tables)] if tables else []
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def judged(figure: str, value: float, unit: str, target: str | None, *, quick: bool) -> Figure:
    """A figure held against its target; a quick run judges nothing."""
    met = None
    if target and not quick:
        sign, bound = target.split()
        met = value >= float(bound) if sign == ">=" else value <= float(bound)
    return Figure(figure, round(value, 2), unit, target, met, [round(value, 2)])


def report(found: list[Figure]) -> dict[str, object]:
    """The object that `--json` prints."""
    return {
        "benchmark": "simulate",
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "versions": {"python": platform.python_version()}
        | {package: importlib.metadata.version(package) for package in PACKAGES},
        "figures": [asdict(each) for each in found],
    }


if __name__ == "__main__":
    main()

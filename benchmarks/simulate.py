"""How fast feeds are simulated, and how much memory it takes: ``python benchmarks/simulate.py [--quick] [--json]``.

Each figure is taken in a process of its own, writing CSV, Parquet and the truth to the disk under the temporary
folder. Memory is the largest resident set of the parent plus, for every worker, that of the largest worker: more than
is ever in use at once. That it does not grow with the number of children is the point of the second size.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from reporting import Figure, arguments, print_report

from pipelines.simulate import run

SIZES, QUICK_SIZES = (100_000, 1_000_000), (500, 2_000)
SEED = 1
PACKAGES = ("numpy", "pyarrow", "faker")


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = arguments(__doc__)
    parser.add_argument("--tables", type=Path, help="a folder of name and place tables")
    parser.add_argument("--children", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.children:
        print(json.dumps(simulate(asked.children, asked.tables)))
        return
    print_report("simulate", figures(asked.tables, quick=asked.quick), PACKAGES, as_json=asked.json)


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

    def figure(name: str, unit: str, value: float, target: str | None = None) -> Figure:
        return Figure(name, unit, [round(value, 2)], target, quick)

    return [
        figure(f"children a second, {small:,}", "1/s", small / one["seconds"]),
        figure(f"seconds for {small:,} children", "s", one["seconds"], "<= 30"),
        figure(f"children a second, {large:,}", "1/s", large / other["seconds"], ">= 10000"),
        figure(f"records a second, {large:,}", "1/s", other["records"] / other["seconds"]),
        # Says more than the clock on a machine that others use too.
        figure(f"children a second of processor, {large:,}", "1/s", large / other["processor"]),
        figure(f"memory, {small:,} children", "MiB", one["mebibytes"]),
        figure(f"memory, {large:,} children", "MiB", other["mebibytes"], "<= 8192"),
        figure("memory, growth", "times", other["mebibytes"] / one["mebibytes"], "<= 2"),
    ]


def apart(children: int, tables: Path | None) -> dict[str, float]:
    """Simulate in a process of its own."""
    command = [sys.executable, __file__, "--children", str(children)]
    command += ["--tables", str(tables)] if tables else []
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


if __name__ == "__main__":
    main()

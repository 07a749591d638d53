"""A nation of children on one machine, from simulated feeds to the published index, each stage's cost by itself.

Figures, by number of children
------------------------------
seconds, memory
    By stage, each in processes of its own. *own* memory is heap and stack at their peak, summed over the processes of
    the stage; *resident* counts files mapped into memory too, whose pages the system takes away when it needs them.
    Encoding is that of all three sources, one after the other, on this machine.
disk
    Of the index when it is published.
pairs
    Candidates compared, counting a pair for each key that it shares.
recall of blocking
    Share of true pairs (of a sample of two million) whose records share a blocking key.
F1, precision among twins
    Of the published children.
prediction
    What ``link --plan`` predicted, divided by what happened: time, memory, disk, links.
night
    ``nightly`` on the published index, with 100,000 records that moved, arrived or left (see `national_night`).
k of blocking keys
    Records in the smallest bucket of any space in any source's records: the gate wants five.
growth exponent
    Slope of log time over log records, from the smallest to the largest size, of encoding, loading and linking.

Stages that were done are not repeated in a folder that is given with ``--keep``: their costs lie beside them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from footprint import Footprint, folder_gib, run_measured
from reporting import Figure, arguments, print_report

QUICK_CHILDREN = 20_000
NATION = 11_000_000
SEED = 20261122
PACKAGES = ("childindex", "numpy", "numba", "pyarrow", "duckdb")
STAGES = ("simulate", "encode", "load", "plan", "link", "evaluate", "night")
TOLD = ("simulate", "encode", "load", "plan", "link", "night")
UNIT = ("load", "link")
MIB = 1024

Told = dict[str, dict[str, Any]]


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--children", nargs="+", type=int, help="11,000,000 if not given")
    parser.add_argument("--profile", choices=["reference", "private"], default="private")
    parser.add_argument("--memory", type=int, help="MiB that linking may take")
    parser.add_argument(
        "--keep", type=Path, help="work in this folder, leave it there, and go on where it ended"
    )
    asked = parser.parse_args()
    sizes = sorted(asked.children or [QUICK_CHILDREN if asked.quick else NATION])
    figures: list[Figure] = []
    seconds: dict[int, float] = {}
    for children in sizes:
        options = {
            "children": children,
            "seed": SEED,
            "profile": asked.profile,
            "memory_mb": asked.memory,
        }
        told = _measured(options, asked.keep, quick=asked.quick)
        figures += _figures(children, told, quick=asked.quick)
        path = ("encode", *UNIT)
        seconds[told["load"]["told"]["records"]] = sum(told[stage]["cost"]["seconds"] for stage in path)
    if len(seconds) > 1:
        figures.append(Figure("growth exponent of time", "", [_exponent(seconds)], "<= 1.3", asked.quick))
    print_report("national", figures, PACKAGES, as_json=asked.json)


def _measured(options: dict[str, Any], keep: Path | None, *, quick: bool) -> Told:
    """Every stage of one size, with its cost and what it told."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="childindex-national-") as folder:
            return _stages(Path(folder), options)
    place = keep / f"{options['children']}-{options['profile']}{'-quick' if quick else ''}"
    place.mkdir(parents=True, exist_ok=True)
    return _stages(place, options)


def _stages(folder: Path, options: dict[str, Any]) -> Told:
    told: Told = {}
    for stage in STAGES:
        kept = folder / f"{stage}.cost.json"
        if not kept.is_file():
            if "simulate" in told:
                options = options | {"records": told["simulate"]["told"]["records"]}
            kept.write_text(json.dumps(_run(stage, folder, options)), encoding="utf-8")
        told[stage] = json.loads(kept.read_text(encoding="utf-8"))
        print(f"{folder.name}: {stage} {json.dumps(told[stage])}", file=sys.stderr)
    return told


def _run(stage: str, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).with_name("national_stages.py")), stage, str(folder)]
    try:
        told, cost = run_measured([*command, json.dumps(options)])
    except subprocess.CalledProcessError as failed:
        raise SystemExit(f"stage {stage} failed with exit status {failed.returncode}") from None
    if stage == "encode":
        for feed in folder.glob("*.csv"):
            feed.unlink()
    if stage == "load":
        shutil.rmtree(folder / "packages")
    return {
        "told": told,
        "cost": asdict(cost),
        "index_gib": folder_gib(folder / "index"),
        # By other work too: says how far the clock is to be believed.
        "load_minutes": os.getloadavg(),
    }


def _figures(children: int, told: Told, *, quick: bool) -> list[Figure]:
    whole = children >= NATION
    costs = {stage: Footprint(**told[stage]["cost"]) for stage in STAGES}
    named = f"{children:,} children"
    records = told["load"]["told"]["records"]

    def figure(name: str, unit: str, value: float, target: str | None = None) -> Figure:
        return Figure(f"{named}: {name}", unit, [value], target, quick)

    figures = [figure("records", "", records)]
    for stage in TOLD:
        target = {"simulate": "< 1200", "encode": "< 600", "night": "< 180"}.get(stage) if whole else None
        figures.append(figure(stage, "s", costs[stage].seconds, target))
        figures.append(figure(f"{stage}, processor", "s", costs[stage].processor))
        figures.append(figure(f"{stage}, own memory", "MiB", costs[stage].own_mib))
        figures.append(figure(f"{stage}, resident memory", "MiB", costs[stage].resident_mib))
    unit_seconds = sum(costs[stage].seconds for stage in UNIT)
    unit_memory = max(costs[stage].own_mib for stage in UNIT)
    link, quality = told["link"]["told"], told["evaluate"]["told"]
    bucket = quality["smallest_bucket"]
    return [
        *figures,
        *(figure(f"link, {part}", "s", value) for part, value in link["seconds"].items()),
        figure("load to publication", "s", unit_seconds, "< 2400" if whole else None),
        figure("peak own memory, load to publication", "MiB", unit_memory, f"< {16 * MIB}"),
        figure("index on disk", "GiB", told["link"]["index_gib"], "< 60"),
        figure("pairs compared", "", link["pairs_compared"]),
        figure("recall of blocking", "", quality["blocking_recall"], ">= 0.995"),
        figure("F1 of the children", "", quality["f1"], ">= 0.98"),
        figure("precision among twins", "", quality["twin_precision"], ">= 0.99"),
        *([] if bucket is None else [figure("k of blocking keys", "records", bucket, ">= 5")]),
        figure("records of the night", "", sum(_night_records(told))),
        *_predictions(figure, told),
    ]


def _night_records(told: Told) -> Iterator[int]:
    for package in told["night"]["told"]["report"]["arrived"]:
        yield from (package[what] for what in ("new", "changed", "unchanged", "deleted"))


def _predictions(figure: Any, told: Told) -> list[Figure]:
    """The plan held against what happened."""
    predicted = told["plan"]["told"].get("predicted")
    if not predicted:
        return []
    cost, link = told["link"]["cost"], told["link"]["told"]
    happened = {
        # Without the start of the process.
        "seconds": sum(link["seconds"].values()),
        "memory_mib": cost["own_mib"],
        "disk_gib": told["link"]["index_gib"],
        "links": sum(link["conflicts"]["edges"].values()),
    }
    ratios = {name: predicted[name] / value for name, value in happened.items() if name in predicted}
    return [
        *(figure(f"{name}, predicted by happened", "times", ratio) for name, ratio in ratios.items()),
        figure(
            "furthest prediction, either way", "times", max(max(r, 1 / r) for r in ratios.values()), "<= 1.5"
        ),
    ]


def _exponent(seconds: dict[int, float]) -> float:
    few, many = min(seconds), max(seconds)
    return float(np.log(seconds[many] / seconds[few]) / np.log(many / few))


if __name__ == "__main__":
    main()

"""One night on an index of many children: 20,000 new, 5,000 changed and 1,000 deleted records.

Figures, by number of children in the index
-------------------------------------------
seconds, own memory, resident memory
    Of ``childindex nightly`` in a process of its own, from reading keys to the archived packages. *own* memory is heap
    and stack; *resident* counts mapped files too, whose pages the system takes away when it needs them.
seconds by stage
    As the run's report has them.
growth exponent
    Slope of log time over log records, from the smallest to the largest index: 0 if a night costs the same on every
    index, 1 if it costs as much as the index is large.
incremental is full
    Where asked for with ``--check``: whether linking everything under the same model gives the same children.

The new records are those of real (simulated) children, held out of the first night; the changed ones moved house to
where another child lives. Each index has the buckets of blocking keys that `childindex spec new --records` gives for
its smallest feed, since the privacy gate would refuse more. The first size fits the model, the others use it. A
first night that is not measured leaves kernels and byte code on the disk, as on any machine that is in use.
"""

import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from datasets import DataSet
from footprint import Footprint, run_measured
from linkage_job import key_folder, make_keys
from reporting import Figure, arguments, print_report

from linkage.exchange.specification import default_specification_text
from linkage.index import open_published
from pipelines import simulate
from pipelines.at_source import encode
from pipelines.at_unit import init, link, load
from pipelines.buckets import with_buckets

SIZES = [100_000, 300_000, 1_000_000]
QUICK = [500]
SEED = 20261122
NEW, CHANGED, DELETED = 20_000, 5_000, 1_000
RECORD_ID = {"school": "pupil_ref", "gp": "patient_id", "benefits": "claim_child_ref"}
MOVES = {
    "school": ["address", "postcode"],
    "gp": ["address_line_1", "address_line_2", "post_town", "postcode"],
    "benefits": ["house", "street", "town", "post_code"],
}
OPERATION = "operation"
PACKAGES = ("childindex", "numpy", "numba", "pyarrow", "duckdb")


@dataclass(frozen=True)
class Night:
    """Rows of one feed: those of the first night, and the delta of the second."""

    first: pd.DataFrame
    delta: pd.DataFrame


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--children", nargs="+", type=int, default=SIZES)
    parser.add_argument("--check", action="store_true", help="link everything afterwards and compare")
    parser.add_argument("--keep", type=Path, help="build in this folder and leave it there")
    asked = parser.parse_args()
    figures: list[Figure] = []
    seconds: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="childindex-nightly-") as temporary:
        base = asked.keep or Path(temporary)
        model = base / "model.json"
        for children in QUICK if asked.quick else sorted(asked.children):
            folder = base / str(children)
            if not (folder / "ready").exists():
                shutil.rmtree(folder, ignore_errors=True)
                build(folder, children, model)
            if not seconds:
                run_night(folder, base, check=False)
            told, cost, same = run_night(folder, base, check=asked.check)
            figures += _figures(children, told, cost, same=same, quick=asked.quick)
            seconds[sum(told["report"]["index"]["records"].values())] = cost.seconds
            if not asked.keep:
                shutil.rmtree(folder)
    if len(seconds) > 1:
        ends = min(seconds), max(seconds)
        slope = np.log(seconds[ends[1]] / seconds[ends[0]]) / np.log(ends[1] / ends[0])
        figures.append(Figure("growth exponent of a night", "", [float(slope)], "<= 0.3"))
    print_report("nightly", figures, PACKAGES, as_json=asked.json)


def build(folder: Path, children: int, model: Path) -> None:
    """An index with everything but the held-out records, and an inbox with the night's packages."""
    folder.mkdir(parents=True)
    simulate.run(folder / "feeds", children, SEED, formats=("parquet",))
    spec = folder / "spec.toml"
    smallest = min(pq.read_metadata(folder / "feeds" / f"{source}.parquet").num_rows for source in RECORD_ID)
    text = with_buckets(default_specification_text(), smallest)
    for source in RECORD_ID:
        head = f"[sources.{source}]\n"
        text = text.replace(head, head + f'operation = {{ column = "{OPERATION}" }}\n')
    spec.write_text(text, encoding="utf-8")
    data = DataSet("nightly", folder, tuple(RECORD_ID))
    unit_keys = make_keys(data)
    (folder / "inbox").mkdir()
    rng = np.random.default_rng(SEED)
    snapshots = []
    for number, source in enumerate(RECORD_ID):
        night = _split(folder / "feeds" / f"{source}.parquet", source, rng, number)
        (folder / "feeds" / f"{source}.parquet").unlink()
        for rows, kind, package in (
            (night.first, "snapshot", folder / f"{source}-1.cip"),
            (night.delta, "delta", folder / "inbox" / f"{source}-2.cip"),
        ):
            feed = folder / f"{source}.parquet"
            rows.to_parquet(feed, index=False)
            encode.run(encode.EncodeJob(feed, source, spec, key_folder(data, source), package, kind))
            feed.unlink()
        snapshots.append(folder / f"{source}-1.cip")
    index = folder / "index"
    init.run(index, spec)
    load.run(index, snapshots, unit_keys)
    for package in snapshots:
        package.unlink()
    known = model if model.exists() else None
    link.run(link.LinkJob(index, model=known, save_model=None if known else model))
    (folder / "ready").touch()


def _split(feed: Path, source: str, rng: np.random.Generator, number: int) -> Night:
    rows = pd.read_parquet(feed).astype("string").fillna("")
    share = min(1.0, len(rows) / 10 / NEW)
    n_new, n_changed, n_deleted = (
        int(share * count) // 3 + (number < int(share * count) % 3) for count in (NEW, CHANGED, DELETED)
    )
    chosen = rng.permutation(len(rows))
    new, changed, deleted = np.split(chosen[: n_new + n_changed + n_deleted], [n_new, n_new + n_changed])
    moved = rows.iloc[changed].copy()
    moved[MOVES[source]] = rows[MOVES[source]].iloc[rng.permutation(len(rows))[: len(moved)]].to_numpy()
    gone = rows.iloc[deleted].copy()
    gone.loc[:, [name for name in rows.columns if name != RECORD_ID[source]]] = ""
    delta = pd.concat(
        [
            rows.iloc[new].assign(**{OPERATION: ""}),
            moved.assign(**{OPERATION: ""}),
            gone.assign(**{OPERATION: "delete"}),
        ]
    )
    return Night(rows.drop(rows.index[new]), delta)


def run_night(folder: Path, base: Path, *, check: bool) -> tuple[dict[str, Any], Footprint, bool | None]:
    """Run the night on a copy of the index, as the scheduler does; byte code is kept in the base folder."""
    index, inbox = folder / "night", folder / "night-inbox"
    for source, target in ((folder / "index", index), (folder / "inbox", inbox)):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    cli = Path(__file__).parent.parent / "cli.py"
    command = [
        sys.executable,
        str(cli),
        "nightly",
        str(index),
        str(inbox),
        "--keys",
        str(folder / "unit-keys"),
    ]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    told, cost = run_measured(
        [*command, "--json"], environment | {"PYTHONPYCACHEPREFIX": str(base / "bytecode")}
    )
    print(f"{folder.name}: {cost} {json.dumps(told['report']['seconds'])}", file=sys.stderr)
    same = None
    if check:
        nightly = partition(index)
        link.run(link.LinkJob(index))
        same = partition(index) == nightly
    shutil.rmtree(index)
    shutil.rmtree(inbox)
    return told, cost, same


def partition(index: Path) -> set[tuple[str, ...]]:
    """The published children as sets of records."""
    rows = open_published(index).export(include_shielded=True).read_all().to_pandas()
    rows["record"] = rows["source"] + " " + rows["record_id"]
    return set(rows.sort_values("record").groupby("child_id")["record"].agg(tuple))


def _figures(
    children: int, told: dict[str, Any], cost: Footprint, *, same: bool | None, quick: bool
) -> list[Figure]:
    report = told["report"]
    name = f"{children:,} children"
    records = sum(report["index"]["records"].values())
    whole = children >= max(SIZES)
    figures = [
        Figure(
            f"{name}, {records:,} records: a night", "s", [cost.seconds], "< 30" if whole else None, quick
        ),
        Figure(f"{name}: processor", "s", [cost.processor]),
        Figure(f"{name}: own memory", "MiB", [cost.own_mib], "< 3072" if whole else None, quick),
        Figure(f"{name}: resident memory", "MiB", [cost.resident_mib]),
        Figure(f"{name}: pairs compared", "million", [report["work"]["pairs_compared"] / 1e6]),
        Figure(f"{name}: records resolved", "records", [report["work"]["records_resolved"]]),
    ]
    figures += [Figure(f"{name}: {stage}", "s", [value]) for stage, value in report["seconds"].items()]
    if same is not None:
        figures.append(Figure(f"{name}: incremental is full", "", [float(same)], ">= 1", quick))
    return figures


if __name__ == "__main__":
    main()

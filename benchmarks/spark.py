"""The same records linked by the embedded engine and by Spark: what each takes, and whether they agree.

Figures, by number of records
-----------------------------
embedded, spark
    Seconds of `link` by the clock, of which the passes over the pairs (counting for the fit, and comparing), and
    seconds of processor of the process with its children, Java and Python workers among them.
identical
    1 if links, patterns, weights' strata, model and children are the same; the run fails otherwise.
executors that ran on the packed wheel
    With ``--packed``; the run fails if one had another copy of the package, or none.

``--master 'local-cluster[2,1,1024]' --packed`` tries what a cluster needs: executors that are processes of their own
and get the wheel as an archive. Traps: in local mode both engines have the same cores, so that Spark can only lose;
what it costs beyond the kernels is the figure to read.
"""

import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from datasets import SEED, DataSet, shared_data
from footprint import Footprint, run_measured
from linkage_job import encode_feeds, make_keys
from reporting import Figure, arguments, print_report
from spark_cluster import packed_environment, spark_environment

from linkage.exchange.specification import default_specification_text
from linkage.index import open_index
from linkage.spark import spark_session
from pipelines import simulate
from pipelines.at_unit import init, link, load
from pipelines.at_unit.linking.resources import Resources

SIZES, QUICK_SIZES = (20_000, 100_000, 300_000), (300,)
SOURCES = ("school", "gp", "benefits")
PACKAGES = ("childindex", "numpy", "numba", "pyarrow", "duckdb", "pyspark")
PASSES = ("count patterns and fit", "compare and link")

Told = dict[str, Any]


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--records", nargs="+", type=int, help="these sizes only")
    parser.add_argument("--master", default="local[2]", help="as Spark writes it")
    parser.add_argument("--packed", action="store_true", help="ship the built wheel to the executors")
    parser.add_argument("--one", nargs=2, metavar=("INDEX", "MASTER"), help="link one index and report")
    asked = parser.parse_args()
    if asked.one:
        index, master = asked.one
        # Executors of a cluster know nothing of the folders of the command.
        os.environ.pop("PYTHONPATH", None)
        print(json.dumps(linked(Path(index), master) if index else {"places": imported_from(master)}))
        return
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="childindex-spark-") as name:
        folder = Path(name)
        # The first run on a machine compiles kernels: that is in no figure, and they travel with the package.
        apart(prepared(folder / "warm", QUICK_SIZES[0]), "")
        archive = packed_environment(folder) if asked.packed else None
        os.environ |= spark_environment(folder / "spark", archive)
        if archive:
            figures.append(Figure("executors that ran on the packed wheel", "", [on_the_wheel(asked.master)]))
        for size in asked.records or (QUICK_SIZES if asked.quick else SIZES):
            figures += measured(folder / str(size), size, asked.master)
    print_report("spark", figures, PACKAGES, as_json=asked.json)


def measured(folder: Path, records: int, master: str) -> list[Figure]:
    """Both engines on copies of one index."""
    index = prepared(folder, records)
    shutil.copytree(index, folder / "other")
    one, one_cost = apart(index, "")
    other, other_cost = apart(folder / "other", master)
    print(f"{records:,} records: {json.dumps([one, other])}", file=sys.stderr)
    if one["outcome"] != other["outcome"]:
        raise SystemExit(f"{records:,} records: the engines disagree")
    named = f"{one['records']:,} records"
    figures = [
        Figure(f"{named}: pairs compared", "", [one["pairs"]]),
        *costs(f"{named}: embedded", one, one_cost),
        *costs(f"{named}: spark", other, other_cost),
        Figure(f"{named}: spark over embedded", "times", [other_cost.seconds / one_cost.seconds]),
        Figure(f"{named}: identical", "", [1]),
    ]
    shutil.rmtree(folder)
    return figures


def costs(named: str, told: Told, cost: Footprint) -> list[Figure]:
    """What one engine took."""
    return [
        Figure(named, "s", [cost.seconds]),
        Figure(f"{named}, passes over the pairs", "s", [sum(told["seconds"][name] for name in PASSES)]),
        Figure(f"{named}, processor", "s", [cost.processor]),
        Figure(f"{named}, own memory", "MiB", [cost.own_mib]),
    ]


def prepared(folder: Path, records: int) -> Path:
    """A loaded index with about as many records in three sources, compared by blocking keys."""
    tables = shared_data() / "uk"
    simulate.run(
        folder, round(records / 2.37), SEED, tables=tables if tables.is_dir() else None, formats=("csv",)
    )
    data = DataSet("children", folder, SOURCES)
    text = default_specification_text("children")
    # Small indexes would compare every pair, which is one block: here they go the way of the large ones.
    text = re.sub(r"every_pair_up_to = \S+", "every_pair_up_to = 0", text)
    data.specification.write_text(text, encoding="utf-8")
    make_keys(data)
    encode_feeds(data)
    index = folder / "index"
    init.run(index, data.specification)
    load.run(index, [folder / "packages" / f"{source}.cip" for source in SOURCES], folder / "unit-keys")
    return index


def apart(index: Path, master: str) -> tuple[Told, Footprint]:
    """Link in a process of its own; Spark if a master is named."""
    return run_measured([sys.executable, __file__, "--one", str(index), master])


def on_the_wheel(master: str) -> int:
    """How many executors there are, all of which import the package from what was shipped to them."""
    told, _ = run_measured([sys.executable, __file__, "--one", "", master])
    places = set(told["places"])
    if not places or not all("/environment/lib/" in place for place in places):
        raise SystemExit("an executor does not run on the wheel that was shipped")
    return len(places)


def imported_from(master: str) -> list[str]:
    """Where the executors import the package from."""
    with spark_session(master) as session:
        context = session.sparkContext
        parts = context.parallelize(range(64), 16).mapPartitions(_place).collect()
    return sorted(set(parts))


def _place(_numbers: Iterable[int]) -> Iterator[str]:
    time.sleep(0.1)  # lets every executor have some
    # Their own folder in front of a relative name: no two executors share it.
    yield str(Path(import_module("linkage.spark").__file__ or "").absolute())


def linked(index: Path, master: str) -> Told:
    """Link, and tell what came out and what it took."""
    resources = Resources(engine="spark", spark_master=master) if master else Resources()
    summary = link.run(link.LinkJob(index, resources=resources))
    with open_index(index) as opened:
        links, live, model = opened.links(), opened.live_rows(), opened.runs()[-1].model
    partition = np.unique(live.children, return_inverse=True)[1]
    outcome = sha256(json.dumps(model, default=str, sort_keys=True).encode())
    for column in [*vars(links).values(), live.rows, partition]:
        outcome.update(np.ascontiguousarray(column).tobytes())
    return {
        "records": sum(summary.records.values()),
        "pairs": summary.pairs_compared,
        "seconds": summary.seconds,
        "outcome": outcome.hexdigest(),
    }


if __name__ == "__main__":
    main()

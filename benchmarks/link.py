"""Deduplicating and linking three simulated feeds, against Splink on DuckDB on the plaintext of the same feeds.

Figures, by number of children
------------------------------
encode, load and link
    The whole path from CSV to the published index, seconds of wall time; link and load alone beside it. Splink's time
    is that of training, predicting and clustering: its values are normalised and its blocking keys made beforehand,
    and not counted. So the target holds for loading and linking; the ratio with our normalising and encoding counted
    stands beside it.
processor
    Seconds of processor of the process that loads and links, its start included, and of Splink's: what a busy machine
    distorts least.
peak memory
    Of the process that loads and links, and of Splink's.
F1
    Of the published children; of Splink's connected components at the best of six probabilities, and of its pairs at
    the best threshold, all chosen with the truth. Ours has to reach the better of them.
compiling kernels
    What a first link on this machine takes longer than a second one: paid once, and in no other figure.
growth exponent
    Slope of log time over log records from the smallest to the largest size.

Traps: both have the same blocking keys, but ours are loose on purpose, since comparing is cheap here; ours runs with
kernels that a small run before has compiled to disk, by blocks as here, and both with the bytecode of what they import;
a shared machine is noisy, so sizes are run one
after the other, ours and theirs in turns.
"""

import contextlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from datasets import SEED, DataSet, NotThereError, shared_data
from linkage_job import encode_feeds, make_keys
from reporting import Figure, arguments, print_report
from splink_baseline import PeerResult, StoppedError, run_splink

from linkage.exchange.specification import default_specification_text
from pipelines import evaluate, simulate
from pipelines.at_unit import init, link, load

SIZES, QUICK_SIZES = (100_000, 300_000, 1_000_000), (150, 300)
WARM_RECORDS = 2_000
SOURCES = ("school", "gp", "benefits")
LIMIT_MIB = 3 * 1024
PACKAGES = ("childindex", "numpy", "numba", "pyarrow", "duckdb")


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--records", nargs="+", type=int, help="these sizes only")
    parser.add_argument("--no-peers", action="store_true", help="leave Splink out")
    parser.add_argument(
        "--splink-limit", type=float, metavar="SECONDS", help="stop Splink after so long; no limit by default"
    )
    parser.add_argument("--one", nargs=2, metavar=("FOLDER", "STAGE"), help="run one stage and report")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(stage(DataSet("children", Path(asked.one[0]), SOURCES), asked.one[1])))
        return
    sizes = tuple(asked.records or (QUICK_SIZES if asked.quick else SIZES))
    peers = not (asked.no_peers or asked.quick)
    figures, ours = [], {}
    with tempfile.TemporaryDirectory(prefix="childindex-bytecode-") as bytecode:
        keep_bytecode(bytecode)
        if not asked.quick:
            figures.append(Figure("compiling kernels, once on a machine", "s", [warmed_up(peers=peers)]))
        for size in sizes:
            with tempfile.TemporaryDirectory(prefix="childindex-link-") as folder:
                found, told = measured(
                    Path(folder), size, quick=asked.quick, peers=peers, limit=asked.splink_limit
                )
            figures += found
            ours[told["records"]] = told["seconds"]
    if len(ours) > 1:
        figures.append(Figure("growth exponent of time", "", [exponent(ours)]))
    print_report("link", figures, PACKAGES, as_json=asked.json)


def keep_bytecode(folder: str) -> None:
    """Let the processes that are measured, ours and Splink's, keep the bytecode of what they import.

    An installed program has it; a container that forbids writing it would add a second to either.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = folder


def warmed_up(*, peers: bool) -> float:
    """Seconds that a first link takes longer than a second one; about none where kernels are compiled already.

    Splink runs once too, so that both have imported what they import.
    """
    with tempfile.TemporaryDirectory(prefix="childindex-link-") as folder:
        data = simulated(Path(folder) / "feeds", WARM_RECORDS)
        # With blocks, as the sizes that are measured: every pair of a few records takes other kernels.
        text = re.sub(
            r"every_pair_up_to = \S+", "every_pair_up_to = 0", data.specification.read_text("utf-8")
        )
        data.specification.write_text(text, encoding="utf-8")
        make_keys(data)
        apart(data, "encode")
        seconds = []
        for _ in range(2):
            linked = apart(data, "link")
            seconds.append(linked["load"] + linked["link"])
            shutil.rmtree(data.folder / "index")
        if peers:
            with contextlib.suppress(NotThereError):
                run_splink(data)
    return float(max(seconds[0] - seconds[1], 0.0))


def measured(
    folder: Path, records: int, *, quick: bool, peers: bool, limit: float | None = None
) -> tuple[list[Figure], dict[str, Any]]:
    """All figures of one size."""
    data = simulated(folder / "feeds", records)
    make_keys(data)
    encoded = apart(data, "encode")
    linked = apart(data, "link")
    n = linked["records"]
    seconds = encoded["seconds"] + linked["load"] + linked["link"]
    memory_target = f"< {LIMIT_MIB}" if records >= SIZES[-1] else None
    named = f"{records:,} records"
    print(f"{named}: {json.dumps(linked)}", file=sys.stderr)
    figures = [
        Figure(f"{named}: encode, load and link", "s", [seconds]),
        Figure(f"{named}: load", "s", [linked["load"]]),
        Figure(f"{named}: link", "s", [linked["link"]]),
        Figure(f"{named}: load and link, processor", "s", [linked["processor"]]),
        Figure(f"{named}: peak memory", "MiB", [linked["peak_mib"]], memory_target, quick),
        Figure(f"{named}: F1 of the children", "", [linked["f1"]]),
        Figure(f"{named}: precision among twins", "", [linked["twins"]]),
    ]
    if peers:
        try:
            figures += compared(named, run_splink(data, limit=limit), linked, seconds)
        except NotThereError as reason:
            print(f"{named}: no peer, {reason}", file=sys.stderr)
        except StoppedError as reason:
            least = (limit or 0.0) / (linked["load"] + linked["link"])
            told = f"{named}: {reason}: load and link are more than so many times faster"
            figures.append(Figure(told, "times", [least], ">= 5"))
    return figures, {"records": n, "seconds": seconds}


def compared(named: str, peer: PeerResult, ours: dict[str, Any], whole: float) -> list[Figure]:
    """Splink on the same feeds, and ours held against it: seconds at the linkage unit, and of the whole path."""
    unit = ours["load"] + ours["link"]
    best = max(peer.best_clusters_f1, peer.curve.best[1].f1, peer.one_to_one.best[1].f1)
    return [
        Figure(f"{named}: Splink {peer.version}, train, predict and cluster", "s", [peer.seconds]),
        Figure(f"{named}: Splink {peer.version}, processor", "s", [peer.processor]),
        Figure(f"{named}: Splink {peer.version}, peak memory", "MiB", [peer.peak_mib]),
        Figure(f"{named}: Splink {peer.version}, best F1 of pairs", "", [peer.curve.best[1].f1]),
        Figure(f"{named}: Splink {peer.version}, best F1 one to one", "", [peer.one_to_one.best[1].f1]),
        Figure(f"{named}: Splink {peer.version}, best F1 of components", "", [peer.best_clusters_f1]),
        Figure(f"{named}: load and link, times faster than Splink", "times", [peer.seconds / unit], ">= 5"),
        Figure(f"{named}: the same in seconds of processor", "times", [peer.processor / ours["processor"]]),
        Figure(f"{named}: with normalising and encoding, times faster", "times", [peer.seconds / whole]),
        Figure(f"{named}: F1, ours less the best of Splink's", "", [ours["f1"] - best], ">= 0"),
    ]


def simulated(folder: Path, records: int) -> DataSet:
    """Three feeds with about as many records; a child has 2.37 of them with the default rates."""
    tables = shared_data() / "uk"
    simulate.run(
        folder, round(records / 2.37), SEED, tables=tables if tables.is_dir() else None, formats=("csv",)
    )
    data = DataSet("children", folder, SOURCES)
    data.specification.write_text(default_specification_text("children"), encoding="utf-8")
    return data


def apart(data: DataSet, what: str) -> dict[str, Any]:
    """Run a stage in a process of its own."""
    command = [sys.executable, __file__, "--one", str(data.folder), what]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def stage(data: DataSet, what: str) -> dict[str, Any]:
    """Encode all feeds, or load, link and evaluate them; seconds and peak memory of this process."""
    packages = data.folder / "packages"
    started = time.perf_counter()
    if what == "encode":
        encode_feeds(data)
        return {"seconds": time.perf_counter() - started, "peak_mib": peak()}
    index = data.folder / "index"
    init.run(index, data.specification)
    load.run(index, [packages / f"{source}.cip" for source in data.sources], data.folder / "unit-keys")
    loaded = time.perf_counter()
    summary = link.run(link.LinkJob(index))
    linked = time.perf_counter()
    told = {
        "load": loaded - started,
        "link": linked - loaded,
        "processor": processor(),
        "peak_mib": peak(),
        "stages": summary.seconds,
    }
    found = evaluate.run(
        index, data.truth, [data.folder / f"{source}.record_ids.parquet" for source in data.sources]
    )
    return told | {
        "records": sum(summary.records.values()),
        "pairs_compared": summary.pairs_compared,
        "f1": found.pairs.f1,
        "precision": found.pairs.precision,
        "recall": found.pairs.recall,
        "missed_by_reason": found.lost.to_json(),
        "twins": found.by_group["twin"]["True"].precision
        if "True" in found.by_group["twin"]
        else float("nan"),
        "warnings": summary.warnings,
    }


def processor() -> float:
    """Seconds of processor that this process has used, start and compilation included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak() -> float:
    """Peak resident set of this process, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def exponent(seconds_by_records: dict[int, float]) -> float:
    """Growth of time with records: 1 is linear."""
    few, many = min(seconds_by_records), max(seconds_by_records)
    return float(np.log(seconds_by_records[many] / seconds_by_records[few]) / np.log(many / few))


if __name__ == "__main__":
    main()

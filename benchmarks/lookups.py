"""How fast recipients are answered, and how long one waits: ``python benchmarks/lookups.py [--quick] [--json]``.

An index of 1,000,000 children with 2,500,000 made-up records of three sources. Several processes ask as recipients do:
by record id, with requester and purpose, each answer in the hash-chained log before it is given, under pseudonyms; a
tenth asks for records that nobody has. They ask first alone, then while another process loads, links and publishes a
night of 20,000 records. Afterwards the whole log is audited and has to hold exactly as many entries as were answered.

Gate: 1,000 look-ups a second from several processes while a night loads. Latency is informational: on two cores it is
mostly waiting for a processor, as the readers, and the night, want more of them than there are.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from reporting import Figure, arguments, print_report

from linkage.exchange.records import EncodedRecords
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.index import (
    Links,
    LookUpLog,
    PackageIdentity,
    PackageKind,
    RecipientAccess,
    Rights,
    audit_log,
    create_index,
    open_index,
    open_published,
)
from linkage.index.storage.folder import IndexFolder

SOURCES = ("school", "gp", "benefits")
SHARES = (1.0, 1.0, 0.5)
SCHEMA = RecordSchema.of([(ColumnKind.FILTER, "name", 4), (ColumnKind.BLOCK, "year", 1)])
CHILDREN, QUICK_CHILDREN = 1_000_000, 2_000
SECONDS, QUICK_SECONDS = 15.0, 0.5
NIGHT, QUICK_NIGHT = 20_000, 100
READERS = (1, 2, 4)
BATCH = 1 << 17
SPREAD = np.uint64(0x9E3779B97F4A7C15)


def main() -> None:
    """Measure, and print a table or one JSON object; with a role, be one of the processes that are measured."""
    parser = arguments(__doc__)
    parser.add_argument("--role", choices=["ask", "night"], help="for the processes of the benchmark itself")
    parser.add_argument("--index", type=Path)
    parser.add_argument("--children", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.role == "ask":
        print(json.dumps(ask(asked.index, asked.children, asked.seconds, asked.seed)))
    elif asked.role == "night":
        print(json.dumps(nights(asked.index, asked.children, asked.seconds, asked.seed)))
    else:
        print_report(
            "lookups", measured(quick=asked.quick), ("numpy", "pyarrow", "duckdb"), as_json=asked.json
        )


def measured(*, quick: bool) -> Iterator[Figure]:
    """All figures."""
    n_children, seconds = (QUICK_CHILDREN, QUICK_SECONDS) if quick else (CHILDREN, SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        started = time.perf_counter()
        build(path, n_children)
        yield Figure("build the index", "s", [time.perf_counter() - started], quick=quick)
        n_answered = 0
        for n_readers in READERS[:2] if quick else READERS:
            told = _together(path, n_children, seconds, n_readers)
            n_answered += int(told["answers"])
            yield from _figures(f"{n_readers} processes", told, None, quick=quick)
        size = QUICK_NIGHT if quick else NIGHT
        for n_readers in READERS[1:2] if quick else READERS[1:]:
            loading = _start("night", path, size, seconds, n_readers)
            told = _together(path, n_children, seconds, n_readers, others=1)
            n_answered += int(told["answers"])
            result = json.loads(_finish(loading))
            name = f"{n_readers} processes, while a night loads"
            yield from _figures(name, told, ">= 1,000", quick=quick)
            yield Figure(f"{name}: the night", "s", result["seconds"], quick=quick)
        started = time.perf_counter()
        report = audit_log(IndexFolder(path).log, kept=open_published(path).log_notes())
        yield Figure("audit of the log", "s", [time.perf_counter() - started], quick=quick)
        missing = n_answered - report.n_entries
        yield Figure("answers that are not in the log", "answers", [missing], "<= 0", quick=quick)


def _figures(name: str, told: dict[str, float], target: str | None, *, quick: bool) -> Iterator[Figure]:
    yield Figure(f"{name}: look-ups", "a second", [told["rate"]], target, quick=quick)
    for part in ("processor", "median", "p99", "longest"):
        yield Figure(f"{name}: {part}", "ms", [told[part]], quick=quick)


# ---------------------------------------------------------------- the index


def build(path: Path, n_children: int) -> None:
    """Make, load and publish an index in which record ``n`` of each source belongs to child ``n``."""
    create_index(path, "", "f" * 64, SCHEMA, SOURCES)
    with open_index(path) as index:
        for number, share in enumerate(SHARES):
            n = int(share * n_children)
            package = PackageIdentity(SOURCES[number], 1, PackageKind.SNAPSHOT, f"{number}.1", "")
            index.stage(package, (records(number, part) for part in _parts(np.arange(n))))
        run_no = index.begin_run()
        live = index.live_rows()
        starts = np.concatenate([[0], np.cumsum([int(share * n_children) for share in SHARES])])
        labels = live.rows - starts[live.sources]
        index.assign_children(run_no, live.rows, labels)
        index.publish(run_no)


def record_ids(source: int, names: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """16 bytes a record that look random and can be made again."""
    halves = np.empty((len(names), 2), dtype=">u8")
    halves[:, 0] = (names.astype(np.uint64) * np.uint64(4) + np.uint64(source + 1)) * SPREAD
    halves[:, 1] = halves[:, 0].astype(np.uint64) * SPREAD
    return halves.view(np.uint8).reshape(-1, 16)


def records(source: int, names: npt.NDArray[np.int64]) -> EncodedRecords:
    """Encoded records of a source, in the order of their ids."""
    ids = record_ids(source, names)
    column = np.arange(1, 6, dtype=np.uint64)
    words = np.asarray((names.astype(np.uint64)[:, None] + column) * SPREAD, dtype=np.uint64)
    words[:, 4] = names.astype(np.uint64) // np.uint64(50) + np.uint64(1)
    order = np.lexsort(tuple(ids.view(">u8").T[::-1]))
    nothing = np.zeros(len(names), dtype=np.uint8)
    return EncodedRecords(ids, nothing, nothing, words).take(order)


def _parts(names: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH]


# ---------------------------------------------------------------- the processes


def ask(path: Path, n_children: int, seconds: float, seed: int) -> dict[str, object]:
    """Ask for as long as it takes, one question after the other; the latencies in milliseconds."""
    rights = Rights("care", frozenset(SOURCES), frozenset(SOURCES))
    access = RecipientAccess(open_published(path), rights, b"k" * 32, LookUpLog(IndexFolder(path).log))
    generator = np.random.default_rng(seed)
    names = generator.integers(0, int(1.1 * n_children), 200_000)
    ids = record_ids(0, names)
    latencies: list[float] = []
    known = 0
    _wait_for_others(path)
    spent = time.process_time()
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        record_id = ids[len(latencies) % len(ids)].tobytes()
        told = access.lookup(SOURCES[0], record_id, requester="desk", purpose="benchmark")
        known += told is not None
        latencies.append(1000 * (time.perf_counter() - begun))
    return {"latencies": latencies, "known": known, "processor": time.process_time() - spent}


def nights(path: Path, size: int, seconds: float, seed: int) -> dict[str, list[float]]:
    """Load, link and publish new records of the second source, one night after the other; the seconds of each."""
    _wait_for_others(path)
    end = time.perf_counter() + seconds
    taken: list[float] = []
    while time.perf_counter() < end:
        started = time.perf_counter()
        night(path, size, 10_000_000 * seed + size * len(taken))
        taken.append(time.perf_counter() - started)
    return {"seconds": taken}


def night(path: Path, size: int, first: int) -> None:
    """One night: its records are new children."""
    with open_index(path) as index:
        number = 1 + len(index.runs())
        package = PackageIdentity("gp", number, PackageKind.DELTA, f"1.{number}", f"1.{number - 1}")
        index.stage(package, [records(1, first + np.arange(size))])
        run_no = index.begin_run()
        none = np.empty(0, dtype=np.int64)
        index.store_links(run_no, [Links(none, none, none, none.astype("f4"), none.astype("i2"))])
        rows = index.affected_rows()
        index.assign_children(run_no, rows, rows)
        index.publish(run_no)


def _wait_for_others(path: Path) -> None:
    """Begin together: importing takes longer than a short measurement."""
    ready, go = path.parent / f"ready-{os.getpid()}", path.parent / "go"
    ready.touch()
    while not go.exists():
        time.sleep(0.005)


def _together(
    path: Path, n_children: int, seconds: float, n_readers: int, *, others: int = 0
) -> dict[str, float]:
    go = path.parent / "go"
    readers = [_start("ask", path, n_children, seconds, seed) for seed in range(n_readers)]
    while len(list(path.parent.glob("ready-*"))) < n_readers + others:
        time.sleep(0.01)
    go.touch()
    told = [json.loads(_finish(reader)) for reader in readers]
    go.unlink()
    for ready in path.parent.glob("ready-*"):
        ready.unlink()
    latencies = np.concatenate([each["latencies"] for each in told])
    median, p99, longest = np.quantile(latencies, [0.5, 0.99, 1.0])
    return {
        "rate": len(latencies) / seconds,
        "answers": len(latencies),
        "median": float(median),
        "p99": float(p99),
        "longest": float(longest),
        "processor": 1000 * sum(each["processor"] for each in told) / len(latencies),
    }


def _start(role: str, path: Path, size: int, seconds: float, seed: int) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--role", role, "--index", str(path)]
    command += ["--children", str(size), "--seconds", str(seconds), "--seed", str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    return output


if __name__ == "__main__":
    main()

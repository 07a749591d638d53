"""Kill a night at chosen moments; run by `test_crash`, and with more moments by the benchmark.

``killed_nights.py FOLDER N_KILLS SEED`` prints one JSON object: the moments of a night, how many kills, how many of
the indexes then showed yesterday and how many today. It exits with 1 if one of them showed anything else, or did not
reach the same end as the night that was not killed.

A moment is a call of the store, the column files or the file system. The parent only forks: it never opens an index
itself, so that no thread is lost in the fork.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from oracle_index import Nights, Told

from linkage.index import open_index, open_published
from linkage.index.publishing import publication, snapshot_files
from linkage.index.storage import columns, durable_files
from linkage.index.storage.engine import Engine

Partition = frozenset[frozenset[tuple[str, str]]]


def first_night(path: Path) -> None:
    """Yesterday."""
    nights = Nights(path)
    with open_index(path, threads=1) as index:
        nights.snapshot(index, "school", *range(30))
        nights.snapshot(index, "gp", *range(10, 40))
        nights.link(index, *({("school", n), ("gp", n)} for n in range(10, 20)))


def second_night(path: Path) -> None:
    """Today, from wherever it was left."""
    nights = Nights.resume(path, {"school": (1, "school-1"), "gp": (1, "gp-1")})
    with open_index(path, threads=1) as index:
        nights.delta(index, "school", Told(3, content=1), Told(4, deleted=True), *range(50, 60))
        nights.snapshot(index, "gp", *range(15, 45))
        if not any(run.kind == "link" and run.run_no == 2 and run.finished for run in index.runs()):
            nights.link(
                index, *({("school", n), ("gp", n)} for n in range(18, 25)), {("school", 50), ("gp", 40)}
            )


def partition(path: Path) -> Partition:
    """What readers see."""
    children: dict[str, set[tuple[str, str]]] = {}
    for row in open_published(path).export().read_all().to_pylist():
        children.setdefault(row["child_id"], set()).add((row["source"], row["record_id"]))
    return frozenset(frozenset(records) for records in children.values())


def stored(path: Path) -> list[Any]:
    """What the writer has, in an order that does not depend on how it came about."""
    with open_index(path, threads=1) as index:
        live = index.live_rows()
        records = sorted(
            map(tuple, np.column_stack([live.sources, live.flags, index.words(live.rows)]).tolist())
        )
        return [records, len(index.links()), [str(run.status) for run in index.runs()]]


def die_at(moment: int) -> Callable[[], int]:
    """Count moments and be killed at one of them; the function returned tells how many there were."""
    seen = 0

    def passing(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return counted

    for name in ("execute", "arrow", "rows"):
        setattr(Engine, name, passing(getattr(Engine, name)))
    for name in ("append", "cut", "flush", "scrub"):
        setattr(columns.ColumnFiles, name, passing(getattr(columns.ColumnFiles, name)))
    for module in (durable_files, publication, snapshot_files):
        for name in ("replace_file", "write_table", "flush_folder", "switch_to", "write_snapshot"):
            if hasattr(module, name):
                setattr(module, name, passing(getattr(module, name)))
    os.fsync = passing(os.fsync)
    return lambda: seen


def in_a_fork(action: Callable[[], Any]) -> Any:
    """Run an action in a process of its own; its result, or None if it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(writing, repr(action()).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None
    if status:
        raise SystemExit("a step failed")
    return told.decode()


def main(folder: Path, n_kills: int, seed: int) -> None:
    pa.array(np.arange(1))  # loads pandas, once for all forks
    publication.LARGEST_CHANGE = 100.0  # so small an index would otherwise be published whole every night
    yesterday, today, trial = folder / "yesterday", folder / "today", folder / "trial"
    in_a_fork(lambda: first_night(yesterday))
    shutil.copytree(yesterday, today)

    def whole_night() -> int:
        moments = die_at(-1)
        second_night(today)
        return moments()

    n_moments = int(in_a_fork(whole_night))
    seen_yesterday = in_a_fork(lambda: hash_of(partition(yesterday)))
    seen_today = in_a_fork(lambda: hash_of(partition(today)))
    end = in_a_fork(lambda: stored(today))
    shown = {seen_yesterday: 0, seen_today: 0}
    moments = np.random.default_rng(seed).permutation(n_moments)[:n_kills] + 1
    for moment in moments.tolist():
        shutil.rmtree(trial, ignore_errors=True)
        shutil.copytree(yesterday, trial)

        def killed_night(moment: int = moment) -> None:
            die_at(moment)
            second_night(trial)

        if in_a_fork(killed_night) is not None:
            raise SystemExit(f"moment {moment}: not killed")
        seen = in_a_fork(lambda: hash_of(partition(trial)))
        if seen not in shown:
            raise SystemExit(f"moment {moment}: neither yesterday nor today")
        shown[seen] += 1
        in_a_fork(lambda: second_night(trial))
        if (
            in_a_fork(lambda: hash_of(partition(trial))) != seen_today
            or in_a_fork(lambda: stored(trial)) != end
        ):
            raise SystemExit(f"moment {moment}: another end than the night that was not killed")
    counts = {"moments": n_moments, "kills": len(moments)}
    sys.stdout.write(json.dumps({**counts, "yesterday": shown[seen_yesterday], "today": shown[seen_today]}))


def hash_of(seen: Partition) -> str:
    """The partition in one comparable text."""
    return str(sorted(sorted(records) for records in seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

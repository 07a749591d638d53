"""Simulate three feeds (school, GP, benefits) and the truth that joins them.

Files: ``school``, ``gp`` and ``benefits``, each as ``.csv`` and ``.parquet`` with the same rows in the same order, and
``truth.parquet`` with ``source, record_id, entity_id`` and columns for evaluation by subgroup. Rows stand in the
order of their record ids, which say nothing about the child.

The files depend on the number of children, the seed, the rates and the tables, on nothing else: not on the number
of workers nor on the order in which they finish. Memory does not grow with the number of children; the local disk
holds the rows once more while they are sorted, beside the result.
"""

import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from linkage.exchange.errors import InputRefused
from linkage.exchange.processors import available_threads
from pipelines.simulation.chunks import make_chunk
from pipelines.simulation.lists.tables import Tables
from pipelines.simulation.lists.tables_folder import folder_tables
from pipelines.simulation.lists.tables_registry import registry_tables
from pipelines.simulation.nights import NightRates, write_nights
from pipelines.simulation.plan import SOURCES, Plan
from pipelines.simulation.population.addresses import Area, area_of
from pipelines.simulation.rates import Rates
from pipelines.simulation.spill import buckets, n_buckets, spill
from pipelines.simulation.writing import Format, TableWriter

__all__ = ["FeedSummary", "SimulationSummary", "cut_into_nights", "run"]

# Called with the stage, how much of it is done and how much there is.
Progress = Callable[[str, int, int], None]

LEAST_NIGHTS = 2
_MAKING = "making children"
# Below this, starting workers takes longer than they save.
_CHUNKS_MADE_HERE = 3


@dataclass(frozen=True)
class FeedSummary:
    """What was written for one source."""

    source: str
    records: int
    files: tuple[Path, ...]


@dataclass(frozen=True)
class SimulationSummary:
    """What a simulation wrote."""

    children: int
    seed: int
    feeds: tuple[FeedSummary, ...]
    truth: Path
    seconds: float

    @property
    def records(self) -> int:
        """Records in all feeds."""
        return sum(feed.records for feed in self.feeds)

    def to_json(self) -> dict[str, object]:
        """As a document for machines."""
        return {
            "children": self.children,
            "seed": self.seed,
            "records": {feed.source: feed.records for feed in self.feeds},
            "files": [str(path) for feed in self.feeds for path in feed.files],
            "truth": str(self.truth),
            "seconds": round(self.seconds, 3),
        }


def run(
    out: Path,
    children: int,
    seed: int,
    tables: Path | None = None,
    rates: Rates | None = None,
    formats: Sequence[Format] = ("csv", "parquet"),
    progress: Progress | None = None,
    workers: int | None = None,
    *,
    overwrite: bool = False,
) -> SimulationSummary:
    """Simulate feeds.

    Parameters
    ----------
    out
        Folder to write into, made if absent.
    children
        1 to 33 million; how many of them are in a feed depends on the rates.
    seed
        Not negative. The same seed, options, tables and versions of the libraries give the same bytes.
    tables
        Folder of name and place tables (see `tables_folder`); None for those of the package Faker.
    rates
        How often things happen; None for the defaults.
    formats
        Of the feeds: ``csv``, ``parquet`` or both. The truth is always Parquet.
    progress
        Called with a stage, how much is done, and of how much.
    workers
        Processes; None for one a core. Up to three chunks are made in this process.
    overwrite
        Replace files that are there.

    Raises
    ------
    InputRefused
        A number out of range, an unknown format, a table that cannot be read, or a file that is in the way; nothing
        was written.
    """
    started = time.perf_counter()
    plan = Plan(children, seed, rates or Rates())
    report = progress or _silent
    _check(out, formats, overwrite=overwrite)
    drawn_from = _tables(tables)
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".simulate-", dir=out))
    try:
        _make(_Job(plan, drawn_from, area_of(drawn_from.places, children, seed), folder), workers, report)
        feeds, truth = _write(plan, out, folder, formats, report)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return SimulationSummary(children, seed, feeds, truth, time.perf_counter() - started)


def cut_into_nights(
    out: Path,
    summary: SimulationSummary,
    n_nights: int,
    rates: NightRates | None = None,
    progress: Progress | None = None,
) -> None:
    """Write the feeds of a simulation besides as a snapshot and ``n_nights - 1`` deltas, see `simulation.nights`.

    Raises
    ------
    InputRefused
        If there is no night for a delta.
    """
    if n_nights < LEAST_NIGHTS:
        raise InputRefused(f"nights: expected at least 2, a snapshot and a delta, got {n_nights}")
    report = progress or _silent
    for done, feed in enumerate(summary.feeds):
        report("cutting nights", done, len(summary.feeds))
        known: dict[str, Format] = {".csv": "csv", ".parquet": "parquet"}
        formats = [known[path.suffix] for path in feed.files]
        write_nights(out, feed.files[0], feed.source, n_nights, summary.seed, formats, rates or NightRates())
    report("cutting nights", len(summary.feeds), len(summary.feeds))


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Report nothing."""


def _tables(folder: Path | None) -> Tables:
    return registry_tables() if folder is None else folder_tables(folder)


def _check(out: Path, formats: Sequence[Format], *, overwrite: bool) -> None:
    unknown = [format_ for format_ in formats if format_ not in ("csv", "parquet")]
    if unknown or not formats:
        raise InputRefused(f"formats: expected csv, parquet or both, got {', '.join(unknown) or 'none'}")
    names = [f"{source}.{format_}" for source in SOURCES for format_ in formats] + ["truth.parquet"]
    there = [name for name in names if (out / name).exists()]
    if there and not overwrite:
        raise InputRefused(f"{out}: {', '.join(there)} exist already; choose another folder or remove them")


# ---------------------------------------------------------------- making chunks


@dataclass(frozen=True)
class _Job:
    """What a worker needs to make any chunk."""

    plan: Plan
    tables: Tables
    area: Area
    folder: Path

    def make(self, chunk: int) -> int:
        """Make one chunk and lay its rows down; returns its number."""
        for rows in make_chunk(self.plan, self.tables, self.area, chunk):
            spill(rows, self.folder, chunk, n_buckets(self.plan.children))
        return chunk


def _make(job: _Job, workers: int | None, report: Progress) -> None:
    """Make all chunks, here or in worker processes, in any order."""
    plan = job.plan
    done = 0
    report(_MAKING, done, plan.children)
    n_workers = min(workers or available_threads(), plan.n_chunks)
    if n_workers == 1 or plan.n_chunks <= _CHUNKS_MADE_HERE:
        made: Iterator[int] = map(job.make, range(plan.n_chunks))
    else:
        made = _made_by_workers(job, n_workers)
    for chunk in made:
        done += plan.chunk_size(chunk)
        report(_MAKING, done, plan.children)


def _made_by_workers(job: _Job, n_workers: int) -> Iterator[int]:
    # Spawned, not forked: Arrow's threads do not survive a fork. Each worker gets the job once.
    with ProcessPoolExecutor(n_workers, multiprocessing.get_context("spawn"), _start_worker, (job,)) as pool:
        futures = [pool.submit(_work, chunk) for chunk in range(job.plan.n_chunks)]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_job_of_worker: list[_Job] = []


def _start_worker(job: _Job) -> None:
    _job_of_worker.append(job)


def _work(chunk: int) -> int:
    return _job_of_worker[0].make(chunk)


# ---------------------------------------------------------------- writing


def _write(
    plan: Plan, out: Path, folder: Path, formats: Sequence[Format], report: Progress
) -> tuple[tuple[FeedSummary, ...], Path]:
    """Write the feeds one after the other, and the truth along with them."""
    n = n_buckets(plan.children)
    feeds = []
    with TableWriter(out, "truth", ["parquet"]) as truth_writer:
        for source in SOURCES:
            records = 0
            with TableWriter(out, source, formats) as writer:
                for done, (feed, truth) in enumerate(buckets(folder, source, plan.n_chunks, n)):
                    report(f"writing {source}", done, n)
                    writer.write(feed)
                    truth_writer.write(truth)
                    records += len(feed)
            report(f"writing {source}", n, n)
            feeds.append(FeedSummary(source, records, writer.paths))
    return tuple(feeds), truth_writer.paths[0]

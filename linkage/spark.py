"""The passes over candidate pairs on Apache Spark: records from Parquet, the same kernels, the same results.

Spark groups and carries; it compares nothing. A record goes once to every bucket of keys in which it has one: a bucket
is a number derived from space and key, and all records with one key are in the same bucket. Each bucket reaches an
executor as one Arrow table, where the blocks are built and compared by the functions that do it on one machine. Whether
a pair was met under an earlier key follows from its own two rows, so buckets need nothing of each other.

A table of records (`write_records`) has the columns ``position`` (int64: the record's place, by which pairs are told),
``source`` (int16) and ``words`` (fixed-size binary: its words, little-endian).

Limits: a bucket has to fit into a Python worker of an executor several times over; one block is never split, so its
pairs are compared by one core. Nothing of a record is in a message of this module, and Spark's own messages, which may
quote rows, are not passed on.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from linkage.candidates import (
    BlockSpace,
    CandidatePlan,
    EmittedPairs,
    Segment,
    blocks_of_keys,
    count_patterns,
    emit_pairs,
    segment_candidates,
)
from linkage.comparison import ComparisonPlan, PatternTable, n_pair_classes
from linkage.exchange.errors import ChildindexError, InputRefused

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["SparkPasses", "bucket_count", "spark_session", "write_records"]

Words = npt.NDArray[np.uint64]
Keys = tuple[npt.NDArray[np.uint64] | None, ...]
"""By space: the keys that are wanted, ascending; None for all."""

ROWS_AT_ONCE = 1 << 16
BUCKET_ROWS = 100_000
SPREAD = np.uint64(0x9E3779B97F4A7C15)

_RECORDS = "space smallint, bucket int, position long, source smallint, words binary"
_COUNTS = "space smallint, cell long, pairs long"
_PAIRS = "left_row long, right_row long, pattern long, stratum smallint"


@contextmanager
def spark_session(master: str | None = None) -> Iterator["SparkSession"]:
    """A session that ends with the block.

    Parameters
    ----------
    master
        As Spark writes it, such as ``local[4]``. By default what spark-submit or the configuration of the machine
        says, and all cores of this machine if they say nothing.

    Raises
    ------
    InputRefused
        If pyspark is not installed.
    ChildindexError
        If Spark does not start.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise InputRefused("pyspark is not installed; get it with: pip install 'childindex[spark]'") from None
    builder = SparkSession.builder.appName("childindex link")
    if master:
        builder = builder.master(master)
    settings = {
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(ROWS_AT_ONCE),
        # A worker keeps its compiled kernels from bucket to bucket.
        "spark.python.worker.reuse": "true",
        "spark.sql.adaptive.coalescePartitions.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    with _told():
        session = builder.getOrCreate()
    context = session.sparkContext
    if (context.master or "").startswith("local") and "PYSPARK_PYTHON" not in os.environ:
        # Otherwise whatever Python comes first on the path, which need not have this package.
        context.pythonExec = sys.executable
    try:
        yield session
    finally:
        session.stop()


def write_records(
    folder: Path, batches: Iterable[tuple[npt.NDArray[np.int64], npt.NDArray[np.int16], Words]]
) -> None:
    """Write records as Parquet for the executors, readable by the owner only.

    Parameters
    ----------
    folder
        Where every executor can read it; made if absent.
    batches
        Positions, sources and whole rows.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number, (positions, sources, words) in enumerate(batches):
        table = pa.table({"position": positions, "source": sources, "words": _binary(words)})
        path = folder / f"part-{number:06d}.parquet"
        pq.write_table(table, path, compression="none", use_dictionary=False, write_statistics=False)
        path.chmod(0o600)


def bucket_count(session: "SparkSession", n_rows: int) -> int:
    """Into how many buckets to cut a space of so many rows: a few a core, and none too large for a worker."""
    cores: int = session.sparkContext.defaultParallelism
    n_buckets = max(cores, -(-n_rows // BUCKET_ROWS))
    # Tasks: as many as one space has buckets, so that each core has several small ones and none is left idle.
    session.conf.set("spark.sql.shuffle.partitions", str(n_buckets))
    return n_buckets


@dataclass(frozen=True, repr=False)
class SparkPasses:
    """Both passes over the candidate pairs of a table of records.

    Attributes
    ----------
    session
        Where they run.
    records
        Folder or address of the table, as Spark reads it.
    n_words, n_sources
        Words of a row, and number of sources.
    n_buckets
        Into how many parts each space is cut.
    """

    session: "SparkSession"
    records: str
    n_words: int
    n_sources: int
    spaces: tuple[BlockSpace, ...]
    plan: ComparisonPlan
    n_buckets: int

    def count_patterns(self, wanted: Keys) -> PatternTable:
        """The patterns of the candidate pairs of the blocks wanted, as `linkage.candidates.count_patterns` counts."""
        shape = (len(self.spaces), n_pair_classes(self.n_sources), self.plan.n_patterns)
        counts = np.zeros((shape[0], shape[1] * shape[2]), dtype=np.int64)
        with _told():
            summed = (
                self._buckets(wanted)
                .applyInArrow(_by_group(_Count(self._work(wanted))), _COUNTS)
                .groupBy("space", "cell")
                .sum("pairs")
                .toArrow()
            )
        space, cell, pairs = (column.to_numpy() for column in summed.itercolumns())
        counts[space, cell] = pairs
        return PatternTable(self.plan.n_levels, counts.reshape(shape))

    def emit_pairs(self, score: npt.NDArray[np.float64], cutoff: float) -> EmittedPairs:
        """The candidate pairs whose score reaches the cutoff, by stratum, left and right row."""
        everything: Keys = (None,) * len(self.spaces)
        emit = _Emit(self._work(everything), np.ascontiguousarray(score), float(cutoff))
        with _told():
            table = self._buckets(everything).applyInArrow(_by_group(emit), _PAIRS).toArrow()
        left, right, patterns, strata = (column.to_numpy() for column in table.itercolumns())
        order = np.lexsort((right, left, strata))
        return EmittedPairs(left[order], right[order], patterns[order], strata[order])

    def _work(self, wanted: Keys) -> "_Work":
        return _Work(self.n_words, self.n_sources, self.spaces, self.plan, self.n_buckets, wanted)

    def _buckets(self, wanted: Keys) -> Any:
        frame: DataFrame = self.session.read.parquet(self.records)
        spread = frame.mapInArrow(_Spread(self._work(wanted)), _RECORDS)
        return spread.groupBy("space", "bucket")


@dataclass(frozen=True, repr=False)
class _Work:
    """What an executor has to know; it travels by value."""

    n_words: int
    n_sources: int
    spaces: tuple[BlockSpace, ...]
    plan: ComparisonPlan
    n_buckets: int
    wanted: Keys

    def keys(self, words: Words, space: int) -> Words:
        """Key columns of a space, 0 where a key is missing or not wanted."""
        keys = words[:, list(self.spaces[space].offsets)]
        wanted = self.wanted[space]
        return keys if wanted is None else np.where(np.isin(keys, wanted), keys, np.uint64(0))

    def buckets(self, keys: Words) -> npt.NDArray[np.int64]:
        """The bucket of each key: keys of few bits, such as numbers of buckets at a source, are spread too."""
        return ((keys * SPREAD) >> np.uint64(32)).astype(np.int64) % self.n_buckets

    def candidates(
        self, space: int, bucket: int, table: pa.Table
    ) -> tuple[CandidatePlan, npt.NDArray[np.int64]]:
        """The candidates of one bucket, and the position of each of its rows."""
        order = np.argsort(table["position"].to_numpy())
        positions = table["position"].to_numpy()[order]
        sources = table["source"].to_numpy()[order]
        words = _words(table["words"].combine_chunks(), self.n_words)[order]
        keys = self.keys(words, space)
        keys = np.where(self.buckets(keys) == bucket, keys, np.uint64(0))
        blocks = blocks_of_keys(keys, sources, self.n_sources)
        whole = Segment(space, 0, blocks.keys.size, blocks.rows.size, int(blocks.n_pairs.sum()))
        rows = np.arange(len(positions))
        plan = segment_candidates(words, rows, sources, self.spaces, blocks, whole, self.n_sources)
        return plan, positions


@dataclass(frozen=True, repr=False)
class _Spread:
    """Sends each record to the buckets of its keys."""

    work: _Work

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            words = _words(batch["words"], self.work.n_words)
            for space in range(len(self.work.spaces)):
                keys = self.work.keys(words, space)
                bucket = np.where(keys != 0, self.work.buckets(keys), -1)
                # Once a bucket, also with two keys in it.
                for column in range(1, bucket.shape[1]):
                    again = (bucket[:, :column] == bucket[:, column : column + 1]).any(axis=1)
                    bucket[again, column] = -1
                row, place = np.nonzero(bucket >= 0)
                rows = pa.array(row)
                yield pa.RecordBatch.from_arrays(
                    [
                        pa.array(np.full(row.size, space, dtype=np.int16)),
                        pa.array(bucket[row, place].astype(np.int32)),
                        batch["position"].take(rows),
                        batch["source"].take(rows),
                        batch["words"].cast(pa.binary()).take(rows),
                    ],
                    names=["space", "bucket", "position", "source", "words"],
                )


@dataclass(frozen=True, repr=False)
class _Count:
    """Counts the patterns of a bucket."""

    work: _Work

    def __call__(self, group: tuple[Any, ...], table: pa.Table) -> pa.Table:
        space, bucket = (int(part.as_py()) for part in group)
        candidates, _ = self.work.candidates(space, bucket, table)
        alone = _one_space(candidates, space)
        counts = count_patterns(alone, self.work.plan, threads=1).counts[space].reshape(-1)
        cells = np.flatnonzero(counts)
        return pa.table(
            {"space": np.full(cells.size, space, dtype=np.int16), "cell": cells, "pairs": counts[cells]}
        )


@dataclass(frozen=True, repr=False)
class _Emit:
    """Emits the pairs of a bucket above a cutoff."""

    work: _Work
    score: npt.NDArray[np.float64]
    cutoff: float

    def __call__(self, group: tuple[Any, ...], table: pa.Table) -> pa.Table:
        space, bucket = (int(part.as_py()) for part in group)
        candidates, positions = self.work.candidates(space, bucket, table)
        chunks = emit_pairs(candidates, self.work.plan, self.score, self.cutoff, threads=1)
        pairs = EmittedPairs.concatenate(list(chunks))
        return pa.table(
            {
                "left_row": positions[pairs.left],
                "right_row": positions[pairs.right],
                "pattern": pairs.patterns,
                "stratum": pairs.strata,
            }
        )


def _by_group(call: Callable[[tuple[Any, ...], pa.Table], pa.Table]) -> Callable[..., pa.Table]:
    """A plain function: Spark counts its arguments, and takes `self` for one."""

    def on_group(group: tuple[Any, ...], table: pa.Table) -> pa.Table:
        return call(group, table)

    return on_group


def _one_space(candidates: CandidatePlan, space: int) -> CandidatePlan:
    """Spaces up to this one: the later ones decide nothing about its pairs."""
    return replace(candidates, spaces=candidates.spaces[: space + 1], blocks=candidates.blocks[: space + 1])


def _binary(words: Words) -> pa.FixedSizeBinaryArray:
    content = pa.py_buffer(np.ascontiguousarray(words, dtype="<u8"))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(8 * words.shape[1]), len(words), [None, content])


def _words(column: pa.Array | pa.ChunkedArray, n_words: int) -> Words:
    """Rows of words from a column of binary values of one length, whatever Spark made of its type."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    fixed = array.cast(pa.binary(8 * n_words))
    content = fixed.buffers()[1]
    start = fixed.offset * n_words
    words = np.frombuffer(content, dtype="<u8")[start : start + len(fixed) * n_words]
    return words.reshape(len(fixed), n_words)


@contextmanager
def _told() -> Iterator[None]:
    """Tell Spark's errors anew: its messages hold paths of executors and may quote rows."""
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an optional extra

    try:
        yield
    except PySparkException as error:
        kind = type(error).__name__
    else:
        return
    raise ChildindexError(
        f"Spark could not finish ({kind}); its own log says why. Most often an executor had too little memory for a"
        " bucket: see docs/spark.md"
    )

"""The plain job: the filters of two files at one similarity threshold, without model or index."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from linkage.exchange.errors import InputRefused
from linkage.kernels.similarity_join import Similarity, SimilarPairs, similarity_join
from pipelines.filter_files import FilterTable, read_filters
from pipelines.outputs import check_table_output, table_writer
from pipelines.progress import Progress, Silent

__all__ = ["CompareJob", "run"]

PAIR_SCHEMA = pa.schema([("left_id", pa.string()), ("right_id", pa.string()), ("similarity", pa.float64())])


@dataclass(frozen=True)
class CompareJob:
    """What to compare.

    Attributes
    ----------
    left, right
        Packages, Parquet tables or JSON files of CLKs; the same file twice compares it with itself.
    threshold
        Least similarity, above 0 and at most 1.
    out
        A ``.parquet`` or ``.csv`` file for the pairs; one that exists is replaced only with `overwrite`.
    spec, keys, filter_name
        For packages: the specification, the unit's keys, and which filter.
    """

    left: Path
    right: Path
    threshold: float
    out: Path
    spec: Path | None = None
    keys: Path | None = None
    filter_name: str | None = None
    metric: Similarity = "dice"
    threads: int | None = None
    overwrite: bool = False


def run(job: CompareJob, progress: Progress | None = None) -> dict[str, Any]:
    """Write every pair at or above the threshold, exactly; memory does not grow with the number of pairs.

    Raises
    ------
    InputRefused
        If a file cannot be read, the filters differ in width, or the threshold is out of range.
    """
    if not 0 < job.threshold <= 1:
        raise InputRefused(f"--threshold: expected above 0 and at most 1, got {job.threshold}")
    check_table_output(job.out, overwrite=job.overwrite)
    left = _read(job, job.left)
    same = job.left.resolve() == job.right.resolve()
    right = left if same else _read(job, job.right)
    if left.filters.shape[1] != right.filters.shape[1]:
        raise InputRefused(
            f"the filters differ in width: {left.filters.shape[1] * 64} bits in {job.left},"
            f" {right.filters.shape[1] * 64} in {job.right}; encode both under one specification"
        )
    found = similarity_join(
        left.filters, None if same else right.filters, job.threshold, metric=job.metric, threads=job.threads
    )
    n_pairs = 0
    with (
        table_writer(job.out, PAIR_SCHEMA) as writer,
        (progress or Silent()).stage("compare", unit="pairs") as stage,
    ):
        for chunk in found:
            writer.write_batch(_batch(chunk, left, right))
            n_pairs += len(chunk)
            stage.reach(n_pairs)
    return {"out": str(job.out), "pairs": n_pairs, "left": len(left.ids), "right": len(right.ids)}


def _read(job: CompareJob, path: Path) -> FilterTable:
    return read_filters(path, specification=job.spec, keys=job.keys, filter_name=job.filter_name)


def _batch(pairs: SimilarPairs, left: FilterTable, right: FilterTable) -> pa.RecordBatch:
    columns = [
        left.ids.take(pa.array(pairs.left)),
        right.ids.take(pa.array(pairs.right)),
        pa.array(pairs.similarity),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PAIR_SCHEMA)

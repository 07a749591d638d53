"""Rows of chunks on their way to ordered files: an external bucket sort on the local disk.

Each chunk is written to a file of its own a source, cut into record batches by the leading bits of the order, one a
bucket; then each bucket is read from all chunks and sorted. Memory holds one chunk a worker, then one bucket.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulation.chunks import ORDER_COLUMN, ChunkRows

__all__ = ["buckets", "n_buckets", "spill"]

_CHILDREN_A_BUCKET = 150_000
_TRUTH_PREFIX = "truth "
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def n_buckets(children: int) -> int:
    """How many buckets keep one within some 100 MB."""
    return -(-children // _CHILDREN_A_BUCKET)


def spill(rows: ChunkRows, folder: Path, chunk: int, buckets_: int) -> int:
    """Write one source's rows of one chunk; returns how many."""
    columns = {ORDER_COLUMN: pa.array(rows.order)}
    columns |= {name: rows.feed[name] for name in rows.feed.column_names}
    columns |= {_TRUTH_PREFIX + name: rows.truth[name] for name in rows.truth.column_names}
    table = pa.table(columns).combine_chunks()
    bounds = (np.arange(buckets_ + 1, dtype=np.uint64) << np.uint64(32)) // np.uint64(buckets_)
    cuts = np.searchsorted(rows.order.astype(np.uint64), bounds)
    with (
        pa.OSFile(str(_path(folder, rows.source, chunk)), "wb") as sink,
        pa.ipc.new_file(sink, table.schema, options=_OPTIONS) as writer,
    ):
        for start, stop in itertools.pairwise(cuts.tolist()):
            part = table.slice(start, stop - start).to_batches()
            writer.write_batch(part[0] if part else _empty(table.schema))
    return len(table)


def buckets(folder: Path, source: str, n_chunks: int, buckets_: int) -> Iterator[tuple[pa.Table, pa.Table]]:
    """The rows of one source in order, a bucket at a time: those of the feed and those of the truth."""
    for bucket in range(buckets_):
        parts = []
        for chunk in range(n_chunks):
            with pa.memory_map(str(_path(folder, source, chunk))) as file:
                parts.append(pa.ipc.open_file(file).get_batch(bucket))
        table = pa.Table.from_batches(parts)
        table = table.take(pc.array_sort_indices(table[ORDER_COLUMN])).combine_chunks()
        truth = [name for name in table.column_names if name.startswith(_TRUTH_PREFIX)]
        yield (
            table.drop_columns([ORDER_COLUMN, *truth]),
            table.select(truth).rename_columns([name.removeprefix(_TRUTH_PREFIX) for name in truth]),
        )


def _path(folder: Path, source: str, chunk: int) -> Path:
    return folder / f"{source}-{chunk:05d}.arrow"


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=schema)

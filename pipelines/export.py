"""The job that writes the published children as a file."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from linkage.exchange.errors import InputRefused
from linkage.index import EXPORT_SCHEMA, open_published
from pipelines.progress import Progress, Silent

__all__ = ["run"]


def run(index: Path, out: Path, progress: Progress | None = None) -> int:
    """Write ``child_id, source, record_id`` of every published record; shielded children are left out.

    Parameters
    ----------
    out
        A ``.parquet`` or ``.csv`` file; an existing one is replaced when the new one is whole.

    Returns
    -------
    Number of rows written.

    Raises
    ------
    InputRefused
        If nothing is published, or the name of the file says no format.
    """
    published = open_published(index)
    if out.suffix not in (".parquet", ".csv"):
        raise InputRefused(
            f"{out}: expected a name ending in .parquet or .csv, got '{out.suffix or out.name}'"
        )
    rows = 0
    with (
        (progress or Silent()).stage("export", total=published.n_records) as stage,
        _writer(out) as writer,
    ):
        for batch in published.export():
            writer.write_batch(batch)
            rows += batch.num_rows
            stage.reach(rows)
    return rows


@contextmanager
def _writer(out: Path) -> Iterator[pa.csv.CSVWriter | pq.ParquetWriter]:
    partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    kind = pq.ParquetWriter if out.suffix == ".parquet" else pa.csv.CSVWriter
    try:
        partial.touch(mode=0o600)
        with kind(partial, EXPORT_SCHEMA) as writer:
            yield writer
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)

"""The job that writes the published children as a file."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from linkage.exchange.errors import InputRefused
from linkage.index import EXPORT_SCHEMA, open_published
from pipelines.progress import Progress, Silent
from pipelines.recipients import Asking, access_of, log_unit

__all__ = ["run"]


def run(
    index: Path,
    out: Path,
    progress: Progress | None = None,
    *,
    asking: Asking | None = None,
    keys: Path | None = None,
    overwrite: bool = False,
) -> int:
    """Write ``child_id, source, record_id`` of every published record; shielded children are left out.

    Parameters
    ----------
    out
        A ``.parquet`` or ``.csv`` file, for its owner only (0600); it appears when it is whole.
    asking
        Who asks. For a recipient the file has its own pseudonyms and what its rights allow; without one it is for
        work inside the unit, has the unit's child ids, and is logged as such.
    keys
        Folder of the unit's keys, for a recipient's pseudonyms.
    overwrite
        Replace a file that is there.

    Returns
    -------
    Number of rows written.

    Raises
    ------
    InputRefused
        If nothing is published, the file exists, its name says no format, or the recipient may not have it.
    """
    asking = asking or Asking()
    published = open_published(index)
    if out.suffix not in (".parquet", ".csv"):
        raise InputRefused(
            f"{out}: expected a name ending in .parquet or .csv, got '{out.suffix or out.name}'"
        )
    if out.exists() and not overwrite:
        raise InputRefused(
            f"{out}: there is a file already; replace it with --overwrite or choose another name"
        )
    batches: Iterable[pa.RecordBatch]
    if asking.recipient:
        with access_of(index, asking.recipient, keys) as access:
            batches = access.export(requester=asking.requester, purpose=asking.purpose)
    else:
        log_unit(index, "export", asking, published.run_no, n_records=published.n_records)
        batches = published.export()
    rows = 0
    with (
        (progress or Silent()).stage("export", total=published.n_records) as stage,
        _writer(out) as writer,
    ):
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
            stage.reach(rows)
    return rows


@contextmanager
def _writer(out: Path) -> Iterator[pa.csv.CSVWriter | pq.ParquetWriter]:
    partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    kind = pq.ParquetWriter if out.suffix == ".parquet" else pa.csv.CSVWriter
    try:
        # Made before it is written, so that there is no moment in which others may read it.
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with kind(partial, EXPORT_SCHEMA) as writer:
            yield writer
        partial.replace(out)
    except FileNotFoundError:
        raise InputRefused(f"{out.parent}: there is no such folder for the export") from None
    finally:
        partial.unlink(missing_ok=True)

"""The job that writes the published children as a file."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from linkage.index import EXPORT_SCHEMA, open_published
from pipelines.at_unit.recipients import Asking, access_of, log_unit
from pipelines.outputs import check_table_output, table_writer
from pipelines.progress import Progress, Silent

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
    check_table_output(out, overwrite=overwrite)
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
        table_writer(out, EXPORT_SCHEMA) as writer,
    ):
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
            stage.reach(rows)
    return rows

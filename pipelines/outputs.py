"""Files that a job leaves: whole or not at all, for their owner only, and never in place of another unasked."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from linkage.exchange.errors import InputRefused

__all__ = ["check_output", "check_places", "check_table_output", "table_writer", "whole_file"]

TABLES = (".parquet", ".csv")


def check_output(out: Path, *, overwrite: bool) -> None:
    """Refuse a place where a file cannot or must not be written, before any work is done for it.

    Raises
    ------
    InputRefused
        If the folder is missing, the name is a folder's, or there is a file and `overwrite` is false.
    """
    if not out.parent.is_dir():
        raise InputRefused(f"{out}: there is no folder {out.parent}; make it, or name another place")
    if out.is_dir():
        raise InputRefused(f"{out}: this is a folder; name a file in it")
    if out.exists() and not overwrite:
        raise InputRefused(
            f"{out}: there is a file already; name another, or replace it by giving --overwrite"
        )


def check_places(*outs: Path | None) -> None:
    """Refuse places where files cannot be written, before minutes of work for them; files there are replaced.

    Raises
    ------
    InputRefused
        As `check_output`.
    """
    for out in outs:
        if out is not None:
            check_output(out, overwrite=True)


def check_table_output(out: Path, *, overwrite: bool) -> None:
    """As `check_output`, and the name has to say one of the formats of tables."""
    if out.suffix not in TABLES:
        raise InputRefused(
            f"{out}: expected a name ending in .parquet or .csv, got '{out.suffix or out.name}'"
        )
    check_output(out, overwrite=overwrite)


@contextmanager
def whole_file(out: Path) -> Iterator[Path]:
    """A path to write to, mode 0600, that gets its own name if the block succeeds and vanishes otherwise."""
    partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.touch(mode=0o600)
        yield partial
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def table_writer(out: Path, schema: pa.Schema) -> Iterator[pa.csv.CSVWriter | pq.ParquetWriter]:
    """A writer of record batches to a ``.parquet`` or ``.csv`` file, as `whole_file`."""
    kind = pq.ParquetWriter if out.suffix == ".parquet" else pa.csv.CSVWriter
    with whole_file(out) as partial, kind(partial, schema) as writer:
        yield writer

"""Feeds and truth as files, written as a stream and moved into place only when whole."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

__all__ = ["Format", "TableWriter"]

Format = Literal["csv", "parquet"]

# Quotes only where needed: that is how most systems export.
_CSV = pyarrow.csv.WriteOptions(quoting_style="needed", batch_size=65_536)


class TableWriter:
    """Writes one table to one file a format; nothing is left behind if the work fails.

    Parameters
    ----------
    folder, name
        The files are ``folder/name.format``.
    formats
        What to write.
    """

    def __init__(self, folder: Path, name: str, formats: Iterable[Format]) -> None:
        self._paths = {format_: folder / f"{name}.{format_}" for format_ in formats}
        self._partial = {
            format_: path.with_name(f".{path.name}.partial") for format_, path in self._paths.items()
        }
        self._writers: dict[Format, pyarrow.csv.CSVWriter | pyarrow.parquet.ParquetWriter] = {}

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files, when they are done."""
        return tuple(self._paths.values())

    def __enter__(self) -> Self:
        return self

    def write(self, table: pa.Table) -> None:
        """Append rows; the first table fixes the columns."""
        for format_, path in self._partial.items():
            if format_ not in self._writers:
                self._writers[format_] = _opened(format_, path, table.schema)
            self._writers[format_].write_table(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()
        for format_, path in self._partial.items():
            if kind is None:
                path.replace(self._paths[format_])
            else:
                path.unlink(missing_ok=True)


def _opened(
    format_: Format, path: Path, schema: pa.Schema
) -> pyarrow.csv.CSVWriter | pyarrow.parquet.ParquetWriter:
    if format_ == "csv":
        return pyarrow.csv.CSVWriter(path, schema, write_options=_CSV)
    return pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")

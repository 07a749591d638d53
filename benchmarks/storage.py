"""Where encoded records could lie, and what reading and writing them there costs.

Figures, by layout
------------------
write
    All rows, in batches of 65,536, until they are on the disk.
one column
    A blocking key of every row, as planning reads it.
whole rows, in order
    Every row whole, as a pass over everything reads it.
rows here and there
    A tenth of the rows, drawn at random and ascending, as the records of a stretch of blocks are fetched.

Layouts: DuckDB with one BLOB a row; Parquet and Arrow IPC files with one fixed-size binary column a column of the
schema; flat column files (what an index has); a row file (what streamed linking lays out beside them). The caches of
the system are warm for all alike, since nothing here can empty them: this is what a layout costs in processor and
copies, not what a disk costs. Words are random: nothing compresses, as with real filters.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from reporting import Figure, arguments, print_report

from linkage.exchange.schema import Column, RecordSchema
from linkage.exchange.specification import default_specification_text, parse_specification
from linkage.index.storage.columns import ColumnFiles
from linkage.index.storage.row_file import RowFile

ROWS, QUICK_ROWS, BATCH, RUNS = 300_000, 3_000, 65_536, 3
PACKAGES = ("numpy", "pyarrow", "duckdb")

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]


class Blobs:
    """DuckDB, one BLOB a row."""

    def __init__(self, folder: Path, schema: RecordSchema) -> None:
        self._schema = schema
        self._connection = duckdb.connect(str(folder / "blobs.duckdb"))
        self._connection.execute("CREATE TABLE records (row_id BIGINT, words BLOB)")
        self._n = 0

    def append(self, words: Words) -> None:
        """One batch."""
        width = pa.binary(8 * words.shape[1])
        content = pa.FixedSizeBinaryArray.from_buffers(width, len(words), [None, pa.py_buffer(words)])
        batch = pa.table(
            {"row_id": np.arange(self._n, self._n + len(words)), "words": content.cast(pa.binary())}
        )
        self._connection.register("batch", batch)
        self._connection.execute("INSERT INTO records SELECT * FROM batch")
        self._connection.unregister("batch")
        self._n += len(words)

    def finish(self) -> None:
        """Onto the disk."""
        self._connection.execute("CHECKPOINT")

    def column(self) -> Words:
        """The last column: the whole row has to be read for it."""
        return self.rows(None)[:, -1]

    def rows(self, rows: Rows | None) -> Words:
        """Whole rows."""
        where = ""
        if rows is not None:
            self._connection.register("asked", pa.table({"row_id": rows}))
            where = "SEMI JOIN asked USING (row_id)"
        found = self._connection.sql(f"SELECT words FROM records {where} ORDER BY row_id")  # noqa: S608 - ours
        chunks = found.to_arrow_table()["words"].chunks
        parts = [np.frombuffer(chunk.buffers()[2], dtype="<u8") for chunk in chunks]
        return np.concatenate([np.empty(0, "<u8"), *parts]).reshape(-1, self._schema.n_words)


class Tables:
    """Parquet or Arrow IPC, one fixed-size binary column a column of the schema."""

    def __init__(self, folder: Path, schema: RecordSchema, *, parquet: bool) -> None:
        self._columns = list(schema.columns)
        self._path = folder / ("rows.parquet" if parquet else "rows.arrow")
        self._parquet = parquet
        fields = [(column.label, pa.binary(8 * column.n_words)) for column in self._columns]
        self._schema = pa.schema(fields)
        self._writer = (
            pq.ParquetWriter(self._path, self._schema, compression="none", use_dictionary=False)
            if parquet
            else pa.ipc.new_file(str(self._path), self._schema)
        )

    def append(self, words: Words) -> None:
        """One batch."""
        arrays = []
        for column, field in zip(self._columns, self._schema, strict=True):
            part = np.ascontiguousarray(words[:, column.offset : column.stop])
            arrays.append(
                pa.FixedSizeBinaryArray.from_buffers(field.type, len(words), [None, pa.py_buffer(part)])
            )
        self._writer.write_table(pa.table(arrays, schema=self._schema))

    def finish(self) -> None:
        """Onto the disk."""
        self._writer.close()
        _flush(self._path)

    def column(self) -> Words:
        """The last column."""
        return self._taken(None, self._columns[-1:])[:, 0]

    def rows(self, rows: Rows | None) -> Words:
        """Whole rows."""
        return self._taken(rows, self._columns)

    def _taken(self, rows: Rows | None, columns: list[Column]) -> Words:
        names = [column.label for column in columns]
        if self._parquet:
            table = pq.read_table(self._path, columns=names)
        else:
            with pa.memory_map(str(self._path)) as source:
                table = pa.ipc.open_file(source).read_all().select(names)
        if rows is not None:
            table = table.take(pa.array(rows))
        parts = []
        for column in table.itercolumns():
            array = column.combine_chunks()
            width = array.type.byte_width // 8
            whole = np.frombuffer(array.buffers()[1], dtype="<u8")
            parts.append(whole[array.offset * width :][: len(array) * width].reshape(-1, width))
        return np.hstack(parts)


class Flat:
    """The column files of an index."""

    def __init__(self, folder: Path, schema: RecordSchema) -> None:
        place = folder / "columns"
        place.mkdir()
        ColumnFiles.create(place, schema)
        self._files = ColumnFiles(place, schema, 0)
        self._last = list(schema.columns)[-1]

    def append(self, words: Words) -> None:
        """One batch."""
        self._files.append(words)

    def finish(self) -> None:
        """Onto the disk."""
        self._files.flush()

    def column(self) -> Words:
        """The last column."""
        return np.array(self._files.column(self._last)[:, 0])

    def rows(self, rows: Rows | None) -> Words:
        """Whole rows."""
        return self._files.gather(np.arange(self._files.n_rows) if rows is None else rows)


class RowByRow:
    """The row file of streamed linking; it is never flushed, since it does not outlive the run."""

    def __init__(self, folder: Path, schema: RecordSchema) -> None:
        self._file = RowFile(folder, schema.n_words)

    def append(self, words: Words) -> None:
        """One batch."""
        self._file.append(words)

    def finish(self) -> None:
        """Nothing to wait for."""

    def column(self) -> Words:
        """The last column: whole rows have to be read for it."""
        return self.rows(None)[:, -1]

    def rows(self, rows: Rows | None) -> Words:
        """Whole rows."""
        return self._file.gather(np.arange(self._file.n_rows) if rows is None else rows)


Layout = Blobs | Tables | Flat | RowByRow
LAYOUTS: dict[str, Callable[[Path, RecordSchema], Layout]] = {
    "BLOBs in DuckDB": Blobs,
    "Parquet": lambda folder, schema: Tables(folder, schema, parquet=True),
    "Arrow IPC": lambda folder, schema: Tables(folder, schema, parquet=False),
    "flat column files": Flat,
    "row file": RowByRow,
}


def main() -> None:
    """Measure and print."""
    asked = arguments(__doc__).parse_args()
    schema = parse_specification(default_specification_text(), origin="default").record_schema
    n_rows = QUICK_ROWS if asked.quick else ROWS
    rng = np.random.default_rng(1)
    words = rng.integers(0, 2**64, size=(n_rows, schema.n_words), dtype=np.uint64)
    some = np.sort(rng.permutation(n_rows)[: n_rows // 10])
    seconds: dict[str, list[float]] = {}
    for _ in range(1 if asked.quick else RUNS):
        for name, make in LAYOUTS.items():
            with tempfile.TemporaryDirectory(prefix="childindex-storage-") as folder:
                for what, taken in _measured(make(Path(folder), schema), words, some):
                    seconds.setdefault(f"{name}: {what}", []).append(taken)
    figures = [Figure(name, "s", runs) for name, runs in seconds.items()]
    print_report("storage", figures, PACKAGES, as_json=asked.json)


def _measured(layout: Layout, words: Words, some: Rows) -> Iterator[tuple[str, float]]:
    started = time.perf_counter()
    for start in range(0, len(words), BATCH):
        layout.append(words[start : start + BATCH])
    layout.finish()
    yield "write", time.perf_counter() - started
    expected = {"one column": words[:, -1], "whole rows, in order": words, "rows here and there": words[some]}
    read: dict[str, Callable[[], Words]] = {
        "one column": layout.column,
        "whole rows, in order": lambda: layout.rows(None),
        "rows here and there": lambda: layout.rows(some),
    }
    for what, reading in read.items():
        started = time.perf_counter()
        found = reading()
        yield what, time.perf_counter() - started
        if not np.array_equal(found, expected[what]):
            raise RuntimeError(f"{type(layout).__name__}: {what} came back changed")


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


if __name__ == "__main__":
    main()

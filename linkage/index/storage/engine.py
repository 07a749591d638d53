"""The only module that knows DuckDB: connections, queries, transactions, and errors without values.

DuckDB's own messages quote what they complain of (a duplicate key, a value that cannot be cast). Nothing of them
is passed on: an error is recognised by its class, or by one of a few fixed phrases, and told anew.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from linkage.exchange.errors import ChildindexError, IndexRefused
from linkage.exchange.processors import available_threads
from linkage.index.storage.durable_files import flush_folder

__all__ = ["Engine", "rewrite_store"]

T = TypeVar("T")
Parameters = Sequence[object] | Mapping[str, object]
"""In the order of the question marks, or by name."""

LEAST_MEMORY_MB, MOST_MEMORY_MB = 1024, 4096
_ABORTED = "the index could not finish what it was doing; nothing of the current step was kept"


def default_memory_mb() -> int:
    """An eighth of the machine's memory: publishing a nation sorts tens of millions of rows, and takes over 1 GiB."""
    machine = (os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) >> 20
    return int(max(LEAST_MEMORY_MB, min(MOST_MEMORY_MB, machine // 8)))


class Engine:
    """One connection to one DuckDB file.

    Parameters
    ----------
    path
        The file; it is created if it is missing and `read_only` is not set.
    read_only
        Open without the right to write; many processes may, as long as none writes.
    memory_mb
        DuckDB's own buffers stay under this many MiB, an eighth of the machine's memory if None (1 to 4 GiB); beyond
        that it spills into `scratch`.
    threads
        Worker threads; by default as many as the machine has cores.
    scratch
        Folder for what does not fit into memory; by default beside the file.

    Raises
    ------
    IndexRefused
        If the file is missing (reading), is not a DuckDB file, is of a newer DuckDB, or is open elsewhere.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        memory_mb: int | None = None,
        threads: int | None = None,
        scratch: Path | None = None,
    ) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": str(threads or available_threads()),
            "memory_limit": f"{memory_mb or default_memory_mb()}MiB",
            "temp_directory": str(scratch or path.parent / "scratch"),
            # A query reads what was registered for it, never a Python variable that happens to have the name.
            "python_enable_replacements": "false",
            # Nothing is fetched from anywhere, whatever a query says.
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
        }
        self._connection = _translated(lambda: duckdb.connect(str(path), read_only, config))
        self._is_rehearsing = False
        self.execute("SET enable_external_access = false")
        self.execute("SET lock_configuration = true")

    def close(self) -> None:
        """Close the connection; what was not committed is gone."""
        self._connection.close()

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Run a statement; the number of rows that it inserted, changed or deleted, or 0."""

        def run() -> int:
            result = self._connection.execute(sql, _plain(parameters))
            row = result.fetchone() if result.description else None
            return int(row[0]) if row and isinstance(row[0], int) else 0

        return _translated(run, sql)

    def arrow(self, sql: str, parameters: Parameters = ()) -> pa.Table:
        """Run a query and take the whole result as an Arrow table, each column one chunk."""
        table: pa.Table = _translated(
            lambda: self._connection.sql(sql, params=_plain(parameters)).to_arrow_table(), sql
        )
        return table.combine_chunks()

    def batches(self, sql: str, parameters: Parameters = (), *, n_rows: int) -> Iterator[pa.RecordBatch]:
        """Run a query and stream the result in Arrow batches of about `n_rows` rows.

        The connection belongs to the stream until the stream has ended.
        """
        reader = _translated(
            lambda: self._connection.sql(sql, params=_plain(parameters)).to_arrow_reader(n_rows), sql
        )
        end = object()
        while (batch := _translated(lambda: next(reader, end))) is not end:
            yield batch

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Run a query with a small result and take its rows."""
        return _translated(lambda: self._connection.execute(sql, _plain(parameters)).fetchall(), sql)

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """Run a query of one row and one column and take its value."""
        return self.rows(sql, parameters)[0][0]

    @contextmanager
    def table(self, name: str, table: pa.Table) -> Iterator[None]:
        """Let queries inside the block read an Arrow table under a name, without copying it."""
        _translated(lambda: self._connection.register(name, table))
        try:
            yield
        except BaseException:
            # A transaction that failed takes the name with it, and refuses to have it taken back.
            with suppress(duckdb.Error):
                self._connection.unregister(name)
            raise
        _translated(lambda: self._connection.unregister(name))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything in the block, or nothing if it raises; inside a rehearsal, leave that to its end."""
        if self._is_rehearsing:
            yield
            return
        _translated(self._connection.begin)
        try:
            yield
            _translated(self._connection.commit)
        except BaseException:
            self._rollback()
            raise

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Keep nothing of what is done in the block, transactions included."""
        _translated(self._connection.begin)
        self._is_rehearsing = True
        try:
            yield
        finally:
            self._is_rehearsing = False
            self._rollback()

    def _rollback(self) -> None:
        try:
            self._connection.rollback()
        except duckdb.Error:
            # The file system or memory gave out, and with it the connection: closing it is the roll-back, since
            # a transaction without a commit in the log does not exist for whoever opens the file next.
            self._connection.close()


def rewrite_store(path: Path) -> None:
    """Copy a closed DuckDB file into a new one that takes its place: freed pages, and what they held, are gone.

    Killed at any moment, the file is the old one or the new one, and both hold the same.
    """
    fresh = path.with_name(f".{path.name}.fresh")
    fresh.unlink(missing_ok=True)

    def copy() -> None:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"ATTACH '{_quoted(path)}' AS old (READ_ONLY)")
            connection.execute(f"ATTACH '{_quoted(fresh)}' AS fresh")
            connection.execute("COPY FROM DATABASE old TO fresh")
            connection.execute("DETACH fresh")

    _translated(copy)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(path)
    flush_folder(path.parent)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _plain(parameters: Parameters) -> list[object] | dict[str, object]:
    return dict(parameters) if isinstance(parameters, Mapping) else list(parameters)


def _translated(action: Callable[[], T], sql: str = "") -> T:
    """Run an action; tell DuckDB's error anew, cut off from the original, which may quote values.

    The statement is ours and holds no values, which are all parameters: its beginning tells developers where.
    """
    told: BaseException
    try:
        return action()
    except duckdb.Error as error:
        told = _told(error, " ".join(sql.split())[:60])
    except RuntimeError as error:
        # What DuckDB makes of a Ctrl-C while a statement runs.
        if str(error) != "Query interrupted":
            raise
        told = KeyboardInterrupt()
    raise told


# Fixed phrases of DuckDB's messages and what to tell instead; the first that occurs counts.
_REFUSALS = {
    "Could not set lock": "the index is open in another process; wait for it to end, or stop it",
    "different configuration": "the index is open in this process already",
    "not a valid DuckDB database": "store.duckdb is not a DuckDB file; restore the index from its backup",
    "version number": "store.duckdb was written by another version of DuckDB; upgrade the duckdb package",
    "Serialization Error": "store.duckdb was written by another version of DuckDB; upgrade the duckdb package",
}
_FAILURES: dict[type[duckdb.Error], str] = {
    duckdb.OutOfMemoryException: "memory, or room to spill, gave out: {}; make room, then repeat the command",
    duckdb.IOException: "the index could not be read or written: {}; check disk and permissions",
    duckdb.ConstraintException: "a rule of the store was broken: {}; please report this as a fault",
}

# What Python and Arrow say, under whatever name DuckDB passes it on, when they get no memory while it reads from them.
_NO_MEMORY = ("MemoryError", "Out of memory", "malloc of size", "bad_alloc", "Cannot allocate memory")


def _told(error: duckdb.Error, sql: str) -> ChildindexError:
    text = str(error)
    for phrase, refusal in _REFUSALS.items():
        if phrase in text:
            return IndexRefused(refusal)
    if "No space left" in text:
        return ChildindexError(f"the disk is full: {_ABORTED}; make room, then repeat the command")
    if any(phrase in text for phrase in _NO_MEMORY):
        return ChildindexError(_FAILURES[duckdb.OutOfMemoryException].format(_ABORTED))
    for kind, failure in _FAILURES.items():
        if isinstance(error, kind):
            return ChildindexError(failure.format(_ABORTED))
    where = f" at `{sql} ...`" if sql else ""
    return ChildindexError(
        f"{type(error).__name__} in the store{where}: {_ABORTED}; please report this as a fault"
    )

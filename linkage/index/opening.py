"""Making an index and opening it for writing."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from linkage.exchange.schema import RecordSchema
from linkage.index.storage.columns import ColumnFiles
from linkage.index.storage.engine import Engine, rewrite_store
from linkage.index.storage.folder import IndexCard, IndexFolder
from linkage.index.storage.locking import WriterLock
from linkage.index.storage.migration import bring_up_to_date
from linkage.index.storage.tables import create_tables
from linkage.index.store import Index

__all__ = ["create_index", "open_index"]


def create_index(
    path: Path, specification_toml: str, fingerprint: str, schema: RecordSchema, sources: Sequence[str]
) -> None:
    """Make an empty index.

    Raises
    ------
    IndexRefused
        If there is something at `path` already.
    """
    folder, card = IndexFolder(path), IndexCard(fingerprint, tuple(sources), schema)
    folder.create(specification_toml)
    ColumnFiles.create(folder.columns, schema)
    engine = Engine(folder.store, scratch=folder.scratch)
    try:
        create_tables(engine, card)
    finally:
        engine.close()
    folder.complete(card)


@contextmanager
def open_index(
    path: Path,
    *,
    command: str | None = None,
    memory_mb: int | None = None,
    threads: int | None = None,
) -> Iterator["Index"]:
    """Open an index for writing; readers use `open_published` and are not disturbed.

    What a killed command left behind is repaired first, and an index of an older format brought up to date.

    Parameters
    ----------
    command
        What to tell others who want to write; by default the command line.
    memory_mb, threads
        Limits of the store's own work; arrays that are handed out come on top.

    Raises
    ------
    IndexRefused
        If it is no index, has another format, is damaged, or is being written by another process.
    """
    folder = IndexFolder(path)
    card = folder.read_card()
    lock = WriterLock(folder.lock, command or " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]))
    try:
        folder.clear_scratch()
        engine = _open_engine(folder, card, memory_mb, threads)
        try:
            index = Index(folder, card, engine, threads)
            index.repair()
            yield index
        finally:
            engine.close()
    finally:
        lock.release()


def _open_engine(folder: IndexFolder, card: IndexCard, memory_mb: int | None, threads: int | None) -> Engine:
    """The store, brought up to date and, after an erasure, rewritten without its freed pages."""
    engine = Engine(folder.store, memory_mb=memory_mb, threads=threads, scratch=folder.scratch)
    try:
        bring_up_to_date(engine, folder, card)
        if not engine.value("SELECT value FROM counters WHERE name = 'compact_pending'"):
            return engine
        # Whatever is still to be overwritten in the column files is named by the store as it is: repair does it later.
        engine.close()
        rewrite_store(folder.store)
        engine = Engine(folder.store, memory_mb=memory_mb, threads=threads, scratch=folder.scratch)
        engine.execute("UPDATE counters SET value = 0 WHERE name = 'compact_pending'")
    except BaseException:
        engine.close()
        raise
    return engine

"""Bringing an index of an older format up to the present one.

The number of the format stands in the card, for whoever opens the folder, and in the store, which is what changes. A
step is one transaction in the store, checked against the tables of the present format before it is committed; then the
card is written. Killed between the two, the store is ahead of its card and the next opening writes the card. The
snapshot that readers see is written anew, as if a person had decided something. There is no way back: an older version
refuses the index by its card.

========  ==========================================================================================================
format 1  until 2026-11: stores with and without the tables of ageing out, erasure and what was searched
format 2  all of these tables, and the list of records that may not come back
format 3  what an index takes over from that of an earlier epoch, and rows below 0, which have no words
========  ==========================================================================================================
"""

import re

from linkage.exchange.errors import ChildindexError, IndexRefused
from linkage.index.storage.engine import Engine
from linkage.index.storage.folder import FORMAT, IndexCard, IndexFolder
from linkage.index.storage.tables import COUNTERS, TABLES

__all__ = ["bring_up_to_date"]

_DEFINITION = re.compile(r"CREATE TABLE (\w+) \((.*)\)", re.DOTALL)
_COLUMNS = """
    SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal
    ORDER BY table_name, column_index
"""


def bring_up_to_date(engine: Engine, folder: IndexFolder, card: IndexCard) -> None:
    """See that the store has the present format, or give it that; all or nothing.

    Raises
    ------
    IndexRefused
        If it was made by a later version, or lacks something that no migration can add: nothing was changed then.
    """
    found = store_format(engine)
    if found > FORMAT:
        raise IndexRefused(
            f"{folder.store} has format {found}, this version reads {FORMAT}: upgrade childindex"
        )
    if found < FORMAT:
        with engine.transaction():
            _add_what_is_missing(engine)
            _require_columns(engine, folder)
            # Readers get a snapshot of this version, also if this is interrupted: see `publication.repair`.
            engine.execute("UPDATE counters SET value = value + 1 WHERE name = 'protection'")
            engine.execute("DELETE FROM counters WHERE name = 'format'")
            engine.execute("INSERT INTO counters VALUES ('format', ?)", [FORMAT])
    if card.format < FORMAT:
        folder.complete(card)


def store_format(engine: Engine) -> int:
    """The format of a store; 1 did not write it down."""
    try:
        return int(engine.value("SELECT coalesce(max(value), 1) FROM counters WHERE name = 'format'"))
    except ChildindexError:
        # Asked only now, since listing the tables takes as long as opening the store.
        if engine.value("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'counters'"):
            raise
        raise IndexRefused("store.duckdb holds no index; restore the index from its backup") from None


def _add_what_is_missing(engine: Engine) -> None:
    """Tables and counters that an older format lacked, all of them empty; views, which hold nothing, anew."""
    for statement in TABLES:
        again = statement.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1)
        engine.execute(again.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1))
    for name in COUNTERS:
        engine.execute(
            "INSERT INTO counters SELECT ?, 0 WHERE NOT EXISTS (FROM counters WHERE name = ?)", [name, name]
        )


def _require_columns(engine: Engine, folder: IndexFolder) -> None:
    present: dict[str, list[str]] = {}
    for table, column in engine.rows(_COLUMNS):
        present.setdefault(table, []).append(column)
    # In their order, since rows are inserted by it.
    wrong = [name for name, columns in expected_columns().items() if present.get(name) != columns]
    if wrong:
        raise IndexRefused(
            f"{folder.store} was made by a version that was never released (table {', '.join(wrong)}): make a new"
            " index with `childindex init` and load the sources' latest snapshots"
        )


def expected_columns() -> dict[str, list[str]]:
    """The columns of each table of the present format, as it is defined."""
    found = (_DEFINITION.match(statement) for statement in TABLES)
    return {
        match[1]: [part.split()[0] for part in match[2].split(",")] for match in found if match is not None
    }

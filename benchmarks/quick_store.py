"""The store with what thousands of tiny runs pay for again and again taken out, for `sequences.py`.

Nothing that is checked changes: the statements, their plans, their transactions and their files are the store's own.
A statement that only reads is not run again until something was written on its connection, since its answer is the
same; and a result is not described before it is fetched, which is half of the time of a statement over ten rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from linkage.index.storage.engine import Engine, Parameters

__all__ = ["quicken"]

DESCRIBES_NO_RESULT = hasattr(duckdb.DuckDBPyConnection, "_submit")


class QuickEngine:
    """What takes the place of an engine's methods; `quicken` puts it there."""

    slow_arrow = Engine.arrow
    slow_rows = Engine.rows
    slow_execute = Engine.execute
    slow_rollback = vars(Engine)["_rollback"]
    slow_table = Engine.table

    def arrow(self: Any, sql: str, parameters: Parameters = ()) -> pa.Table:
        return _remembered(self, _fetched, sql, parameters)

    def rows(self: Any, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        return list(_remembered(self, QuickEngine.slow_rows, sql, parameters))

    def execute(self: Any, sql: str, parameters: Parameters = ()) -> int:
        try:
            return QuickEngine.slow_execute(self, sql, parameters)
        finally:
            vars(self).pop("answers", None)

    def _rollback(self: Any) -> None:
        vars(self).pop("answers", None)
        QuickEngine.slow_rollback(self)

    @contextmanager
    def table(self: Any, name: str, table: pa.Table) -> Iterator[None]:
        given = vars(self).setdefault("given", set())
        given.add(name)
        try:
            with QuickEngine.slow_table(self, name, table):
                yield
        finally:
            given.discard(name)


def quicken() -> None:
    """Let every engine of this process answer quickly from now on."""
    for name in ("arrow", "rows", "execute", "_rollback", "table"):
        setattr(Engine, name, vars(QuickEngine)[name])


def _remembered(engine: Any, read: Any, sql: str, parameters: Parameters) -> Any:
    if any(name in sql for name in vars(engine).get("given", ())):
        return read(
            engine, sql, parameters
        )  # a table of the caller's under this name may be another next time
    answers = vars(engine).setdefault("answers", {})
    key = read.__name__, sql, repr(parameters)
    if key not in answers:
        answers[key] = read(engine, sql, parameters)
    return answers[key]


def _fetched(engine: Any, sql: str, parameters: Parameters) -> pa.Table:
    if not DESCRIBES_NO_RESULT:
        return QuickEngine.slow_arrow(engine, sql, parameters)
    values = parameters if isinstance(parameters, dict) else list(parameters)
    submit = vars(engine)["_connection"]._submit  # noqa: SLF001 - DuckDB offers no other way to leave it out
    return submit(sql, values or None, "arrow", 1 << 17).arrow_table().combine_chunks()

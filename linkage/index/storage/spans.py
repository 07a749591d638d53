"""Going back in time: everything that began with a run or later is deleted, everything that ended is reopened."""

from linkage.index.storage.engine import Engine

__all__ = ["RESULTS", "STAGED", "go_back"]

STAGED = ("records", "packages")
"""What loading changes."""

RESULTS = ("links", "children", "members", "events")
"""What linking changes."""


def go_back(engine: Engine, tables: tuple[str, ...], run_no: int) -> None:
    """Bring tables to the state before a run; call it inside a transaction."""
    for table in tables:
        engine.execute(f"DELETE FROM {table} WHERE from_run >= ?", [run_no])  # noqa: S608 - our own names
        engine.execute(f"UPDATE {table} SET to_run = NULL WHERE to_run >= ?", [run_no])  # noqa: S608 - as above
    if "children" in tables:
        engine.execute(
            "UPDATE children SET merged_into = NULL WHERE to_run IS NULL AND merged_into IS NOT NULL"
        )

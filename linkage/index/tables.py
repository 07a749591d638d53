"""The tables of the store, format 1.

Every fact has a span of runs: it holds from `from_run` (included) until `to_run` (excluded), or still, if that is
null. A state as of any run can be read, and undoing a run is deleting what began with it and reopening what ended
with it.

* A *row* is one version of a record: it never changes, its number is its place in the column files, and it is never
  used again. A record that changes ends its row and begins another with the same `record_no`.
* `members` says which child a row belongs to. Every live row of a published index has exactly one child.
* `links` are the pairs that were emitted as evidence, between rows, the lower row on the left.
* `children.merged_into` is the alias of a child that was joined into an older one.
* `events` is the history of children, see `history.py`.

A record id is kept as two 64-bit halves, most significant first: DuckDB and numpy both compare numbers at full
speed, and the order is the order of the bytes.
"""

from linkage.index.engine import Engine
from linkage.index.folder import IndexCard

__all__ = ["create_tables"]

_TABLES = (
    "CREATE TABLE counters (name VARCHAR, value BIGINT)",
    "CREATE TABLE sources (source_no SMALLINT, name VARCHAR)",
    """CREATE TABLE runs (
        run_no BIGINT, kind VARCHAR, status VARCHAR, started VARCHAR, finished VARCHAR,
        reason VARCHAR, metrics VARCHAR, model VARCHAR, undone_by BIGINT)""",
    """CREATE TABLE packages (
        source_no SMALLINT, sequence BIGINT, kind VARCHAR, digest VARCHAR, previous_digest VARCHAR,
        n_new BIGINT, n_changed BIGINT, n_unchanged BIGINT, n_deleted BIGINT, from_run BIGINT, to_run BIGINT)""",
    """CREATE TABLE records (
        row_id BIGINT, record_no BIGINT, source_no SMALLINT, record_high UBIGINT, record_low UBIGINT,
        flags UTINYINT, from_run BIGINT, to_run BIGINT)""",
    """CREATE TABLE links (
        left_row BIGINT, right_row BIGINT, pattern BIGINT, weight FLOAT, stratum SMALLINT,
        from_run BIGINT, to_run BIGINT)""",
    """CREATE TABLE children (
        child_no BIGINT, id_high UBIGINT, id_low UBIGINT, merged_into BIGINT, from_run BIGINT, to_run BIGINT)""",
    "CREATE TABLE members (row_id BIGINT, record_no BIGINT, child_no BIGINT, from_run BIGINT, to_run BIGINT)",
    """CREATE TABLE events (
        child_no BIGINT, kind VARCHAR, other_child BIGINT, row_id BIGINT, n_records BIGINT,
        pattern BIGINT, weight FLOAT, from_run BIGINT, to_run BIGINT)""",
)

_COUNTERS = ("next_row", "next_record", "next_child", "scrub_pending")


def create_tables(engine: Engine, card: IndexCard) -> None:
    """Make the tables of an empty index."""
    with engine.transaction():
        for statement in _TABLES:
            engine.execute(statement)
        for name in _COUNTERS:
            engine.execute("INSERT INTO counters VALUES (?, 0)", [name])
        for source_no, name in enumerate(card.sources):
            engine.execute("INSERT INTO sources VALUES (?, ?)", [source_no, name])

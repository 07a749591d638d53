"""The tables of the store, format 3; the counter ``format`` says so, and `migration` brings older ones up to it.

Every fact has a span of runs: it holds from `from_run` (included) until `to_run` (excluded), or still, if that is
null. A state as of any run can be read, and undoing a run is deleting what began with it and reopening what ended
with it.

* A *row* is one version of a record: it never changes, its number is its place in the column files, and it is never
  used again. A record that changes ends its row and begins another with the same `record_no`.
* `members` says which child a row belongs to. Every live row of a published index has exactly one child.
* `links` are the pairs that were emitted as evidence, between rows, the lower row on the left.
* `children.merged_into` is the alias of a child that was joined into an older one.
* `events` is the history of children, see `history.py`.
* `notices` and `archived` are about ageing out, see `ageing.py`; `kept_out` about erasure, see `keep_out.py`.
* `shields`, `quarantine` and `known_pairs` are what people decided, see `shielding.py` and `known_pairs.py`. They name
  records, not rows, and have times instead of runs. The counter ``protection`` counts their changes, so that a snapshot
  that is behind them is known.

* `taken_over`, `dormant` and `epoch_keys` are what an index was told of that of an earlier epoch, see `taken_over.py`.
  A row below 0 is a record of that epoch: it has ended, and there are no words of it.

A record id is kept as two 64-bit halves, most significant first: DuckDB and numpy both compare numbers at full
speed, and the order is the order of the bytes.
"""

from linkage.index.storage.engine import Engine
from linkage.index.storage.folder import FORMAT, IndexCard

__all__ = ["COUNTERS", "TABLES", "create_tables"]

TABLES = (
    "CREATE TABLE counters (name VARCHAR, value BIGINT)",
    "CREATE TABLE sources (source_no SMALLINT, name VARCHAR)",
    """CREATE TABLE runs (
        run_no BIGINT, kind VARCHAR, status VARCHAR, started VARCHAR, finished VARCHAR,
        reason VARCHAR, metrics VARCHAR, model VARCHAR, undone_by BIGINT, log_entries BIGINT, log_chain VARCHAR)""",
    """CREATE TABLE packages (
        source_no SMALLINT, sequence BIGINT, kind VARCHAR, digest VARCHAR, previous_digest VARCHAR,
        key_epoch INTEGER, key_check VARCHAR,
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
    # What people decided does not belong to runs.
    """CREATE TABLE shields (
        source_no SMALLINT, record_high UBIGINT, record_low UBIGINT, origin VARCHAR, run_no BIGINT,
        reason VARCHAR, set_at VARCHAR, lifted_at VARCHAR, lifted_reason VARCHAR)""",
    """CREATE TABLE quarantine (
        source_no SMALLINT, record_high UBIGINT, record_low UBIGINT,
        near_source SMALLINT, near_high UBIGINT, near_low UBIGINT,
        pattern BIGINT, weight FLOAT, run_no BIGINT, found_at VARCHAR, resolved_at VARCHAR, resolution VARCHAR)""",
    """CREATE TABLE known_pairs (
        kind VARCHAR, left_source SMALLINT, left_high UBIGINT, left_low UBIGINT,
        right_source SMALLINT, right_high UBIGINT, right_low UBIGINT,
        reason VARCHAR, set_at VARCHAR, lifted_at VARCHAR, lifted_reason VARCHAR, is_pending BOOLEAN)""",
    # Cohorts of which a source said that they have reached an age; `archived` are the records that left for it.
    "CREATE TABLE notices (token UBIGINT, reached VARCHAR, source_no SMALLINT, noted_at VARCHAR)",
    """CREATE TABLE archived (
        source_no SMALLINT, record_high UBIGINT, record_low UBIGINT, run_no BIGINT, archived_at VARCHAR)""",
    # Rows that have to be looked at again, since something near them was erased or they are not shielded any more, and
    # the run that did.
    "CREATE TABLE disturbed (row_id BIGINT, settled BIGINT)",
    # Rows of shielded children near which a run has looked for others, see `shielding.protected_rows`.
    "CREATE TABLE searched (row_id BIGINT, run_no BIGINT)",
    # Records that may not come back, see `keep_out.py`.
    "CREATE TABLE kept_out (fingerprint_high UBIGINT, fingerprint_low UBIGINT, since VARCHAR)",
    # Of the index before: the number and the child of each record, by its new id; its children, until the first of
    # their records comes; and the keys that packages have to be of.
    """CREATE TABLE taken_over (
        source_no SMALLINT, record_high UBIGINT, record_low UBIGINT, record_no BIGINT, child_no BIGINT)""",
    "CREATE TABLE dormant (child_no BIGINT, id_high UBIGINT, id_low UBIGINT)",
    "CREATE TABLE epoch_keys (key_epoch INTEGER, key_check VARCHAR)",
    """CREATE VIEW shielded_records AS
        SELECT DISTINCT source_no, record_high, record_low FROM shields WHERE lifted_at IS NULL""",
    # Known pairs of which both records are live, with their rows and present children. They are entangled if the
    # child of one is, or ever was, a child of the other.
    """CREATE VIEW known_rows AS
        SELECT kind, lifted_at IS NOT NULL AS is_lifted, is_pending,
            a.row_id AS left_row, b.row_id AS right_row, m.child_no AS left_child, n.child_no AS right_child,
            EXISTS (FROM members o WHERE o.record_no = b.record_no AND o.child_no = m.child_no)
            OR EXISTS (FROM members o WHERE o.record_no = a.record_no AND o.child_no = n.child_no) AS is_entangled
        FROM known_pairs
        JOIN records a ON a.source_no = left_source AND a.record_high = left_high AND a.record_low = left_low
            AND a.to_run IS NULL
        JOIN records b ON b.source_no = right_source AND b.record_high = right_high AND b.record_low = right_low
            AND b.to_run IS NULL
        LEFT JOIN members m ON m.record_no = a.record_no AND m.to_run IS NULL
        LEFT JOIN members n ON n.record_no = b.record_no AND n.to_run IS NULL""",
)

COUNTERS = ("next_row", "next_record", "next_child", "scrub_pending", "compact_pending", "protection")


def create_tables(engine: Engine, card: IndexCard) -> None:
    """Make the tables of an empty index."""
    with engine.transaction():
        for statement in TABLES:
            engine.execute(statement)
        for name in COUNTERS:
            engine.execute("INSERT INTO counters VALUES (?, 0)", [name])
        engine.execute("INSERT INTO counters VALUES ('format', ?)", [FORMAT])
        for source_no, name in enumerate(card.sources):
            engine.execute("INSERT INTO sources VALUES (?, ?)", [source_no, name])

"""What became of each child, run by run, with the link that decided.

An event never holds more of a record than its row id, and of the evidence only pattern code and weight. The events
of an undone run are gone with it; that it was undone stands among the runs.
"""

from enum import StrEnum

from linkage.index.storage.engine import Engine

__all__ = ["EventKind", "record_changes", "record_retirements"]


class EventKind(StrEnum):
    """What happened to a child; `other` is the other child concerned, if there is one."""

    CREATED = "created"
    """It appeared, with `n_records`; the deciding link is the one that holds its loosest record."""
    JOINED = "joined"
    """A record that had no child came to it; the deciding link is that record's strongest."""
    UPDATED = "updated"
    """A record of it was sent anew with another content, and stayed."""
    LEFT = "left"
    """A record of it was deleted by its source."""
    MERGED = "merged"
    """It was joined into `other`, an older child, and its id is an alias from then on."""
    ABSORBED = "absorbed"
    """`other`, a younger child, was joined into it."""
    SPLIT = "split"
    """`n_records` of it went to `other`."""
    RECEIVED = "received"
    """`n_records` of `other` came to it when that one was split."""
    RETIRED = "retired"
    """Its last record left."""


# For each row the strongest live link to another row of the same child that was not of its own child before:
# the link that brought it there.
_DECIDING = """
    CREATE OR REPLACE TEMP TABLE deciding AS
    WITH pairs AS (
        SELECT l.left_row, l.right_row, l.pattern, l.weight, a.previous AS left_previous, b.previous AS right_previous
        FROM links l JOIN after a ON a.row_id = l.left_row JOIN after b ON b.row_id = l.right_row
        WHERE l.to_run IS NULL AND a.child_no = b.child_no AND (a.previous = -1 OR a.previous <> b.previous)),
    sides AS (
        SELECT left_row AS row_id, pattern, weight FROM pairs
        UNION ALL SELECT right_row, pattern, weight FROM pairs)
    SELECT row_id, max(weight) AS weight, arg_max(pattern, (weight, pattern)) AS pattern FROM sides GROUP BY row_id
"""

_MOVES = """
    CREATE OR REPLACE TEMP TABLE moves AS
    SELECT previous, child_no, count(*) AS n_records, max(weight) AS weight,
        arg_max(pattern, (weight, pattern)) AS pattern,
        (previous, child_no) IN (SELECT (loser, keeper) FROM mergers) AS is_merger
    FROM after LEFT JOIN deciding USING (row_id)
    WHERE previous <> -1 AND previous <> child_no GROUP BY previous, child_no
"""

_CREATED = """
    INSERT INTO events
    SELECT child_no, 'created', NULL, NULL, count(*),
        arg_min(pattern, (weight, pattern)), min(weight), ?, NULL
    FROM after LEFT JOIN deciding USING (row_id) WHERE child_no >= ? GROUP BY child_no
"""
_JOINED = """
    INSERT INTO events
    SELECT child_no, 'joined', NULL, row_id, 1, pattern, weight, ?, NULL
    FROM after LEFT JOIN deciding USING (row_id) WHERE previous = -1 AND child_no < ?
"""
_UPDATED = """
    INSERT INTO events
    SELECT a.child_no, 'updated', NULL, a.row_id, 1, NULL, NULL, ?, NULL
    FROM after a JOIN members m ON m.record_no = a.record_no AND m.to_run IS NULL
    WHERE a.previous = a.child_no AND m.row_id <> a.row_id
"""
_LEFT = """
    INSERT INTO events
    SELECT child_no, 'left', NULL, row_id, 1, NULL, NULL, ?, NULL FROM members
    SEMI JOIN gone USING (record_no) WHERE to_run IS NULL
"""
_MOVES_OUT = """
    INSERT INTO events
    SELECT previous, if(is_merger, 'merged', 'split'), child_no, NULL, n_records,
        if(is_merger, pattern, NULL), if(is_merger, weight, NULL), ?, NULL FROM moves
"""
_MOVES_IN = """
    INSERT INTO events
    SELECT child_no, if(is_merger, 'absorbed', 'received'), previous, NULL, n_records, pattern, weight, ?, NULL
    FROM moves
"""


def record_changes(engine: Engine, run_no: int, first_new: int) -> None:
    """Write down what the table ``after`` changes, before the members change.

    Reads ``after (row_id, record_no, previous, child_no)``, ``mergers (loser, keeper)`` and ``gone (record_no)``, the
    records that ended in this run; a child is new if its number is not below `first_new`.
    """
    engine.execute(_DECIDING)
    engine.execute(_MOVES)
    engine.execute(_CREATED, [run_no, first_new])
    engine.execute(_JOINED, [run_no, first_new])
    for statement in (_UPDATED, _LEFT, _MOVES_OUT, _MOVES_IN):
        engine.execute(statement, [run_no])
    engine.execute("DROP TABLE moves")
    engine.execute("DROP TABLE deciding")


def record_retirements(engine: Engine, run_no: int) -> None:
    """Write down which children ended in a run without being merged, after they were ended."""
    engine.execute(
        """INSERT INTO events SELECT child_no, 'retired', NULL, NULL, 0, NULL, NULL, ?, NULL
        FROM children WHERE to_run = ? AND merged_into IS NULL""",
        [run_no, run_no],
    )

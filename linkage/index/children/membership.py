"""Giving today's clusters their child ids, and writing down what became of yesterday's children."""

import secrets
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.index.children.history import record_changes, record_retirements
from linkage.index.children.identity import NONE, continue_children
from linkage.index.following.taken_over import awaken, former_children
from linkage.index.rules.known_pairs import dissolved_children
from linkage.index.storage.engine import Engine
from linkage.index.storage.record_ids import halves_of

__all__ = ["Membership", "assign_children"]

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Membership:
    """What became of the children, in numbers: of children, but `n_joined` and `n_left` are of records."""

    n_created: int
    n_merged: int
    n_split: int
    n_retired: int
    n_joined: int
    n_left: int


def assign_children(engine: Engine, run_no: int, rows: Integers, clusters: Integers) -> Membership:
    """Replace the children of some live rows by the clusters given; call it inside a transaction.

    Parameters
    ----------
    rows
        int64, shape (n,): live rows, each once. A child of which one live row is given must be given whole.
    clusters
        int64, shape (n,): the cluster of each row, any numbers.

    Raises
    ------
    ValueError
        If a row is not live, is given twice, or a child is given in part.
    """
    ordered = np.argsort(rows)
    with engine.table("given", pa.table({"given_row": rows[ordered], "cluster": clusters[ordered]})):
        before = engine.arrow(
            """SELECT given_row, cluster, r.record_no, coalesce(child_no, -1) AS child_no
            FROM given JOIN records r ON row_id = given_row AND r.to_run IS NULL
            LEFT JOIN members m ON m.record_no = r.record_no AND m.to_run IS NULL
            ORDER BY given_row"""
        )
        if before.num_rows != len(rows) or len(np.unique(rows)) != len(rows):
            raise ValueError(
                f"{len(rows)} rows given, {before.num_rows} of them live: expected live rows, each once"
            )
        _refuse_parts(engine)
    first_new = int(engine.value("SELECT value FROM counters WHERE name = 'next_child'"))
    previous = before["child_no"].to_numpy()
    former = former_children(engine, before["record_no"].to_numpy())
    dissolved = np.isin(previous, dissolved_children(engine))
    previous = np.where(dissolved, NONE, np.where(previous == NONE, former, previous))
    continuation = continue_children(
        before["cluster"].to_numpy(), previous, before["record_no"].to_numpy(), first_new=first_new
    )
    after = pa.table(
        {
            "row_id": before["given_row"],
            "record_no": before["record_no"],
            "previous": previous,
            "child_no": continuation.child_of_record,
        }
    )
    mergers = pa.table({"loser": continuation.merged, "keeper": continuation.merged_into})
    awaken(engine, run_no, former)
    _create_children(engine, run_no, first_new, continuation.n_new)
    engine.execute(_GONE, [run_no])
    with engine.table("after", after), engine.table("mergers", mergers):
        record_changes(engine, run_no, first_new)
        _replace_members(engine, run_no)
        _end_children(engine, run_no)
    engine.execute("DROP TABLE gone")
    record_retirements(engine, run_no)
    return _count(engine, run_no)


def _refuse_parts(engine: Engine) -> None:
    n_left_out = engine.value(
        """WITH asked AS MATERIALIZED (
            SELECT r.row_id, r.record_no FROM records r SEMI JOIN given ON r.row_id = given_row),
        touched AS MATERIALIZED (
            SELECT DISTINCT child_no FROM members m SEMI JOIN asked USING (record_no) WHERE m.to_run IS NULL),
        beside AS MATERIALIZED (
            SELECT record_no FROM members m SEMI JOIN touched USING (child_no) WHERE m.to_run IS NULL),
        left_out AS MATERIALIZED (SELECT record_no FROM beside ANTI JOIN asked USING (record_no))
        SELECT count(*) FROM records r SEMI JOIN left_out USING (record_no) WHERE r.to_run IS NULL"""
    )
    if n_left_out:
        raise ValueError(
            f"{n_left_out} live rows share a child with rows that were given, and were not given"
        )


def _create_children(engine: Engine, run_no: int, first: int, n: int) -> None:
    random = np.frombuffer(secrets.token_bytes(16 * n), dtype=np.uint8).reshape(n, 16)
    high, low = halves_of(random)
    with engine.table("fresh", pa.table({"no": first + np.arange(n), "high": high, "low": low})):
        engine.execute("INSERT INTO children SELECT no, high, low, NULL, ?, NULL FROM fresh", [run_no])
    engine.execute("UPDATE counters SET value = ? WHERE name = 'next_child'", [first + n])


# Of all members only those of the records that are given, or that ended in this run, are looked at: a night must not
# cost what the index costs. A record that ended earlier has no member any more, which publication checks.
_GONE = """
    CREATE OR REPLACE TEMP TABLE gone AS
    WITH ended AS MATERIALIZED (SELECT DISTINCT record_no FROM records WHERE to_run = ?)
    FROM ended ANTI JOIN (SELECT r.record_no FROM records r SEMI JOIN ended USING (record_no) WHERE r.to_run IS NULL)
    USING (record_no)
"""
_STAYING = """
    CREATE OR REPLACE TEMP TABLE staying AS
    SELECT m.record_no, m.row_id = a.row_id AND m.child_no = a.child_no AS is_same
    FROM members m JOIN after a USING (record_no) WHERE m.to_run IS NULL
"""
_OUTDATED = """
    UPDATE members SET to_run = ? FROM (
        SELECT record_no FROM staying WHERE NOT is_same UNION FROM gone) outdated
    WHERE members.record_no = outdated.record_no AND members.to_run IS NULL
"""
_NEW_MEMBERS = """
    INSERT INTO members SELECT row_id, record_no, child_no, ?, NULL FROM after
    ANTI JOIN (FROM staying WHERE is_same) kept USING (record_no)
"""
_EMPTY_CHILDREN = """
    UPDATE children SET to_run = $run FROM (
        WITH left_behind AS MATERIALIZED (SELECT DISTINCT child_no FROM members WHERE to_run = $run)
        FROM left_behind ANTI JOIN (
            SELECT m.child_no FROM members m SEMI JOIN left_behind USING (child_no) WHERE m.to_run IS NULL)
        USING (child_no)) AS emptied
    WHERE children.child_no = emptied.child_no AND children.to_run IS NULL
"""


def _replace_members(engine: Engine, run_no: int) -> None:
    engine.execute(_STAYING)
    engine.execute(_OUTDATED, [run_no])
    engine.execute(_NEW_MEMBERS, [run_no])
    engine.execute("DROP TABLE staying")


def _end_children(engine: Engine, run_no: int) -> None:
    engine.execute(
        """UPDATE children SET to_run = ?, merged_into = keeper FROM mergers WHERE child_no = loser""",
        [run_no],
    )
    engine.execute(_EMPTY_CHILDREN, {"run": run_no})


def _count(engine: Engine, run_no: int) -> Membership:
    counts = dict(engine.rows("SELECT kind, count(*) FROM events WHERE from_run = ? GROUP BY kind", [run_no]))
    kinds = ("created", "merged", "split", "retired", "joined", "left")
    return Membership(*(counts.get(kind, 0) for kind in kinds))

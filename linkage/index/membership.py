"""Giving today's clusters their child ids, and writing down what became of yesterday's children."""

import secrets
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.index.engine import Engine
from linkage.index.history import record_changes, record_retirements
from linkage.index.identity import NONE, continue_children
from linkage.index.known_pairs import dissolved_children
from linkage.index.record_ids import halves_of

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
    dissolved = np.isin(previous, dissolved_children(engine))
    previous = np.where(dissolved, NONE, previous)
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
    _create_children(engine, run_no, first_new, continuation.n_new)
    with engine.table("after", after), engine.table("mergers", mergers):
        record_changes(engine, run_no, first_new)
        _replace_members(engine, run_no)
        _end_children(engine, run_no)
    record_retirements(engine, run_no)
    return _count(engine, run_no)


def _refuse_parts(engine: Engine) -> None:
    n_left_out = engine.value(
        """WITH touched AS (
            SELECT DISTINCT child_no FROM given JOIN records r ON row_id = given_row
            JOIN members m ON m.record_no = r.record_no AND m.to_run IS NULL)
        SELECT count(*) FROM members m JOIN records r ON r.record_no = m.record_no AND r.to_run IS NULL
        WHERE m.to_run IS NULL AND m.child_no IN (FROM touched)
        AND r.row_id NOT IN (SELECT given_row FROM given)"""
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


def _replace_members(engine: Engine, run_no: int) -> None:
    engine.execute(
        """UPDATE members SET to_run = ? WHERE to_run IS NULL AND (
        record_no NOT IN (SELECT record_no FROM records WHERE to_run IS NULL)
        OR (record_no IN (SELECT record_no FROM after)
            AND (row_id, child_no) NOT IN (SELECT (row_id, child_no) FROM after)))""",
        [run_no],
    )
    engine.execute(
        """INSERT INTO members SELECT row_id, record_no, child_no, ?, NULL FROM after
        WHERE record_no NOT IN (SELECT record_no FROM members WHERE to_run IS NULL)""",
        [run_no],
    )


def _end_children(engine: Engine, run_no: int) -> None:
    engine.execute(
        """UPDATE children SET to_run = ?, merged_into = keeper FROM mergers WHERE child_no = loser""",
        [run_no],
    )
    engine.execute(
        """UPDATE children SET to_run = ? WHERE to_run IS NULL
        AND child_no NOT IN (SELECT child_no FROM members WHERE to_run IS NULL)""",
        [run_no],
    )


def _count(engine: Engine, run_no: int) -> Membership:
    counts = dict(engine.rows("SELECT kind, count(*) FROM events WHERE from_run = ? GROUP BY kind", [run_no]))
    kinds = ("created", "merged", "split", "retired", "joined", "left")
    return Membership(*(counts.get(kind, 0) for kind in kinds))

"""The tables of a snapshot, drawn from the store as of a run; their columns are described in `snapshot_files`.

Taking them is reading the store in one go: nothing may write to it meanwhile, which the writer's lock sees to.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.records import RecordFlag
from linkage.index.rules.known_pairs import any_known
from linkage.index.storage.engine import Engine

__all__ = ["heirs_of", "positions_of", "snapshot_tables"]

Numbers = npt.NDArray[np.int64]

_RECORDS = """
    SELECT source_no, record_high, record_low, m.child_no,
        if(s.source_no IS NULL, flags, flags | $shielded)::UTINYINT AS flags, row_id AS row
    FROM (FROM members {only}) m JOIN records r USING (row_id)
    LEFT JOIN shielded_records s USING (source_no, record_high, record_low)
    WHERE m.from_run <= $run AND (m.to_run IS NULL OR m.to_run > $run)
    ORDER BY source_no, record_high, record_low
"""
_CHILDREN = """
    SELECT id_high, id_low, child_no, from_run AS since_run FROM (FROM children {only})
    WHERE from_run <= $run AND (to_run IS NULL OR to_run > $run) ORDER BY id_high, id_low
"""
_ALIASES = """
    SELECT id_high, id_low, child_no, coalesce(merged_into, -1) AS merged_into FROM children
    WHERE to_run <= $run ORDER BY id_high, id_low
"""
# Only of children that can be asked for; sorted so that a child's events lie together, oldest first.
# Few events name a record or another child. Those that name neither are not joined to all records and children: their
# millions of NULLs would lie in one part of the hash table, which cannot be spilled.
_EVENTS = """
    WITH seen AS (
        SELECT e.* FROM events e SEMI JOIN (
            SELECT child_no FROM (FROM children {only})
            WHERE from_run <= $run AND (to_run IS NULL OR to_run > $run)
        ) c ON c.child_no = e.child_no
        WHERE e.from_run <= $run
    ), told AS (
        SELECT child_no, from_run, kind, other_child, row_id, n_records, pattern, weight,
            NULL::UBIGINT AS id_high, NULL::UBIGINT AS id_low, NULL::SMALLINT AS source_no,
            NULL::UBIGINT AS record_high, NULL::UBIGINT AS record_low
        FROM seen WHERE row_id IS NULL AND other_child IS NULL
        UNION ALL
        SELECT e.child_no, e.from_run, kind, other_child, e.row_id, n_records, pattern, weight, o.id_high, o.id_low,
            source_no, record_high, record_low
        FROM (SELECT * FROM seen WHERE row_id IS NOT NULL OR other_child IS NOT NULL) e
        LEFT JOIN records r ON r.row_id = e.row_id LEFT JOIN children o ON o.child_no = e.other_child
    )
    SELECT child_no, from_run AS run_no, kind, coalesce(id_high, 0)::UBIGINT AS other_high,
        coalesce(id_low, 0)::UBIGINT AS other_low, coalesce(source_no, -1)::SMALLINT AS source_no,
        coalesce(record_high, 0)::UBIGINT AS record_high, coalesce(record_low, 0)::UBIGINT AS record_low,
        n_records, pattern, weight
    FROM told ORDER BY child_no, run_no, kind, other_child, row_id
"""
_RUNS = """
    SELECT run_no, kind, status, started, finished, reason, metrics, model, log_entries, log_chain FROM runs
    WHERE run_no <= $run ORDER BY run_no
"""
# Children that hold two records that must be apart, or that lead from one severed record to the other: nothing of them
# is shown until they are linked again.
_UNSEPARATED = """
    WITH seen AS (
        SELECT child_no, source_no, record_high, record_low, (m.to_run IS NULL OR m.to_run > $run) AS is_shown
        FROM members m JOIN records USING (row_id) WHERE m.from_run <= $run),
    near AS (
        SELECT known_pairs.* FROM known_pairs
        JOIN seen a ON a.source_no = left_source AND a.record_high = left_high AND a.record_low = left_low
        JOIN seen b ON b.source_no = right_source AND b.record_high = right_high AND b.record_low = right_low
        WHERE lifted_at IS NULL AND a.child_no = b.child_no
        AND (kind = 'apart' AND a.is_shown AND b.is_shown OR kind = 'severed' AND (a.is_shown OR b.is_shown)))
    SELECT child_no FROM seen
    JOIN near ON source_no = left_source AND record_high = left_high AND record_low = left_low WHERE is_shown
    UNION SELECT child_no FROM seen
    JOIN near ON source_no = right_source AND record_high = right_high AND record_low = right_low WHERE is_shown
"""


_TOUCHED = "SEMI JOIN touched USING (child_no)"


def snapshot_tables(engine: Engine, run_no: int, only: Numbers | None = None) -> dict[str, pa.Table]:
    """Every table of a snapshot as of a run, by the name of its file.

    Parameters
    ----------
    only
        Numbers of children: those among them that are live, and the aliases that lead to one of them or are among
        them. By default all children. The runs are always all.
    """
    if only is None:
        return _tables(engine, run_no, "")
    with engine.table("touched", pa.table({"child_no": only})):
        tables = _tables(engine, run_no, _TOUCHED)
    known = np.isin(tables["aliases"]["child_no"].to_numpy(), only) | (
        tables["aliases"]["child"].to_numpy() >= 0
    )
    return tables | {"aliases": tables["aliases"].filter(pa.array(known))}


def _tables(engine: Engine, run_no: int, only: str) -> dict[str, pa.Table]:
    as_of = {"run": run_no}
    shielded = {**as_of, "shielded": int(RecordFlag.SHIELDED)}
    records = engine.arrow(_RECORDS.format(only=only), shielded)
    children, aliases = engine.arrow(_CHILDREN.format(only=only), as_of), engine.arrow(_ALIASES, as_of)
    numbers = children["child_no"].to_numpy()
    child = positions_of(numbers, records["child_no"].to_numpy())
    n_records = np.bincount(child, minlength=len(numbers))
    flags = np.zeros(len(numbers), dtype=np.uint8)
    np.bitwise_or.at(flags, child, records["flags"].to_numpy())
    if any_known(engine):
        unseparated = positions_of(numbers, engine.arrow(_UNSEPARATED, as_of)["child_no"].to_numpy())
        flags[unseparated[unseparated >= 0]] |= int(RecordFlag.SHIELDED)
    heirs = heirs_of(aliases["child_no"].to_numpy(), aliases["merged_into"].to_numpy())
    return {
        "records": records.set_column(3, "child", pa.array(child.astype(np.int32))),
        "children": children.append_column("first_member", pa.array(np.cumsum(n_records) - n_records))
        .append_column("n_records", pa.array(n_records.astype(np.int32)))
        .append_column("flags", pa.array(flags)),
        "members": pa.table({"record": np.argsort(child, kind="stable").astype(np.int32)}),
        "aliases": aliases.select(["id_high", "id_low", "child_no"]).append_column(
            "child", pa.array(positions_of(numbers, heirs).astype(np.int32))
        ),
        "events": engine.arrow(_EVENTS.format(only=only), as_of),
        "runs": engine.arrow(_RUNS, as_of),
    }


def positions_of(numbers: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Position of each wanted number among different numbers, none negative; -1 if it is not among them.

    By a table over all numbers, since children are numbered without large gaps.
    """
    table = np.full(max(numbers.max(initial=-1), wanted.max(initial=-1)) + 2, -1, dtype=np.int64)
    table[numbers] = np.arange(len(numbers))
    return table[wanted]  # -1 asks for the last entry, which no number has


def heirs_of(children: npt.NDArray[np.int64], merged_into: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The last child in the chain of mergers that begins with each child; -1 where the chain ends in retirement."""
    heirs = merged_into.copy()
    while True:
        place = positions_of(children, heirs)
        merged_again = place >= 0
        if not merged_again.any():
            return heirs
        heirs[merged_again] = merged_into[place[merged_again]]

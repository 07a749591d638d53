"""The tables of a snapshot, drawn from the live state of the store; their columns are described in `snapshot_files`.

Taking them is reading the store in one go: nothing may write to it meanwhile, which the writer's lock sees to.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.index.engine import Engine

__all__ = ["snapshot_tables"]

_RECORDS = """
    SELECT source_no, record_high, record_low, child_no, flags
    FROM members m JOIN records r USING (row_id) WHERE m.to_run IS NULL
    ORDER BY source_no, record_high, record_low
"""
_CHILDREN = """
    SELECT id_high, id_low, child_no, from_run AS since_run FROM children WHERE to_run IS NULL
    ORDER BY id_high, id_low
"""
_ALIASES = """
    SELECT id_high, id_low, child_no, coalesce(merged_into, -1) AS merged_into FROM children
    WHERE to_run IS NOT NULL ORDER BY id_high, id_low
"""
_EVENTS = """
    SELECT e.child_no, e.from_run AS run_no, kind, coalesce(o.id_high, 0)::UBIGINT AS other_high,
        coalesce(o.id_low, 0)::UBIGINT AS other_low,
        coalesce(source_no, -1)::SMALLINT AS source_no, coalesce(record_high, 0)::UBIGINT AS record_high,
        coalesce(record_low, 0)::UBIGINT AS record_low, n_records, pattern, weight
    FROM events e LEFT JOIN records r ON r.row_id = e.row_id LEFT JOIN children o ON o.child_no = e.other_child
    WHERE e.to_run IS NULL ORDER BY e.child_no, e.from_run, kind, other_child, e.row_id
"""
_RUNS = "SELECT run_no, kind, status, started, finished, reason, metrics, model FROM runs ORDER BY run_no"


def snapshot_tables(engine: Engine) -> dict[str, pa.Table]:
    """Every table of a snapshot, by the name of its file."""
    records, children = engine.arrow(_RECORDS), engine.arrow(_CHILDREN)
    numbers = children["child_no"].to_numpy()
    child = _positions(numbers, records["child_no"].to_numpy())
    flags = np.zeros(len(numbers), dtype=np.uint8)
    np.bitwise_or.at(flags, child, records["flags"].to_numpy())
    n_records = np.bincount(child, minlength=len(numbers))
    children = (
        children.append_column("first_member", pa.array(np.cumsum(n_records) - n_records))
        .append_column("n_records", pa.array(n_records.astype(np.int32)))
        .append_column("flags", pa.array(flags))
    )
    aliases = engine.arrow(_ALIASES)
    heirs = _heirs(aliases["child_no"].to_numpy(), aliases["merged_into"].to_numpy())
    return {
        "records": records.set_column(3, "child", pa.array(child.astype(np.int32))),
        "children": children,
        "members": pa.table({"record": np.argsort(child, kind="stable").astype(np.int32)}),
        "aliases": aliases.select(["id_high", "id_low"]).append_column(
            "child", pa.array(_positions(numbers, heirs).astype(np.int32))
        ),
        "events": engine.arrow(_EVENTS),
        "runs": engine.arrow(_RUNS),
    }


def _positions(numbers: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Position of each wanted number among different numbers, none negative; -1 if it is not among them.

    By a table over all numbers, since children are numbered without large gaps.
    """
    table = np.full(max(numbers.max(initial=-1), wanted.max(initial=-1)) + 2, -1, dtype=np.int64)
    table[numbers] = np.arange(len(numbers))
    return table[wanted]  # -1 asks for the last entry, which no number has


def _heirs(children: npt.NDArray[np.int64], merged_into: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The last child in the chain of mergers that begins with each child; -1 where the chain ends in retirement."""
    heirs = merged_into.copy()
    while True:
        place = _positions(children, heirs)
        merged_again = place >= 0
        if not merged_again.any():
            return heirs
        heirs[merged_again] = merged_into[place[merged_again]]

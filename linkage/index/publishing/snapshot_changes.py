"""Which children are not as they were in a base: what a night publishes, instead of everything.

Facts that belong to runs say so themselves: a child changed if a member, the child or an event of it began or ended
after the base's run. What people decided has no runs: every record that ever had a mark is compared with what the base
shows of it, and the children of known pairs always count as changed. A base is of no use once a run that it shows was
undone, or a record was erased: then everything is written anew.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.records import RecordFlag
from linkage.index.publishing.snapshot_layers import SnapshotLayer
from linkage.index.publishing.snapshot_tables import heirs_of, snapshot_tables
from linkage.index.storage.engine import Engine
from linkage.index.storage.record_ids import Halves

__all__ = ["Changes", "changes_since", "last_erasure", "may_be_base"]

Numbers = npt.NDArray[np.int64]

_CHANGED = """
    SELECT child_no FROM members WHERE from_run > $base OR to_run > $base
    UNION SELECT child_no FROM children WHERE from_run > $base OR to_run > $base
    UNION SELECT child_no FROM events WHERE from_run > $base
"""
_ALIASES = """
    SELECT child_no, coalesce(merged_into, -1) AS merged_into, to_run > $base AS is_new FROM children
    WHERE to_run IS NOT NULL
"""
_MARKED = """
    SELECT source_no, record_high, record_low, bool_or(lifted_at IS NULL) AS is_marked, false AS is_paired
    FROM shields GROUP BY ALL
    UNION ALL SELECT left_source, left_high, left_low, false, true FROM known_pairs
    UNION ALL SELECT right_source, right_high, right_low, false, true FROM known_pairs
"""


@dataclass(frozen=True, repr=False)
class Changes:
    """What changed since a base.

    Attributes
    ----------
    tables
        As `snapshot_tables` gives them, of the children that changed, and ``replaced``.
    n_records, n_children
        That are there, in the base and in the changes together.
    """

    tables: dict[str, pa.Table]
    n_records: int
    n_children: int


def may_be_base(engine: Engine, run_no: int, protection: int) -> bool:
    """Whether nothing that a snapshot of this run and state of decisions shows was undone or erased since."""
    n_undone = engine.value("SELECT count(*) FROM runs WHERE run_no <= ? AND undone_by > ?", [run_no, run_no])
    return not n_undone and protection >= last_erasure(engine)


def last_erasure(engine: Engine) -> int:
    """The state of decisions from which on what was erased last is gone; 0 if nothing was."""
    return int(engine.value("SELECT coalesce(max(value), 0) FROM counters WHERE name = 'erased'"))


def changes_since(
    engine: Engine, base: SnapshotLayer, base_run: int, run_no: int, largest: float
) -> Changes | None:
    """What is not as in the base, as of a run; None if that is more than a share of the base's records."""
    touched = np.union1d(_touched_by_runs(engine, base_run), _touched_by_people(engine, base))
    with engine.table("touched", pa.table({"child_no": touched})):
        ids = engine.arrow("SELECT id_high, id_low FROM children SEMI JOIN touched USING (child_no)")
    halves = Halves(ids["id_high"].to_numpy(), ids["id_low"].to_numpy())
    replaced = base.children.find_many(halves, "id_high", "id_low")
    replaced = np.sort(replaced[replaced >= 0])
    n_replaced = int(base.children["n_records"][replaced].sum())
    if max(n_replaced, len(touched)) > largest * len(base.records):
        return None
    tables = snapshot_tables(engine, run_no, touched)
    n_records = len(base.records) - n_replaced + tables["records"].num_rows
    n_children = len(base.children) - len(replaced) + tables["children"].num_rows
    if tables["records"].num_rows > largest * len(base.records):
        return None
    tables["replaced"] = pa.table({"child": pa.array(replaced.astype(np.int32))})
    return Changes(tables, n_records, n_children)


def _touched_by_runs(engine: Engine, base_run: int) -> Numbers:
    changed = engine.arrow(_CHANGED, {"base": base_run})["child_no"].to_numpy()
    aliases = engine.arrow(_ALIASES, {"base": base_run})
    heirs = heirs_of(aliases["child_no"].to_numpy(), aliases["merged_into"].to_numpy())
    heirs = heirs[aliases["is_new"].to_numpy(zero_copy_only=False)]
    return np.concatenate([changed, heirs[heirs >= 0]])


def _touched_by_people(engine: Engine, base: SnapshotLayer) -> Numbers:
    """Children of the base that hold a record of which it shows another mark than there is, or one of a known pair."""
    named = engine.arrow(_MARKED)
    sources = named["source_no"].to_numpy()
    marked = named["is_marked"].to_numpy(zero_copy_only=False)
    paired = named["is_paired"].to_numpy(zero_copy_only=False)
    high, low = named["record_high"].to_numpy(), named["record_low"].to_numpy()
    found = []
    for number in range(len(base.sources)):
        own = sources == number
        places = base.find_records(number, Halves(high[own], low[own]))
        there = places >= 0
        places = places[there]
        is_shown = (base.records["flags"][places] & int(RecordFlag.SHIELDED)) != 0
        differs = paired[own][there] | (is_shown != marked[own][there])
        found.append(base.children["child_no"][base.records["child"][places[differs]]])
    return np.concatenate([np.empty(0, dtype=np.int64), *found])

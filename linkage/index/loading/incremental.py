"""What a night must look at: the rows that can meet a new one, and the components that have to be resolved again."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from linkage.candidates.key_scan import rows_with_keys
from linkage.exchange.schema import Column
from linkage.index.rules.known_pairs import known_pairs, unsettled_rows
from linkage.index.storage.columns import ColumnFiles
from linkage.index.storage.engine import Engine
from linkage.index.storage.live_rows import children_of_records
from linkage.kernels import connected_components

__all__ = ["affected_rows", "rows_sharing_keys"]

Rows = npt.NDArray[np.int64]

_LIVE = "SELECT row_id FROM records WHERE to_run IS NULL ORDER BY row_id"
_LIVE_RECORDS = "SELECT row_id, record_no FROM records WHERE to_run IS NULL"
# What changed since a run: new rows; what was linked to a row that ended or was erased; what
# shared a child with one.
_SEEDS = """
    WITH ended AS (SELECT row_id FROM records WHERE to_run > $run)
    SELECT row_id FROM records WHERE to_run IS NULL AND from_run > $run
    UNION SELECT right_row FROM links JOIN ended ON left_row = row_id WHERE to_run > $run
    UNION SELECT left_row FROM links JOIN ended ON right_row = row_id WHERE to_run > $run
    UNION SELECT o.row_id FROM members m JOIN ended USING (row_id) JOIN members o USING (child_no)
        WHERE m.to_run IS NULL AND o.to_run IS NULL
    UNION SELECT row_id FROM disturbed JOIN records r USING (row_id)
        WHERE r.to_run IS NULL AND (settled IS NULL OR settled > $run)
"""
_LINKS = "SELECT left_row, right_row FROM links WHERE to_run IS NULL AND weight >= $least"


def rows_sharing_keys(
    engine: Engine, columns: ColumnFiles, spaces: Sequence[Sequence[Column]], rows: Rows, *, threads: int
) -> Rows:
    """Live rows, ascending, that share a key with one of the rows given, themselves included.

    Parameters
    ----------
    spaces
        The block columns of each space, each one word wide: keys of one space meet, of different spaces never.
    """
    found = np.zeros(columns.n_rows, dtype=np.bool_)
    found[rows] = True
    for space in spaces:
        views = [np.asarray(columns.column(column)).reshape(-1) for column in space]
        keys = np.concatenate([view[rows] for view in views])
        found |= rows_with_keys(views, keys, threads=threads)
    live = engine.arrow(_LIVE)["row_id"].to_numpy()
    return np.asarray(live[found[live]])


def affected_rows(engine: Engine, n_rows: int, since: int, minimum_weight: float) -> Rows:
    """Live rows, ascending, whose component must be resolved again since run `since`, which resolved all of them.

    A component is connected by live links of at least a weight, by known pairs that belong together, and by the
    children of the last publication: whole children are affected or none of their rows. The weight is that from which
    links join; weaker ones are evidence inside a component and lead to no other. Call it when the links of the open
    run are stored.
    """
    changed = engine.arrow(_SEEDS, {"run": since})["row_id"].to_numpy()
    seeds = np.concatenate([changed, unsettled_rows(engine)])
    known = known_pairs(engine).together
    links, live = engine.arrow(_LINKS, {"least": minimum_weight}), engine.arrow(_LIVE_RECORDS)
    rows = live["row_id"].to_numpy()
    row, other = _siblings(engine, rows, live["record_no"].to_numpy())
    label = connected_components(
        n_rows,
        np.concatenate([links["left_row"].to_numpy(), row, known[:, 0]]),
        np.concatenate([links["right_row"].to_numpy(), other, known[:, 1]]),
    )
    touched = np.zeros(n_rows, dtype=np.bool_)
    touched[label[seeds]] = True
    return np.asarray(np.sort(rows[touched[label[rows]]]))


def _siblings(engine: Engine, rows: Rows, records: Rows) -> tuple[Rows, Rows]:
    """Pairs of live rows, given with their records, that connect the rows of each child."""
    child = children_of_records(engine, int(records.max(initial=-1)) + 1)[records]
    rows, child = rows[child >= 0], child[child >= 0]
    representative = np.empty(int(child.max(initial=-1)) + 1, dtype=np.int64)
    representative[child] = rows
    other = representative[child]
    return rows[rows != other], other[rows != other]

"""Undoing runs: the state before, and the words that nobody needs any more."""

import numpy as np

from linkage.exchange.errors import IndexRefused
from linkage.index.rules.ageing import forget_archived
from linkage.index.rules.erasure import unsettle_disturbed
from linkage.index.rules.shielding import forget_marks
from linkage.index.storage.columns import ColumnFiles
from linkage.index.storage.engine import Engine
from linkage.index.storage.runs import RunStatus, begin_run
from linkage.index.storage.spans import RESULTS, STAGED, go_back

__all__ = ["scrub_orphans", "undo_runs"]


def undo_runs(engine: Engine, run_no: int) -> int:
    """Bring the store to the state before a run; the number of the run that records it, still open.

    Call it inside a transaction.

    Raises
    ------
    IndexRefused
        If there is no such run, or it was undone already.
    """
    found = engine.rows("SELECT status FROM runs WHERE run_no = ?", [run_no])
    if found == [(RunStatus.EARLIER,)]:
        raise IndexRefused(
            f"run {run_no} is of the index of an earlier epoch, whose records are not here: it cannot be undone"
        )
    if found in ([], [(RunStatus.UNDONE,)]):
        raise IndexRefused(f"there is no run {run_no} to undo; `childindex runs` lists them")
    go_back(engine, (*STAGED, *RESULTS), run_no)
    forget_marks(engine, run_no)
    forget_archived(engine, run_no)
    unsettle_disturbed(engine, run_no)
    engine.execute("UPDATE runs SET status = ? WHERE run_no >= ?", [RunStatus.UNDONE, run_no])
    number = begin_run(engine, "undo")
    engine.execute(
        "UPDATE runs SET undone_by = ? WHERE run_no >= ? AND run_no < ? AND undone_by IS NULL",
        [number, run_no, number],
    )
    engine.execute("UPDATE counters SET value = 1 WHERE name = 'scrub_pending'")
    return number


def scrub_orphans(engine: Engine, columns: ColumnFiles) -> None:
    """Overwrite the words of rows that no record has any more; repeated at the next opening if it is interrupted."""
    if not engine.value("SELECT value FROM counters WHERE name = 'scrub_pending'"):
        return
    orphaned = np.ones(columns.n_rows, dtype=np.bool_)
    orphaned[engine.arrow("SELECT row_id FROM records WHERE row_id >= 0")["row_id"].to_numpy()] = False
    columns.scrub(np.flatnonzero(orphaned))
    engine.execute("UPDATE counters SET value = 0 WHERE name = 'scrub_pending'")

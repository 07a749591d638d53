"""The evidence: pairs of rows that were emitted, each with its pattern and weight."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.index.storage.engine import Engine

__all__ = ["Links", "add_links", "end_all_links", "end_links_of_ended_rows", "live_links"]


@dataclass(frozen=True, repr=False)
class Links:
    """Pairs of rows with the evidence for them; all arrays of shape (n,).

    Attributes
    ----------
    left_rows, right_rows
        int64: row ids, ``left < right``.
    patterns
        int64: pattern codes.
    weights
        float32: match weights or log odds, log2.
    strata
        int16: the blocking stratum under which the pair was compared.
    """

    left_rows: npt.NDArray[np.int64]
    right_rows: npt.NDArray[np.int64]
    patterns: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    strata: npt.NDArray[np.int16]

    def __post_init__(self) -> None:
        shapes = {array.shape for array in vars(self).values()}
        if len(shapes) != 1 or len(self.left_rows.shape) != 1:
            raise ValueError(f"links: expected arrays of one shape (n,), got {sorted(shapes)}")
        if not bool((self.left_rows < self.right_rows).all()):
            raise ValueError("links: expected the lower row on the left of every pair")

    def __len__(self) -> int:
        return len(self.left_rows)

    def __repr__(self) -> str:
        return f"Links({len(self)} pairs)"


def add_links(engine: Engine, run_no: int, links: Iterable[Links]) -> int:
    """Store batches of links as of a run; how many there were."""
    n_links = 0
    for batch in links:
        table = pa.table({name: pa.array(array) for name, array in vars(batch).items()})
        with engine.table("emitted", table):
            n_links += engine.execute(
                """INSERT INTO links SELECT left_rows, right_rows, patterns, weights, strata, ?, NULL
                FROM emitted""",
                [run_no],
            )
    return n_links


def end_all_links(engine: Engine, run_no: int) -> int:
    """End every live link: a full run under a new model replaces all evidence. Returns how many ended."""
    return engine.execute("UPDATE links SET to_run = ? WHERE to_run IS NULL", [run_no])


def end_links_of_ended_rows(engine: Engine, run_no: int) -> None:
    """End every live link of which a row ended in this run."""
    engine.execute(
        """CREATE OR REPLACE TEMP TABLE broken AS
        WITH ended AS MATERIALIZED (SELECT row_id FROM records WHERE to_run >= ?)
        SELECT rowid AS link FROM links SEMI JOIN ended ON left_row = row_id WHERE to_run IS NULL
        UNION SELECT rowid FROM links SEMI JOIN ended ON right_row = row_id WHERE to_run IS NULL""",
        [run_no],
    )
    engine.execute("UPDATE links SET to_run = ? WHERE rowid IN (SELECT link FROM broken)", [run_no])
    engine.execute("DROP TABLE broken")


def live_links(
    engine: Engine, minimum_weight: float = -np.inf, rows: npt.NDArray[np.int64] | None = None
) -> Links:
    """Live links of at least a weight, ordered by left and right row; with `rows`, those between two of them."""
    if rows is None:
        table = engine.arrow(
            """SELECT left_row, right_row, pattern, weight, stratum FROM links
            WHERE to_run IS NULL AND weight >= ? ORDER BY left_row, right_row""",
            [minimum_weight],
        )
    else:
        with engine.table("among", pa.table({"row_id": rows})):
            table = engine.arrow(
                """SELECT left_row, right_row, pattern, weight, stratum FROM links
                SEMI JOIN among a ON left_row = a.row_id SEMI JOIN among b ON right_row = b.row_id
                WHERE to_run IS NULL AND weight >= ? ORDER BY left_row, right_row""",
                [minimum_weight],
            )
    return Links(*(np.asarray(table[name].to_numpy()) for name in table.column_names))

"""The live rows of an index: what there is to link."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.index.engine import Engine
from linkage.index.record_ids import Halves, joined_halves
from linkage.index.runs import last_published

__all__ = ["LiveRows", "read_live_rows", "read_record_ids"]


@dataclass(frozen=True, repr=False)
class LiveRows:
    """Live rows, ascending by row id; all arrays of shape (n,).

    Attributes
    ----------
    rows
        int64: row ids.
    sources
        int16: source numbers, positions in `Index.sources`.
    flags
        uint8: bits of `RecordFlag`.
    children
        int64: the child number that the record had so far, -1 if none.
    fresh
        bool: the row is new or changed since the last publication, or since the run that was asked for.
    """

    rows: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int16]
    flags: npt.NDArray[np.uint8]
    children: npt.NDArray[np.int64]
    fresh: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rows)


def read_live_rows(engine: Engine, since: int | None = None) -> LiveRows:
    """Every live row; fresh are those that began after run `since`, by default the last published one."""
    table = engine.arrow(
        """SELECT r.row_id, source_no, flags, coalesce(child_no, -1) AS child_no,
            r.from_run > ? AS fresh
        FROM records r LEFT JOIN members m ON m.record_no = r.record_no AND m.to_run IS NULL
        WHERE r.to_run IS NULL ORDER BY r.row_id""",
        [last_published(engine) if since is None else since],
    )
    return LiveRows(*(np.asarray(table[name].to_numpy()) for name in table.column_names))


def read_record_ids(engine: Engine, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """The record id of each row given, uint8, shape (len(rows), 16).

    Raises
    ------
    ValueError
        If there is no such row.
    """
    asked = pa.table({"place": np.arange(len(rows)), "row_id": rows})
    with engine.table("asked", asked):
        table = engine.arrow(
            "SELECT record_high, record_low FROM asked JOIN records USING (row_id) ORDER BY place"
        )
    if table.num_rows != len(rows):
        raise ValueError(f"{len(rows) - table.num_rows} of {len(rows)} rows do not exist")
    return joined_halves(Halves(table["record_high"].to_numpy(), table["record_low"].to_numpy()))

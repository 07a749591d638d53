"""The live rows of an index: what there is to link."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.index.storage.engine import Engine
from linkage.index.storage.record_ids import Halves, joined_halves
from linkage.index.storage.runs import last_published

__all__ = ["LiveRows", "children_of_records", "count_live", "read_live_rows", "read_record_ids"]


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
        "SELECT row_id, source_no, flags, record_no, from_run > ? AS fresh FROM records WHERE to_run IS NULL",
        [last_published(engine) if since is None else since],
    )
    rows, sources, flags, records = (table[name].to_numpy() for name in table.column_names[:4])
    fresh = table["fresh"].to_numpy(zero_copy_only=False)
    children = children_of_records(engine, int(records.max(initial=-1)) + 1)[records]
    # Rows are appended in their order, so there is mostly nothing to sort.
    order: npt.NDArray[np.int64] | slice = slice(None)
    if not bool((rows[1:] > rows[:-1]).all()):
        order = np.argsort(rows)
    return LiveRows(rows[order], sources[order], flags[order], children[order], fresh[order])


def count_live(engine: Engine, since: int | None = None) -> tuple[int, int]:
    """How many live rows there are, and how many of them are fresh, see `read_live_rows`."""
    n_live, n_fresh = engine.rows(
        "SELECT count(*), count(*) FILTER (WHERE from_run > ?) FROM records WHERE to_run IS NULL",
        [last_published(engine) if since is None else since],
    )[0]
    return int(n_live), int(n_fresh)


def children_of_records(engine: Engine, n_records: int) -> npt.NDArray[np.int64]:
    """The child of each record by its number, -1 if none: int64, shape (at least n_records,).

    A table over all numbers, which are given without gaps: joining the members of a nation to its records instead
    takes ten times as long.
    """
    members = engine.arrow("SELECT record_no, child_no FROM members WHERE to_run IS NULL")
    numbers = members["record_no"].to_numpy()
    children = np.full(max(n_records, int(numbers.max(initial=-1)) + 1), -1, dtype=np.int64)
    children[numbers] = members["child_no"].to_numpy()
    return children


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

"""Reading a truth file: which records belong to the same person, under the index's record ids."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from linkage.exchange.errors import InputRefused

__all__ = ["grouping_columns", "read_truth"]

MOST_GROUPS = 15
NAME_LENGTHS = ("forename_length", "surname_length")

NEEDED = ("source", "record_id", "entity_id")


def read_truth(truth: Path, id_maps: Sequence[Path]) -> pd.DataFrame:
    """Read a truth file, translated by the sources' record-id maps where they are given.

    Returns
    -------
    Data frame with ``source``, ``record_id`` (as at the unit), ``entity_id`` and whatever else the file holds.

    Raises
    ------
    InputRefused
        If a file cannot be read or lacks a column.
    """
    table = _read(truth, NEEDED)
    table["entity_id"] = table["entity_id"].astype(str)
    if not id_maps:
        return table
    maps = pd.concat([_read(path, ("source", "feed_record_id", "record_id")) for path in id_maps])
    # A delta's map repeats the records that it changed.
    maps = maps.drop_duplicates(["source", "feed_record_id", "record_id"])
    known = table.rename(columns={"record_id": "feed_record_id"})
    known["feed_record_id"] = known["feed_record_id"].astype(str).str.strip()
    return known.merge(maps, on=["source", "feed_record_id"], how="inner", validate="one_to_one")


def grouping_columns(facts: pd.DataFrame) -> Iterator[tuple[str, tuple[str, ...], npt.NDArray[np.int64]]]:
    """Ways to part records: columns of a truth file that have at least two and at most `MOST_GROUPS` values.

    Parameters
    ----------
    facts
        As `read_truth` gives them, in the order in which the codes are wanted.

    Yields
    ------
    The column, the names of its groups in order, and int64 (n,) the group of each record, -1 for none.
    """
    for column in facts.columns.difference([*NEEDED, "feed_record_id"]):
        values = facts[column]
        if column in NAME_LENGTHS:
            values = pd.cut(values, [0, 4, 7, 100], labels=["to 4", "5 to 7", "from 8"])
        codes, names = pd.factorize(values, sort=True)
        if 2 <= len(names) <= MOST_GROUPS:
            yield str(column), tuple(map(_label, names)), codes.astype(np.int64)


def _label(name: object) -> str:
    """A column of whole numbers with gaps is read as floating point; its groups are whole numbers all the same."""
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)


def _read(path: Path, needed: Sequence[str]) -> pd.DataFrame:
    try:
        table = pq.read_table(path) if path.suffix == ".parquet" else pa.csv.read_csv(path)
    except FileNotFoundError:
        raise InputRefused(f"{path}: there is no such file") from None
    except (pa.ArrowInvalid, OSError):
        raise InputRefused(f"{path}: expected a .parquet or .csv table, it cannot be read as one") from None
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        raise InputRefused(
            f"{path}: expected the columns {', '.join(needed)}, found {', '.join(table.column_names)}"
        )
    frame: pd.DataFrame = table.to_pandas()
    for name in ("source", "record_id"):
        frame[name] = frame[name].astype(str)
    return frame

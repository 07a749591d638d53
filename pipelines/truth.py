"""Reading a truth file: which records belong to the same person, under the index's record ids."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from linkage.exchange.errors import InputRefused
from linkage.exchange.plurals import counted
from pipelines.tables import read_columns

__all__ = ["grouping_columns", "read_truth"]

MOST_GROUPS = 15
NAME_LENGTHS = ("forename_length", "surname_length")

NEEDED = ("source", "record_id", "entity_id")
MAPPED = ("source", "feed_record_id", "record_id")
IDENTIFIERS = (*NEEDED, "feed_record_id")


def read_truth(truth: Path, id_maps: Sequence[Path]) -> pd.DataFrame:
    """Read a truth file, translated by the sources' record-id maps where they are given.

    Returns
    -------
    Data frame with ``source``, ``record_id`` (as at the unit), ``entity_id`` and whatever else the file holds; records
    whose entity is not told are left out.

    Raises
    ------
    InputRefused
        If a file cannot be read, lacks a column or names a record twice; the message tells rows, never a record.
    """
    table = read_columns(truth, NEEDED, text=IDENTIFIERS, what="records and their entities")
    _refuse_repeated(table, "record_id", truth)
    table = table[table["entity_id"] != ""]
    if not id_maps:
        return table
    maps = pd.concat([read_columns(path, MAPPED, text=MAPPED, what="record ids") for path in id_maps])
    # A delta's map repeats the records that it changed.
    maps = maps.drop_duplicates(list(MAPPED))
    known = table.rename(columns={"record_id": "feed_record_id"})
    _refuse_repeated(maps, "feed_record_id", id_maps[0] if len(id_maps) == 1 else "the record-id maps")
    return known.merge(maps, on=["source", "feed_record_id"], how="inner")


def _refuse_repeated(table: pd.DataFrame, identifier: str, where: Path | str) -> None:
    repeated = np.flatnonzero(table.duplicated(["source", identifier]))
    if len(repeated):
        raise InputRefused(
            f"{where}: {counted(len(repeated), 'row repeats', 'rows repeat')} a record of an earlier row, the first is"
            f" row {repeated[0] + 1}; leave one row for each record"
        )


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

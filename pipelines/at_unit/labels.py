"""Reading a file of judged pairs.

CSV or Parquet with the columns ``source_left, record_left, source_right, record_right, label``: names of sources,
record ids as the unit has them (32 hexadecimal digits) and ``yes``, ``no`` or ``unsure``. What is unsure is
left out. `childindex review --labels-from` writes such a file.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from linkage.analysis import JudgedPairs
from linkage.exchange.errors import InputRefused
from linkage.exchange.plurals import counted
from pipelines.tables import read_columns

__all__ = ["COLUMNS", "LABELS", "judged_pairs", "read_labels"]

COLUMNS = ("source_left", "record_left", "source_right", "record_right", "label")
LABELS = ("yes", "no", "unsure")


def read_labels(path: Path) -> pd.DataFrame:
    """Read judged pairs.

    Raises
    ------
    InputRefused
        If the file cannot be read, lacks a column or holds another label; the message names rows, never a record.
    """
    frame = read_columns(path, COLUMNS, text=COLUMNS, what="labels")[list(COLUMNS)]
    for name in ("label", "record_left", "record_right"):
        frame[name] = frame[name].str.lower()
    wrong = np.flatnonzero(~frame["label"].isin(LABELS))
    if len(wrong):
        raise InputRefused(
            f"{path}: expected yes, no or unsure as label; {counted(len(wrong), 'row has', 'rows have')} another,"
            f" the first is row {wrong[0] + 1}"
        )
    return frame


def judged_pairs(
    path: Path,
    sources: Sequence[str],
    source_numbers: npt.NDArray[np.int16],
    record_ids: npt.NDArray[np.uint8],
) -> JudgedPairs:
    """The pairs of a labels file of which both records are live; those that are unsure are left out.

    Parameters
    ----------
    path
        The file.
    sources
        Names, by source number.
    source_numbers, record_ids
        Of the live records: shapes (n,) and (n, 16).

    Raises
    ------
    InputRefused
        If the file cannot be used, judges a pair twice in different ways or a record with itself, or none of its
        pairs is in the index.
    """
    frame = read_labels(path)
    frame = frame[frame["label"] != "unsure"]
    ids = [identifier.tobytes().hex() for identifier in record_ids]
    names = np.array(sources)[source_numbers]
    places = pd.Series(np.arange(len(ids)), index=pd.MultiIndex.from_arrays([names, ids]))
    left, right = (_places(places, frame, side) for side in ("left", "right"))
    known = (left >= 0) & (right >= 0)
    if len(frame) and not known.any():
        raise InputRefused(
            f"{path}: none of its {counted(len(frame), 'pair')} is a pair of live records of the index;"
            " give record ids as they"
            " are at the unit"
        )
    lower, upper = np.minimum(left, right)[known], np.maximum(left, right)[known]
    if (lower == upper).any():
        raise InputRefused(
            f"{path}: {counted(int((lower == upper).sum()), 'pair names', 'pairs name')} one record twice"
        )
    is_match = frame["label"].eq("yes").to_numpy()[known]
    judged = pd.DataFrame({"left": lower, "right": upper, "match": is_match}).drop_duplicates()
    twice = int(judged.duplicated(["left", "right"]).sum())
    if twice:
        raise InputRefused(
            f"{path}: {counted(twice, 'pair is', 'pairs are')} judged both yes and no; keep one answer"
        )
    return JudgedPairs(*(judged[name].to_numpy() for name in ("left", "right", "match")))


def _places(places: "pd.Series[int]", frame: pd.DataFrame, side: str) -> npt.NDArray[np.int64]:
    """The live record that a side of each pair names, -1 where there is none."""
    asked = pd.MultiIndex.from_arrays([frame[f"source_{side}"], frame[f"record_{side}"]])
    return np.asarray(places.reindex(asked).fillna(-1), dtype=np.int64)

"""Pairs that people have judged, read from a file and counted by pattern, so that a fit can learn from them.

A table (.csv or .parquet) with the columns ``source_left, record_left, source_right, record_right, label``: record ids
as they are at the unit, and ``yes``, ``no`` or ``unsure``, which teaches nothing and is left out. Pairs
picked by their score, as in clerical review, do no harm: within a pattern the judged pairs are as good as random.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from linkage.comparison import ComparisonPlan, compare_pairs, pair_classes
from linkage.exchange.errors import InputRefused
from linkage.index import Index, LiveRows
from linkage.weights import LabelledCounts

__all__ = ["JudgedPairs", "judged_counts", "read_labels"]

COLUMNS = ("source_left", "record_left", "source_right", "record_right", "label")
ANSWERS = {"yes": True, "no": False}
UNSURE = "unsure"


@dataclass(frozen=True, repr=False)
class JudgedPairs:
    """Judged pairs of live records.

    `left` and `right` are int64 (n,) positions among the live rows, `is_match` bool (n,).
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    is_match: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.left)


def read_labels(path: Path, index: Index, live: LiveRows) -> JudgedPairs:
    """Read judged pairs and find their records.

    Raises
    ------
    InputRefused
        If the file cannot be read, lacks a column, holds an answer other than yes and no, judges a pair twice in
        different ways or a record with itself, or names no two live records of the index.
    """
    table = _read(path)
    sides = [_positions(table, side, index, live) for side in ("left", "right")]
    known = (sides[0] >= 0) & (sides[1] >= 0)
    if not known.any():
        raise InputRefused(
            f"{path}: none of its {len(table):,} pairs is a pair of live records of the index; give record ids as they"
            " are at the unit"
        )
    left, right = np.minimum(*sides)[known], np.maximum(*sides)[known]
    if (left == right).any():
        raise InputRefused(f"{path}: {int((left == right).sum()):,} pairs name one record twice")
    judged = pd.DataFrame({"left": left, "right": right, "match": table["match"].to_numpy()[known]})
    judged = judged.drop_duplicates()
    twice = int(judged.duplicated(["left", "right"]).sum())
    if twice:
        raise InputRefused(f"{path}: {twice:,} pairs are judged both yes and no; keep one answer")
    return JudgedPairs(
        judged["left"].to_numpy(np.int64),
        judged["right"].to_numpy(np.int64),
        judged["match"].to_numpy(np.bool_),
    )


def judged_counts(judged: JudgedPairs, index: Index, live: LiveRows, plan: ComparisonPlan) -> LabelledCounts:
    """Count judged pairs by pair class and pattern."""
    rows, place = np.unique(np.concatenate([judged.left, judged.right]), return_inverse=True)
    words = index.words(live.rows[rows])
    codes = compare_pairs(words, place[: len(judged)], place[len(judged) :], plan)
    classes = pair_classes(len(index.sources))[live.sources[judged.left], live.sources[judged.right]]
    n_classes = int(pair_classes(len(index.sources)).max()) + 1
    cells = classes * plan.n_patterns + codes
    matches, others = (
        np.bincount(cells[chosen], minlength=n_classes * plan.n_patterns).reshape(n_classes, plan.n_patterns)
        for chosen in (judged.is_match, ~judged.is_match)
    )
    return LabelledCounts(matches.astype(np.int64), others.astype(np.int64))


def _positions(table: pd.DataFrame, side: str, index: Index, live: LiveRows) -> npt.NDArray[np.int64]:
    """The live record that a side of each pair names, -1 where there is none."""
    ids = [identifier.tobytes().hex() for identifier in index.record_ids(live.rows)]
    records = pd.DataFrame(
        {
            f"source_{side}": np.array(index.sources)[live.sources],
            f"record_{side}": ids,
            "position": np.arange(len(live.rows)),
        }
    )
    merged = table.merge(records, on=[f"source_{side}", f"record_{side}"], how="left")
    return merged["position"].fillna(-1).to_numpy(np.int64)


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            table = pq.read_table(path)
        else:
            as_text = pa.csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()))
            table = pa.csv.read_csv(path, convert_options=as_text)
    except FileNotFoundError:
        raise InputRefused(f"{path}: there is no such file of labels") from None
    except (pa.ArrowInvalid, OSError):
        raise InputRefused(f"{path}: expected a .parquet or .csv table, it cannot be read as one") from None
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise InputRefused(f"{path}: expected the columns {', '.join(COLUMNS)}; {', '.join(missing)} missing")
    frame: pd.DataFrame = table.select(list(COLUMNS)).to_pandas().astype(str)
    frame["record_left"] = frame["record_left"].str.strip().str.lower()
    frame["record_right"] = frame["record_right"].str.strip().str.lower()
    answers = frame["label"].str.strip().str.lower()
    frame["match"] = answers.map(ANSWERS)
    # What a reviewer could not tell teaches nothing.
    frame = frame[answers != UNSURE].reset_index(drop=True)
    wrong = int(frame["match"].isna().sum())
    if wrong:
        raise InputRefused(f"{path}: {wrong:,} rows have another label than yes, no or unsure")
    return frame

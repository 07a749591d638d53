"""Small tables that people bring: the truth, record-id maps, judged pairs."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from linkage.exchange.errors import InputRefused

__all__ = ["read_columns"]


def read_columns(path: Path, needed: Sequence[str], *, text: Sequence[str], what: str) -> pd.DataFrame:
    """Read a CSV or Parquet file that has certain columns and perhaps others.

    Parameters
    ----------
    path
        The file; anything but ``.parquet`` is read as CSV in UTF-8 with a comma.
    needed
        Columns that have to be there.
    text
        Columns read as text, spaces around it removed, whatever they look like (007 and 7 are two records); a missing
        value is empty.
    what
        What the rows are, for messages.

    Raises
    ------
    InputRefused
        If the file is not there, is no table or lacks a column. What it has instead of the columns is not repeated: a
        file without a line of names begins with a record.
    """
    try:
        as_text = pa.csv.ConvertOptions(column_types=dict.fromkeys(text, pa.string()))
        is_parquet = path.suffix == ".parquet"
        table = pq.read_table(path) if is_parquet else pa.csv.read_csv(path, convert_options=as_text)
    except FileNotFoundError:
        raise InputRefused(f"{path}: there is no such file of {what}") from None
    except (pa.ArrowInvalid, OSError):
        raise InputRefused(f"{path}: expected a .csv or .parquet table of {what}") from None
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        raise InputRefused(
            f"{path}: expected a first line that names the columns {', '.join(needed)};"
            f" {', '.join(missing)} missing"
        )
    frame: pd.DataFrame = table.to_pandas()
    for name in frame.columns.intersection(list(text)):
        frame[name] = frame[name].astype("string").fillna("").astype(str).str.strip()
    return frame

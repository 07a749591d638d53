"""What is refused in any feed, whatever the format of its file."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from linkage.exchange.errors import FeedRefused

__all__ = ["check_columns", "checked"]

_MOST_NAMES_SHOWN = 60
# No value of a child's record has more lines than this; a quotation mark that was never closed has.
_MOST_LINES = 20


def check_columns(
    path: str, present: Sequence[str], wanted: Sequence[str], *, may_be_a_record: bool = False
) -> None:
    """Refuse a feed that lacks a column or names one twice.

    Parameters
    ----------
    path
        The feed, for the message.
    present, wanted
        Names of columns.
    may_be_a_record
        Whether `present` is what stands in the place of a header: a file may have none, and a table that was made of
        such a file has a record's values for names. They are shown only if one of them was asked for, or two of
        them look like names that were, since otherwise they may be somebody's data.

    Raises
    ------
    FeedRefused
        Naming the columns at fault, those that exist, and what may have been meant.
    """
    missing = [name for name in wanted if name not in present]
    meant = {name: _closest(name, present) for name in missing}
    is_like = len({near for near in meant.values() if near}) >= min(2, len(wanted))
    if may_be_a_record and missing and len(missing) == len(wanted) and not is_like:
        raise FeedRefused(
            f"{path}: missing columns: none of {_listed(missing)} is among the {len(present)} of the header, which is"
            " not shown, since it may be a record; add a header, or correct the columns of the source or its delimiter"
            " in the specification"
        )
    if missing:
        wanting = "; ".join(
            f"{name!r}" + (f" (did you mean {meant[name]!r}?)" if meant[name] else "") for name in missing
        )
        raise FeedRefused(
            f"{path}: missing columns: {wanting}; the feed has {_listed(present)}; correct the columns of the source"
            " in the specification"
        )
    repeated = sorted({name for name in present if name and present.count(name) > 1})
    if repeated:
        raise FeedRefused(
            f"{path}: duplicate column names: {_listed(repeated)}; rename one of each in the header"
        )


def checked(batches: Iterator[pa.RecordBatch], path: str) -> Iterator[pa.RecordBatch]:
    """Pass batches on, refusing values that hold a NUL or run over too many lines."""
    n_rows = 0
    for batch in batches:
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if pa.types.is_string(column.type):
                _check_text(column, name, path, n_rows)
        n_rows += batch.num_rows
        yield batch


def _check_text(column: "pa.Array[Any]", name: str, path: str, n_rows_before: int) -> None:
    data = column.buffers()[2]
    if data is None:
        return
    characters = np.frombuffer(data, np.uint8)
    if (characters == 0).any():
        holds = pc.match_substring(column, "\0")
        if pc.any(holds).as_py():
            raise FeedRefused(
                f"{path}: row {_first_row(holds, n_rows_before)}: column {name!r} holds a NUL character; export the"
                " feed again as text"
            )
    if np.count_nonzero(characters == ord("\n")) > _MOST_LINES:
        too_long = pc.greater(pc.count_substring(column, "\n"), _MOST_LINES)
        if pc.any(too_long).as_py():
            raise FeedRefused(
                f"{path}: row {_first_row(too_long, n_rows_before)}: the value of column {name!r} runs over more than"
                f" {_MOST_LINES} lines; close the quotation mark that begins it"
            )


def _first_row(flags: pa.BooleanArray, n_rows_before: int) -> int:
    return n_rows_before + int(np.flatnonzero(flags.fill_null(False).to_numpy(zero_copy_only=False))[0]) + 1


def _closest(name: str, present: Sequence[str]) -> str | None:
    """The column that was probably meant, by spelling without regard to case, blanks and underscores."""
    plain = {_plain(other): other for other in present if other}
    close = get_close_matches(_plain(name), plain, n=1, cutoff=0.75)
    return plain[close[0]] if close else None


def _plain(name: str) -> str:
    return name.casefold().replace(" ", "_").strip("_")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_MOST_NAMES_SHOWN])
    more = len(names) - _MOST_NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown

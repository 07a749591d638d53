"""Columns of any simple type as text, or as dates where the type says that they are dates.

Numbers lose a fraction of zero (a whole-number column with gaps is often stored as floating point), and not-a-number
is missing. Time stamps keep their day, by the clock of their own time zone.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from linkage.exchange.errors import FeedRefused

__all__ = ["as_text_or_dates"]

_WHOLE_LIMIT = 2.0**53


def as_text_or_dates(column: "pa.Array[Any] | pa.ChunkedArray[Any]", *, name: str) -> "pa.Array[Any]":
    """Read a column as strings (`pa.string`) or dates (`pa.date32`).

    Parameters
    ----------
    column
        Strings, dictionaries of them, binary UTF-8, numbers, booleans, dates, time stamps; nulls are kept.
    name
        The column's or field's name, for the message.

    Raises
    ------
    FeedRefused
        If the type has no plain text (lists, structures, maps), or the bytes are not UTF-8.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = array.type
    if kind == pa.string() or kind == pa.date32():
        return array
    if pa.types.is_dictionary(kind):
        return as_text_or_dates(array.dictionary_decode(), name=name)
    if pa.types.is_nested(kind):
        raise FeedRefused(
            f"column {name!r}: expected text, numbers or dates, got {kind}; flatten it into plain columns"
        )
    try:
        return _cast(array)
    except pa.ArrowException:
        # Arrow's message may quote the value.
        raise FeedRefused(
            f"column {name!r}: its type {kind} holds values that cannot be read as text; store it as text"
        ) from None


def _cast(array: "pa.Array[Any]") -> "pa.Array[Any]":
    kind = array.type
    if pa.types.is_null(kind):
        return pa.nulls(len(array), pa.string())
    if pa.types.is_date(kind):
        return array.cast(pa.date32())
    if pa.types.is_timestamp(kind):
        local = pc.local_timestamp(array) if kind.tz is not None else array
        return local.cast(pa.date32(), safe=False)
    if pa.types.is_floating(kind):
        return _floating_text(array.cast(pa.float64()))
    if pa.types.is_decimal(kind):
        return _floating_text(array.cast(pa.float64(), safe=False))
    return array.cast(pa.string())


def _floating_text(array: pa.DoubleArray) -> pa.StringArray:
    array = pc.if_else(pc.is_finite(array), array, pa.scalar(None, pa.float64()))
    whole = pc.and_(pc.equal(pc.floor(array), array), pc.less(pc.abs(array), _WHOLE_LIMIT))
    as_whole = pc.if_else(whole, array, pa.scalar(None, pa.float64())).cast(pa.int64()).cast(pa.string())
    return pc.coalesce(as_whole, array.cast(pa.string()))

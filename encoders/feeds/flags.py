"""What a source says about a record beside its content, from columns of its feed: flags, and deletions."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.exchange.errors import FeedRefused
from linkage.exchange.plurals import counted
from linkage.exchange.records import RecordFlag
from linkage.exchange.specification.model import SourceRule
from linkage.exchange.specification.people import FlagRule

__all__ = ["deletions_of", "flag_columns", "flags_of"]


def flag_columns(source: SourceRule) -> list[str]:
    """The columns of the feed that set flags."""
    return [rule.column for rule in (source.shielded, source.later_age) if rule is not None]


def deletions_of(batch: pa.RecordBatch, source: SourceRule, first_row: int) -> npt.NDArray[np.bool_]:
    """Whether each row deletes its record: bool, shape (n,); none does where the source names no such column.

    Raises
    ------
    FeedRefused
        As `flags_of`.
    """
    if source.operation is None or source.operation.column not in batch.schema.names:
        return np.zeros(batch.num_rows, dtype=np.bool_)
    return _is_set(batch, source.operation, first_row)


def flags_of(batch: pa.RecordBatch, source: SourceRule, first_row: int) -> npt.NDArray[np.uint8]:
    """The flags of each row: uint8, shape (n,), bits of `RecordFlag`.

    Parameters
    ----------
    first_row
        Number of the batch's first row in the feed, from 1.

    Raises
    ------
    FeedRefused
        If a cell holds a value that the specification does not name; the message says which row, not what.
    """
    flags = np.zeros(batch.num_rows, dtype=np.uint8)
    for rule, flag in ((source.shielded, RecordFlag.SHIELDED), (source.later_age, RecordFlag.LATER_AGE)):
        if rule is not None:
            flags[_is_set(batch, rule, first_row)] |= int(flag)
    return flags


def _is_set(batch: pa.RecordBatch, rule: FlagRule, first_row: int) -> npt.NDArray[np.bool_]:
    cells = batch.column(rule.column).cast(pa.string())
    values = pc.utf8_lower(pc.utf8_trim_whitespace(pc.fill_null(cells, "")))
    is_set, is_clear = (
        np.asarray(
            pc.is_in(values, value_set=pa.array([text.strip().lower() for text in named], pa.string()))
        )
        for named in (rule.values, rule.otherwise)
    )
    unknown = np.flatnonzero(~is_set & ~is_clear)
    if len(unknown):
        raise FeedRefused(
            f"column {rule.column!r}, row {first_row + int(unknown[0])}: the value is neither among 'values' nor among"
            f" 'otherwise' of the specification ({counted(len(unknown), 'such row')}); name every"
            " spelling there, or correct the"
            " feed"
        )
    return is_set

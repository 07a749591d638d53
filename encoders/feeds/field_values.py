"""The values of a field of the specification, from the columns in which a source keeps it."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from encoders.feeds.feed import join_columns
from encoders.feeds.name_parts import part_of_names
from linkage.exchange.specification.model import NamePart, SourceRule

__all__ = ["field_values", "read_columns"]


def field_values(batch: pa.RecordBatch, source: SourceRule, field: str) -> "pa.Array[Any]":
    """The values as they stand in the feed, row by row; null where all cells are empty.

    Parameters
    ----------
    batch
        Rows of the feed with at least the field's columns.
    source
        The source's own section of the specification.
    field
        One that the source has.
    """
    return read_columns(batch, source.columns_of(field), source.part_of(field))


def read_columns(batch: pa.RecordBatch, columns: Sequence[str], part: NamePart | None) -> "pa.Array[Any]":
    """The values of columns joined by a blank, or a part of the names that they hold."""
    values = join_columns(batch, columns)
    return values if part is None else part_of_names(values, part)

"""The columns that may leave a source, and nothing else.

A record after encoding is its id, an operation, a few flags, and a row of 64-bit words. Each filter, exact token
and blocking key has a fixed place and a fixed width in that row, so a reader needs no description from the sender:
it knows every length from its own specification. An all-zero column is a missing value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

__all__ = ["RECORD_ID_BYTES", "WORD_BYTES", "Column", "ColumnKind", "RecordSchema"]

RECORD_ID_BYTES = 16
WORD_BYTES = 8


class ColumnKind(StrEnum):
    """What a column of the row of words holds."""

    FILTER = "filter"
    INCOMPLETE = "incomplete"
    """A filter of the same name of records that lack one of its fields; either this or the filter is all zero."""
    TOKEN = "token"
    BLOCK = "block"
    COHORT = "cohort"
    ID = "id"
    """Of no record: the one column of a translation, see `translations`."""


@dataclass(frozen=True)
class Column:
    """One fixed-width column of a record's row of words.

    Attributes
    ----------
    kind, name
        Together the column's identity, written ``filter.surname``.
    n_words
        Width in 64-bit words.
    offset
        Position of its first word inside the row.
    """

    kind: ColumnKind
    name: str
    n_words: int
    offset: int

    @property
    def label(self) -> str:
        """The name by which the column travels, such as ``filter.surname``."""
        return f"{self.kind}.{self.name}"

    @property
    def stop(self) -> int:
        """Position behind its last word."""
        return self.offset + self.n_words


@dataclass(frozen=True)
class RecordSchema:
    """The allow-list of columns, in the order in which they lie in a row."""

    columns: tuple[Column, ...]

    @classmethod
    def of(cls, widths: list[tuple[ColumnKind, str, int]]) -> "RecordSchema":
        """Lay out ``(kind, name, n_words)`` one behind the other."""
        columns, offset = [], 0
        for kind, name, n_words in widths:
            columns.append(Column(kind, name, n_words, offset))
            offset += n_words
        return cls(tuple(columns))

    @property
    def n_words(self) -> int:
        """Words in a row."""
        return self.columns[-1].stop if self.columns else 0

    def of_kind(self, kind: ColumnKind) -> Iterator[Column]:
        """The columns of one kind, in order."""
        return (column for column in self.columns if column.kind == kind)

    def column(self, kind: ColumnKind, name: str) -> Column:
        """Find a column.

        Raises
        ------
        KeyError
            If there is none of that kind and name.
        """
        for column in self.columns:
            if column.kind == kind and column.name == name:
                return column
        raise KeyError(f"{kind}.{name}")

    def arrow_schema(self) -> pa.Schema:
        """The same columns as an Arrow schema, for lakes and data frames; no column admits nulls."""
        fields = [
            pa.field("record_id", pa.binary(RECORD_ID_BYTES), nullable=False),
            pa.field("operation", pa.uint8(), nullable=False),
            pa.field("flags", pa.uint8(), nullable=False),
        ]
        fields += [
            pa.field(column.label, pa.binary(WORD_BYTES * column.n_words), nullable=False)
            for column in self.columns
        ]
        return pa.schema(fields)

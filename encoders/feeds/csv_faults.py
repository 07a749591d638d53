"""Finding the row at fault in a CSV file that could not be read: slow, exact, and run only after a failure."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from encoders.feeds.packed_files import open_bytes
from linkage.exchange.plurals import counted

__all__ = ["Examined", "examine"]

# A lone surrogate, which no decoder lets through, stands for bytes that are no characters of the encoding.
_FAULTY = "\udc80"
_MARK_FAULTY = "childindex-mark-faulty"
codecs.register_error(_MARK_FAULTY, lambda error: (_FAULTY, getattr(error, "end", 0)))


@dataclass(frozen=True)
class Examined:
    """What was found in a CSV file.

    Parameters
    ----------
    n_rows
        Rows up to the fault, or to the end.
    fault
        The message, without any value; none if nothing is wrong.
    """

    n_rows: int
    fault: str | None


def examine(path: Path, encoding: str, delimiter: str, names: Sequence[str]) -> Examined:
    """Read a CSV file row by row up to its first fault.

    Parameters
    ----------
    path
        The file.
    encoding
        One of Python's; bytes that do not decode are told apart.
    delimiter
        One character.
    names
        The columns of the header.

    Returns
    -------
    Examined
        Rows are counted from 1, the first after the header, without blank lines.
    """
    n_rows = 0
    with io.TextIOWrapper(open_bytes(path), encoding=encoding, errors=_MARK_FAULTY, newline="") as file:
        rows = _rows(csv.reader(file, delimiter=delimiter, strict=True))
        next(rows, None)
        for row in rows:
            n_rows += 1
            fault = _quotation_fault() if row is None else _fault(row, names, encoding)
            if fault is not None:
                return Examined(n_rows, f"{path}: row {n_rows}: {fault}")
    return Examined(n_rows, None)


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str] | None]:
    """The rows that are not blank, then None if the quotation breaks down."""
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield None
            return
        if row:
            yield row


def _quotation_fault() -> str:
    return (
        "its quotation marks do not balance, or a value is longer than any should be; close the mark left open, and"
        " double those inside a quoted value"
    )


def _fault(row: Sequence[str], names: Sequence[str], encoding: str) -> str | None:
    for position, cell in enumerate(row):
        column = f"column {names[position]!r}" if position < len(names) else f"column number {position + 1}"
        if "\0" in cell:
            return f"{column} holds a NUL character; export the feed again as text"
        if _FAULTY in cell:
            return f"{column} {_encoding_fault(encoding)}"
    if len(row) != len(names):
        return (
            f"expected {counted(len(names), 'column')}, got {len(row)}; quote a value that holds the"
            " delimiter, and write every"
            " row with all its columns"
        )
    return None


def _encoding_fault(encoding: str) -> str:
    name = encoding.removesuffix("-sig").removesuffix("-le").upper()
    other = "Windows-1252 (cp1252)" if name == "UTF-8" else "UTF-8"
    return f"is not valid {name}; is the feed {other}? set encoding of the source in the specification, or convert it"

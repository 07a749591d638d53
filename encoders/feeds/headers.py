"""The column names of a feed whose encoding and delimiter nobody has told yet."""

import codecs
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from encoders.feeds.csv_files import first_line, split_header
from encoders.feeds.feed import CSV_SUFFIXES, PARQUET_SUFFIXES, open_feed
from encoders.feeds.parquet_files import ParquetSource

__all__ = ["Header", "read_header"]

_BLOCK_BYTES = 1 << 20


class Header(NamedTuple):
    """Column names, and what it takes to read the file; `delimiter` is None for Parquet."""

    names: tuple[str, ...]
    encoding: str
    delimiter: str | None


def read_header(path: Path) -> Header:
    """Column names of a feed; its encoding is UTF-8, or Windows-1252 where its bytes are not UTF-8.

    Raises
    ------
    FeedRefused
        If the file is not there, has no header or another extension.
    """
    suffix = path.suffix.lower()
    if not path.is_file() or suffix not in CSV_SUFFIXES + PARQUET_SUFFIXES:
        open_feed(path, columns=())  # says what is wrong with the path
    if suffix in PARQUET_SUFFIXES:
        ParquetSource(path, (), 1).close()  # and this with the file
        return Header(tuple(pq.read_schema(path).names), "utf-8", None)
    encoding = "utf-8-sig" if _is_utf8(path) else "cp1252"
    delimiter, names = split_header(first_line(path, encoding), (), None)
    return Header(tuple(names), encoding.removesuffix("-sig"), delimiter)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK_BYTES):
                decoder.decode(block)
        except UnicodeDecodeError:
            return False
    return True

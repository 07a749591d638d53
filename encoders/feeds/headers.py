"""The column names of a feed whose encoding and delimiter nobody has told yet."""

import codecs
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from encoders.feeds.csv_files import codec_of, first_line, split_header
from encoders.feeds.feed import PARQUET_SUFFIXES, is_feed, open_feed
from encoders.feeds.packed_files import open_bytes, plain_suffix
from encoders.feeds.parquet_files import ParquetSource

__all__ = ["Header", "read_header"]

_BLOCK_BYTES = 1 << 20


class Header(NamedTuple):
    """Column names, and what it takes to read the file; `delimiter` is None for Parquet."""

    names: tuple[str, ...]
    encoding: str
    delimiter: str | None


def read_header(path: Path) -> Header:
    """Column names of a feed; its encoding is found out, UTF-8, UTF-16 or else Windows-1252.

    Raises
    ------
    FeedRefused
        If the file is not there, has no header or another extension.
    """
    suffix = plain_suffix(path)
    if not path.is_file() or not is_feed(path):
        open_feed(path, columns=())  # says what is wrong with the path
    if suffix in PARQUET_SUFFIXES:
        ParquetSource(path, (), 1).close()  # and this with the file
        return Header(tuple(pq.read_schema(path).names), "utf-8", None)
    encoding = "utf-16" if _is_utf16(path) else "utf-8" if _is_utf8(path) else "cp1252"
    delimiter, names = split_header(first_line(path, codec_of(path, encoding)), (), None)
    return Header(tuple(name.strip() for name in names), encoding, delimiter)


def _is_utf16(path: Path) -> bool:
    """Whether a mark says so, or the second halves of plain letters do."""
    with open_bytes(path) as file:
        start = file.read(_BLOCK_BYTES)
    halves = start[1::2]
    return start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or 2 * halves.count(0) > len(halves)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_bytes(path) as file:
        try:
            while block := file.read(_BLOCK_BYTES):
                decoder.decode(block)
        except UnicodeDecodeError:
            return False
    return True

"""A feed in a CSV file: a header line, then records, quoted as usual (RFC 4180), values may run over lines."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from encoders.feeds.checks import check_columns
from encoders.feeds.csv_faults import examine
from encoders.feeds.packed_files import open_bytes, position
from linkage.exchange.errors import FeedRefused

__all__ = ["ENCODINGS", "CsvSource", "codec_of", "first_line", "split_header"]

ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16")
_DELIMITERS = (",", ";", "\t", "|")
_UTF16 = ("utf-16", "utf-16-le")
_BLOCK_BYTES = 1 << 20
_HEADER_BYTES = 1 << 20
_LONGEST_HINT = len(codecs.BOM_UTF8) + len("sep=,")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class CsvSource:
    """The wanted columns of a CSV file, as text.

    Blanks around the names of the header are not part of them: many a file has one behind each comma.

    Raises
    ------
    FeedRefused
        If the header cannot be read or lacks a column.
    """

    def __init__(self, path: Path, columns: Sequence[str], encoding: str, delimiter: str | None) -> None:
        if encoding not in ENCODINGS:
            raise FeedRefused(
                f"{path}: unknown encoding {encoding!r}: expected one of {', '.join(ENCODINGS)}"
            )
        self._path, self._columns = path, list(columns)
        self._encoding = codec_of(path, encoding)
        header = first_line(path, self._encoding)
        self._delimiter, names = split_header(header, columns, delimiter)
        trimmed = [name.strip() for name in names]
        check_columns(str(path), trimmed, columns, may_be_a_record=True)
        self._names = names
        self._written = [names[trimmed.index(column)] for column in columns]
        self._n_rows_read = 0
        self._stream = _CheckedBytes(path, self._encoding)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Batches of the wanted columns, in order."""
        reader = self._open()
        while reader is not None and (batch := self._next(reader)) is not None:
            self._n_rows_read += batch.num_rows
            yield batch.rename_columns(self._columns)
        if self._stream.n_quotes % 2:
            # A mark inside an unquoted value makes the number odd too: look closely before refusing.
            self._refuse_open_quote()

    def bytes_read(self) -> int:
        """How much of the file has been read."""
        return self._stream.n_bytes

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._stream.close()

    def _open(self) -> "pa.csv.CSVStreamingReader | None":
        try:
            return pa.csv.open_csv(
                pa.PythonFile(self._stream, mode="r"),
                read_options=pa.csv.ReadOptions(block_size=_BLOCK_BYTES),
                parse_options=pa.csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(self._written, pa.string()),
                    include_columns=self._written,
                    strings_can_be_null=True,
                    null_values=[""],
                ),
            )
        except (pa.ArrowException, OSError, _Unreadable):
            pass
        self._refuse_or_end()
        return None

    def _next(self, reader: "pa.csv.CSVStreamingReader") -> pa.RecordBatch | None:
        try:
            return reader.read_next_batch()
        except StopIteration:
            return None
        except (pa.ArrowException, OSError, _Unreadable):
            pass
        # Out here Arrow's error, which may quote a value, is not even the context of ours.
        self._refuse_or_end()
        return None

    def _refuse_or_end(self) -> None:
        """Say what is wrong with the file; nothing is, if it ends after the header."""
        examined = examine(self._path, self._encoding, self._delimiter, self._names)
        if examined.fault is not None:
            raise FeedRefused(examined.fault)
        if examined.n_rows:
            raise FeedRefused(
                f"{self._path}: cannot be read as CSV after row {self._n_rows_read}; is a quotation mark left open, or"
                " a value longer than a million bytes? correct the feed there"
            )

    def _refuse_open_quote(self) -> None:
        examined = examine(self._path, self._encoding, self._delimiter, self._names)
        if examined.fault is not None:
            raise FeedRefused(examined.fault)


class _Unreadable(Exception):
    """The bytes cannot be text of the encoding; `examine` finds out where."""


class _CheckedBytes:
    """The file's bytes as UTF-8, checked on the way; the part of a file object that Arrow needs."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._file = open_bytes(path)
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._is_utf8 = encoding == "utf-8-sig"
        self._between_characters = True
        self.n_bytes = 0
        self.n_quotes = 0

    @property
    def closed(self) -> bool:
        return self._file.closed

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()

    def read(self, n_bytes: int) -> bytes:
        if not self._is_utf8:
            return self._converted(n_bytes)
        chunk = self._file.read(n_bytes)
        self.n_bytes = position(self._file)
        self._look_at(chunk)
        if self._between_characters and chunk.isascii():
            return chunk
        self._decoded(chunk)
        self._between_characters = not self._decoder.getstate()[0]
        return chunk

    def _converted(self, n_bytes: int) -> bytes:
        # A character of one byte may take three in UTF-8, and Arrow must not get more than it asked for. It takes
        # nothing for the end, so half a character has to be read on.
        while True:
            chunk = self._file.read(max(n_bytes // 3, 1))
            self.n_bytes = position(self._file)
            converted = self._decoded(chunk).encode()
            self._look_at(converted)
            if converted or not chunk:
                return converted

    def _look_at(self, chunk: bytes) -> None:
        self.n_quotes += chunk.count(b'"')
        if b"\0" in chunk:
            raise _Unreadable

    def _decoded(self, chunk: bytes) -> str:
        try:
            return self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            pass
        raise _Unreadable


def codec_of(path: Path, encoding: str) -> str:
    """Python's name of an encoding; a mark at the beginning is skipped whether it was announced or not."""
    if encoding == "utf-16":
        with open_bytes(path) as file:
            return encoding if file.read(2) in _UTF16_MARKS else "utf-16-le"
    return "utf-8-sig" if encoding == "utf-8" else encoding


def first_line(path: Path, encoding: str) -> str:
    """The header of a CSV file, undecided about its columns; a file without one, or in another encoding, is refused."""
    with open_bytes(path) as file:
        start = file.read(_HEADER_BYTES)
    if not start:
        raise FeedRefused(f"{path}: the feed is empty: expected a header and rows, got a file of 0 bytes")
    if encoding in _UTF16:
        start = _as_utf8(path, start, encoding)
    elif start.startswith(_UTF16_MARKS):
        raise FeedRefused(
            f"{path}: the header is not valid {encoding.removesuffix('-sig').upper()}: the file is UTF-16; set encoding"
            ' = "utf-16" of the source in the specification, or save it as UTF-8'
        )
    line = start.lstrip(b"\r\n").replace(b"\r", b"\n").split(b"\n", 1)[0]
    _refuse_broken(path, line)
    if b"\0" in line:
        raise FeedRefused(f"{path}: the header holds a NUL character; export the feed again as text")
    try:
        return line.decode("utf-8" if encoding in _UTF16 else encoding)
    except UnicodeDecodeError:
        pass
    raise FeedRefused(
        f"{path}: the header is not valid {encoding.removesuffix('-sig').upper()}; is the feed Windows-1252? set"
        " encoding of the source in the specification, or convert the feed"
    )


def _refuse_broken(path: Path, line: bytes) -> None:
    """Refuse a header that is none: a spreadsheet's hint about the delimiter, or a name that runs over lines."""
    if line.removeprefix(codecs.BOM_UTF8).lower().startswith(b"sep=") and len(line) <= _LONGEST_HINT:
        raise FeedRefused(
            f"{path}: the first line is a spreadsheet's hint about the delimiter (sep=), not the header; remove it"
        )
    if line.count(b'"') % 2:
        raise FeedRefused(
            f"{path}: the header has a quotation mark left open, or a column name that runs over two lines; write the"
            " header on one line"
        )


def _as_utf8(path: Path, start: bytes, encoding: str) -> bytes:
    """The beginning of a UTF-16 file; half of each plain letter is a NUL."""
    if start.startswith(_UTF16_MARKS) or b"\0" in start:
        # What is cut at the end is no fault, and neither is one behind the header, which is found later.
        return codecs.getincrementaldecoder(encoding)("replace").decode(start).encode()
    raise FeedRefused(
        f"{path}: the header is not valid UTF-16; is the feed UTF-8? set encoding of the source in the specification"
    )


def split_header(line: str, columns: Sequence[str], delimiter: str | None) -> tuple[str, list[str]]:
    """The delimiter that finds most of the wanted columns, then most columns; and the names."""
    candidates = (delimiter,) if delimiter is not None else _DELIMITERS
    splits = [(candidate, next(csv.reader([line], delimiter=candidate), [])) for candidate in candidates]
    return max(
        splits,
        key=lambda split: (len({name.strip() for name in split[1]}.intersection(columns)), len(split[1])),
    )

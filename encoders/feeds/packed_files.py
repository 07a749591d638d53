"""The bytes of a CSV file, as they stand or packed by gzip."""

import gzip
import zlib
from io import BufferedReader
from pathlib import Path

from linkage.exchange.errors import FeedRefused

__all__ = ["PACKED", "open_bytes", "plain_stem", "plain_suffix", "position"]

PACKED = ".gz"


def plain_suffix(path: Path) -> str:
    """The extension of a file in small letters, without that of the packing."""
    return Path(_unpacked(path)).suffix.lower()


def plain_stem(path: Path) -> str:
    """The name of a file without extensions: what files beside it are called by."""
    return Path(_unpacked(path)).stem


def open_bytes(path: Path) -> BufferedReader:
    """Open a file for reading; one packed by gzip is unpacked on the way, so that no plain copy has to lie beside it.

    Raises
    ------
    FeedRefused
        While reading, if the packing is cut short or damaged.
    """
    return BufferedReader(_Unpacked(path)) if path.suffix.lower() == PACKED else path.open("rb")


def position(file: BufferedReader) -> int:
    """How many bytes of the file have been read, as they lie on disk."""
    raw: object = file.raw
    return raw.packed_position() if isinstance(raw, _Unpacked) else file.tell()


def _unpacked(path: Path) -> str:
    return path.stem if path.suffix.lower() == PACKED else path.name


class _Unpacked(gzip.GzipFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        self._path = path

    def read(self, size: int | None = -1) -> bytes:
        try:
            return super().read(size)
        except (gzip.BadGzipFile, EOFError, zlib.error):
            pass
        raise FeedRefused(f"{self._path}: is no gzip file, cut short or damaged; transfer or export it again")

    def packed_position(self) -> int:
        return self.myfileobj.tell() if self.myfileobj else 0

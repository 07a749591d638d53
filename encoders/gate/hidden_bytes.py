"""Bytes inside bytes: what base64, hex, UTF-16 and compression hide, undone one layer at a time.

Random bytes hold few long stretches of hex or base64 digits and few compressed streams, so what comes out of a clean
package is little; of a package with something hidden it is what was hidden.
"""

import binascii
import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.gate.byte_windows import Bytes, runs_of

__all__ = ["EVERY_OTHER_BYTE", "Hidden", "hidden_in"]

EVERY_OTHER_BYTE = "every other byte (UTF-16)"

LEAST_RUN = 8
LARGEST_OUTPUT = 1 << 16
LONGEST_INPUT = 1 << 16

HEX_DIGITS = b"0123456789abcdefABCDEF"
BASE64_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"


@dataclass(frozen=True, repr=False)
class Hidden:
    """What one layer hid.

    Attributes
    ----------
    layer
        Such as ``"base64"``.
    place
        Where in the outer bytes it began.
    data
        uint8: the inner bytes.
    """

    layer: str
    place: int
    data: Bytes


def hidden_in(data: Bytes, *, halves: bool) -> Iterator[Hidden]:
    """Undo every layer wherever it could begin.

    Parameters
    ----------
    data
        uint8, one-dimensional.
    halves
        Give every other byte of the whole too, which undoes UTF-16.
    """
    for start in (0, 1) if halves else ():
        yield Hidden(EVERY_OTHER_BYTE, start, np.ascontiguousarray(data[start::2]))
    for start, stop in runs_of(data, _class(HEX_DIGITS), LEAST_RUN).tolist():
        text = data[start:stop].tobytes()
        for shift in (0, 1):
            part = text[shift : shift + (len(text) - shift) // 2 * 2]
            yield Hidden("hex", start + shift, _array(binascii.unhexlify(part)))
    for start, stop in runs_of(data, _class(BASE64_DIGITS), LEAST_RUN).tolist():
        text = data[start:stop].tobytes().translate(bytes.maketrans(b"-_", b"+/"))
        for shift in range(4):
            part = text[shift:]
            whole = part[: len(part) - (len(part) % 4 == 1)]
            yield Hidden(
                "base64", start + shift, _array(binascii.a2b_base64(whole + b"=" * (-len(whole) % 4)))
            )
    yield from _decompressed(data)


def _decompressed(data: Bytes) -> Iterator[Hidden]:
    raw = data.tobytes()
    for magic, layer, undo in STREAMS:
        place = raw.find(magic)
        while place >= 0:
            output = undo(raw[place : place + LONGEST_INPUT])
            if output:
                yield Hidden(layer, place, _array(output))
            place = raw.find(magic, place + 1)


def _zlib(window_bits: int, skipped: Callable[[bytes], int] = lambda _: 0) -> Callable[[bytes], bytes]:
    def undo(data: bytes) -> bytes:
        try:
            return zlib.decompressobj(window_bits).decompress(data[skipped(data) :], LARGEST_OUTPUT)
        except zlib.error:
            return b""

    return undo


def _bz2(data: bytes) -> bytes:
    try:
        return bz2.BZ2Decompressor().decompress(data, LARGEST_OUTPUT)
    except (OSError, ValueError):
        return b""


def _lzma(data: bytes) -> bytes:
    try:
        return lzma.LZMADecompressor().decompress(data, LARGEST_OUTPUT)
    except lzma.LZMAError:
        return b""


def _arrow(codec: str) -> Callable[[bytes], bytes]:
    def undo(data: bytes) -> bytes:
        try:
            with pa.CompressedInputStream(pa.BufferReader(data), codec) as stream:
                return bytes(stream.read(LARGEST_OUTPUT))
        except (pa.ArrowException, OSError):
            return b""

    return undo


def _zip_header(data: bytes) -> int:
    """Length of a local file header: fixed part, name and extra field."""
    return 30 + int.from_bytes(data[26:28], "little") + int.from_bytes(data[28:30], "little")


STREAMS: tuple[tuple[bytes, str, Callable[[bytes], bytes]], ...] = (
    *((bytes([0x78, second]), "zlib", _zlib(zlib.MAX_WBITS)) for second in (0x01, 0x5E, 0x9C, 0xDA)),
    (b"\x1f\x8b\x08", "gzip", _zlib(zlib.MAX_WBITS | 16)),
    (b"PK\x03\x04", "zip", _zlib(-zlib.MAX_WBITS, _zip_header)),
    (b"BZh", "bzip2", _bz2),
    (b"\xfd7zXZ\x00", "xz", _lzma),
    (b"\x28\xb5\x2f\xfd", "zstandard", _arrow("zstd")),
    (b"\x04\x22\x4d\x18", "lz4", _arrow("lz4")),
)


def _class(members: bytes) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, dtype=np.bool_)
    table[np.frombuffer(members, dtype=np.uint8)] = True
    return table


def _array(data: bytes) -> Bytes:
    return np.frombuffer(data, dtype=np.uint8)

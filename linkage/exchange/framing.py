"""A long stream as sealed chunks that can be neither reordered, dropped, repeated nor cut.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance, CRYPTO 2015, section 7) as used by age: chunks of 64 KiB under one key, the nonce being the chunk's
number (11 bytes, big-endian) and a byte that is 1 for the last chunk alone. Every chunk but the last is full, the
last is never empty, so a stream of given content has one length and one division into chunks.

The key must belong to this stream alone. Plaintext is handed on chunk by chunk once its tag is checked, but only the
last chunk shows that nothing is missing: `ChunkOpener` therefore opens that one first.
"""

import io
from collections.abc import Callable
from typing import BinaryIO, cast

from linkage.exchange.primitives import TAG_BYTES, Cipher, NotAuthentic

__all__ = ["CHUNK_BYTES", "SEGMENT_BYTES", "ChunkOpener", "ChunkSealer"]

CHUNK_BYTES = 64 * 1024
SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
# Chunks are read, written and digested sixteen at a time, for speed; the format of the chunks knows nothing of it.
SEGMENT_CHUNKS = 16
SEGMENT_BYTES = SEGMENT_CHUNKS * CHUNK_BYTES


def _nonce(chunk: int, *, last: bool) -> bytes:
    return chunk.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


class ChunkSealer:
    """Seals a stream that comes in pieces of any size.

    Parameters
    ----------
    key
        32 bytes, drawn for this stream.
    sink
        Gets the sealed bytes, up to a segment at a time; the buffer is reused after it returns.
    """

    def __init__(self, key: bytes, sink: Callable[[memoryview], None]) -> None:
        self._cipher = Cipher(key)
        self._sink = sink
        # A short stream shall not cost a segment of memory: the buffers grow with what is written.
        self._plain = bytearray()
        self._sealed = bytearray()
        self._written = 0
        self._chunk = 0

    def write(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        rest = memoryview(data)
        # A full chunk waits until a byte follows it: only then is it known not to be the last one.
        while len(self._plain) + len(rest) > CHUNK_BYTES:
            missing = CHUNK_BYTES - len(self._plain)
            if self._plain:
                self._plain += rest[:missing]
                self._seal(self._plain, last=False)
                self._plain.clear()
            else:
                # Most chunks are sealed where they lie.
                self._seal(rest[:missing], last=False)
            rest = rest[missing:]
        self._plain += rest

    def finish(self) -> None:
        """Seal what is left, with the mark of the end; nothing can be written afterwards."""
        if not self._plain:
            raise ValueError("a sealed stream holds at least one byte")
        self._seal(self._plain, last=True)
        self._flush()

    def _seal(self, chunk: bytearray | memoryview, *, last: bool) -> None:
        stop = self._written + len(chunk) + TAG_BYTES
        if len(self._sealed) < stop:
            self._sealed += bytes(stop - len(self._sealed))
        self._cipher.seal_into(
            _nonce(self._chunk, last=last), chunk, memoryview(self._sealed)[self._written : stop]
        )
        self._chunk += 1
        self._written = stop
        if self._chunk % SEGMENT_CHUNKS == 0:
            self._flush()

    def _flush(self) -> None:
        if self._written:
            self._sink(memoryview(self._sealed)[: self._written])
            self._written = 0


class ChunkOpener:
    """Opens a sealed stream that lies in a file, segment by segment and in any order.

    Memory is two segments, whatever the file says.

    Parameters
    ----------
    file
        Open for reading; its position is moved.
    start, sealed_bytes
        Where the stream lies in the file; all its bytes up to the end of the stream belong to it.

    Raises
    ------
    NotAuthentic
        If no stream has that length. Reading raises it if a chunk does not verify or the file has become shorter.
    """

    def __init__(self, key: bytes, file: BinaryIO, start: int, sealed_bytes: int) -> None:
        self._cipher = Cipher(key)
        self._file = file
        self._start = start
        self._n_chunks = -(-sealed_bytes // SEALED_CHUNK_BYTES)
        last_chunk = sealed_bytes - (self._n_chunks - 1) * SEALED_CHUNK_BYTES
        if sealed_bytes <= 0 or last_chunk <= TAG_BYTES:
            raise NotAuthentic
        self._sealed_bytes = sealed_bytes
        self.plain_bytes = sealed_bytes - self._n_chunks * TAG_BYTES
        self._plain = bytearray(min(self.plain_bytes, SEGMENT_BYTES))
        self._sealed = bytearray(min(sealed_bytes, SEGMENT_CHUNKS * SEALED_CHUNK_BYTES))

    @property
    def n_segments(self) -> int:
        """Segments in the stream; the last may be shorter."""
        return -(-self._n_chunks // SEGMENT_CHUNKS)

    def segment(self, number: int) -> tuple[memoryview, memoryview]:
        """Read and open one segment: its sealed and its plain bytes, valid until the next call."""
        return self._open(number * SEGMENT_CHUNKS, min((number + 1) * SEGMENT_CHUNKS, self._n_chunks))

    def tail(self, n_bytes: int) -> bytes:
        """The last `n_bytes` of the plaintext, at most a segment less a chunk."""
        n_bytes = min(n_bytes, self.plain_bytes)
        first = (self.plain_bytes - n_bytes) // CHUNK_BYTES
        _, plain = self._open(first, self._n_chunks)
        return bytes(plain[len(plain) - n_bytes :])

    def _open(self, first: int, stop: int) -> tuple[memoryview, memoryview]:
        offset = first * SEALED_CHUNK_BYTES
        length = min(stop * SEALED_CHUNK_BYTES, self._sealed_bytes) - offset
        sealed, plain = memoryview(self._sealed)[:length], memoryview(self._plain)
        self._fill(sealed, self._start + offset)
        written = 0
        for chunk in range(first, stop):
            piece = sealed[(chunk - first) * SEALED_CHUNK_BYTES : (chunk - first + 1) * SEALED_CHUNK_BYTES]
            end = written + len(piece) - TAG_BYTES
            nonce = _nonce(chunk, last=chunk == self._n_chunks - 1)
            self._cipher.open_into(nonce, piece, plain[written:end])
            written = end
        return sealed, plain[:written]

    def _fill(self, buffer: memoryview, position: int) -> None:
        self._file.seek(position)
        filled = 0
        while filled < len(buffer):
            # Every file of bytes that is open for reading can, though `BinaryIO` does not say so.
            n_bytes = cast("io.BufferedIOBase", self._file).readinto(buffer[filled:])
            if not n_bytes:
                raise NotAuthentic
            filled += n_bytes

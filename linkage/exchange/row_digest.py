"""The digest over all rows of a package, made so that a part of them can be checked by itself.

The rows are one string of bytes; it is cut into segments of 1 MiB, and the digest is the SHA-256 over their number of
bytes and the SHA-256 of each segment. A reader that has verified the whole keeps 32 bytes a segment, and later checks
each segment again before it hands out a row of it, even if the file changed in between.
"""

import hashlib

from linkage.exchange.framing import SEGMENT_BYTES
from linkage.exchange.labels import labelled_digest

__all__ = ["RowDigest", "segment_digest"]


def segment_digest(segment: bytes | memoryview) -> bytes:
    """SHA-256 of one segment of the rows."""
    return hashlib.sha256(segment).digest()


class RowDigest:
    """Takes the rows in pieces of any size."""

    def __init__(self) -> None:
        self._segments: list[bytes] = []
        self._open = hashlib.sha256()
        self._n_bytes = 0

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        start, end = 0, len(data)
        while start < end:
            step = min(end - start, SEGMENT_BYTES - self._n_bytes % SEGMENT_BYTES)
            self._open.update(data[start : start + step])
            self._n_bytes += step
            start += step
            if self._n_bytes % SEGMENT_BYTES == 0:
                self._segments.append(self._open.digest())
                self._open = hashlib.sha256()

    def segments(self) -> list[bytes]:
        """The digest of each segment, in order; only the last may be shorter than 1 MiB."""
        partial = [self._open.digest()] if self._n_bytes % SEGMENT_BYTES else []
        return self._segments + partial

    def hexdigest(self) -> str:
        """The digest of all that was taken so far, in hex."""
        return labelled_digest(
            "package rows", self._n_bytes.to_bytes(8, "big"), b"".join(self.segments())
        ).hex()

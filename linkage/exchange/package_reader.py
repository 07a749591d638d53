"""Opens a sealed package: everything is checked before a single row is handed out.

The file is treated as hostile. Every length is known from the file's size, the format or the reader's own schema
before memory is taken for it, and memory is a few MiB whatever the file says. The order of the checks: outer header,
recipient, last chunk (nothing missing, nothing behind), signature, manifest, what the reader expects, length of the
rows, and then, in a pass over the whole file, every chunk's tag, the digest of the rows and each row's operation and
flags. A second pass hands the rows out and checks tags and digests again, in case the file changed in between.
"""

import hashlib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.errors import PackageRefused
from linkage.exchange.expectation import Expectation, refuse_unexpected
from linkage.exchange.framing import SEGMENT_BYTES, ChunkOpener
from linkage.exchange.manifest import Manifest
from linkage.exchange.package_header import PackageHeader, parse_header
from linkage.exchange.primitives import NotAuthentic
from linkage.exchange.public_keys import PublicKeys
from linkage.exchange.records import EncodedRecords, RecordFlag
from linkage.exchange.regular_files import open_regular_file
from linkage.exchange.row_digest import RowDigest, segment_digest
from linkage.exchange.rows import RowCheck, row_width, unpacked
from linkage.exchange.trailer import LONGEST_TRAILER, SignedManifest, open_trailer

__all__ = [
    "VerifiedPackage",
    "drop_canaries",
    "open_package",
    "package_digest",
    "read_header",
    "read_manifest",
]

CHANGED = "the file changed while it was being read; nothing of it may be used, load it again"


class VerifiedPackage:
    """A package that passed every check. Use it in a ``with`` block, since it holds the file open.

    Attributes
    ----------
    manifest
        What the source signed.
    digest
        SHA-256, in hex, of the whole file; the next package of the source names it as `previous`.
    """

    def __init__(
        self,
        file: BinaryIO,
        chunks: ChunkOpener,
        manifest: Manifest,
        digest: str,
        segments: list[bytes],
        width: int,
    ) -> None:
        self.manifest = manifest
        self.digest = digest
        self._file = file
        self._chunks = chunks
        self._segments = segments
        self._width = width

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def batches(self, rows: int = 65536) -> Iterator[EncodedRecords]:
        """Hand the records out in the order of the file, up to `rows` at a time; none if there are none.

        Raises
        ------
        PackageRefused
            If the file changed since it was verified: no row of the changed segment is handed out, and what was
            handed out before must be dropped with the rest.
        """
        n_bytes = self.manifest.rows * self._width
        try:
            segments = self._row_segments(n_bytes)
            # Cut so small that a piece is unpacked while it is in the processor's cache.
            at_once = min(rows, max(1, SEGMENT_BYTES // self._width))
            pieces = _row_batches(segments, n_bytes, self._width, at_once)
            yield from unpacked(pieces, self.manifest.rows, rows // at_once * at_once)
        except NotAuthentic:
            raise PackageRefused(CHANGED) from None

    def _row_segments(self, n_bytes: int) -> Iterator[memoryview]:
        for number, expected in enumerate(self._segments):
            _, plain = self._chunks.segment(number)
            part = plain[: n_bytes - number * SEGMENT_BYTES]
            if segment_digest(part) != expected:
                raise PackageRefused(CHANGED)
            yield part


def open_package(
    source: Path | BinaryIO, key: EnvelopeKey, trusted: Mapping[str, PublicKeys], expected: Expectation
) -> VerifiedPackage:
    """Open a package and check all of it.

    Parameters
    ----------
    source
        The file, or one that is open for reading bytes and can seek; it is closed with the package.
    key
        The unit's envelope key, or a source's for its own copy.
    trusted
        Public keys of the sources whose packages are taken, by name.
    expected
        What the package has to say.

    Raises
    ------
    PackageRefused
        With the check that failed, what was expected and found, and how to mend it. Nothing was accepted then.
    """
    file = _open_file(source) if isinstance(source, Path) else source
    name = f"{source}: " if isinstance(source, Path) else ""
    try:
        return _verify(file, key, trusted, expected)
    except PackageRefused as refusal:
        file.close()
        raise PackageRefused("\n".join(name + line for line in str(refusal).split("\n"))) from None
    except BaseException:
        file.close()
        raise


def read_manifest(
    path: Path, key: EnvelopeKey, trusted: Mapping[str, PublicKeys], expected: Expectation
) -> Manifest:
    """Read what a source states and signed about a package, without its rows, which are not checked.

    Raises
    ------
    PackageRefused
        As `open_package`, for everything that shows without a row.
    """
    with _open_file(path) as file:
        try:
            return _open_signed(file, key, trusted, expected)[2].manifest
        except PackageRefused as refusal:
            raise PackageRefused("\n".join(f"{path}: {line}" for line in str(refusal).split("\n"))) from None


def read_header(path: Path) -> PackageHeader:
    """Read the outer header: version and recipients, all that can be known without a key.

    Raises
    ------
    PackageRefused
        If it is not a package or cut short inside the header.
    """
    with _open_file(path) as file:
        try:
            return parse_header(file)
        except PackageRefused as refusal:
            raise PackageRefused(f"{path}: {refusal}") from None


def package_digest(path: Path) -> str:
    """SHA-256, in hex, of a file: to see whether a package was loaded before, without opening it."""
    with _open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def drop_canaries(records: EncodedRecords) -> EncodedRecords:
    """The records without the canaries, which are for checking and never for matching."""
    canary = (records.flags & RecordFlag.CANARY) != 0
    return records.take(~canary) if canary.any() else records


def _open_file(path: Path) -> io.FileIO:
    try:
        return open_regular_file(path)
    except OSError as error:
        raise PackageRefused(f"{path}: the package cannot be opened: {error.strerror}") from None


def _verify(
    file: BinaryIO, key: EnvelopeKey, trusted: Mapping[str, PublicKeys], expected: Expectation
) -> VerifiedPackage:
    header, chunks, signed = _open_signed(file, key, trusted, expected)
    width = row_width(expected.schema_of(signed.manifest.kind))
    if chunks.plain_bytes != signed.manifest.rows * width + signed.n_bytes:
        raise PackageRefused(
            f"rows: the manifest counts {signed.manifest.rows} rows of {width} bytes, the file holds "
            f"{chunks.plain_bytes - signed.n_bytes} bytes of rows; the source has to seal its feed again"
        )
    digest, segments = _verify_rows(header, chunks, signed.manifest, width)
    return VerifiedPackage(file, chunks, signed.manifest, digest, segments, width)


def _open_signed(
    file: BinaryIO, key: EnvelopeKey, trusted: Mapping[str, PublicKeys], expected: Expectation
) -> tuple[PackageHeader, ChunkOpener, SignedManifest]:
    """Every check that needs no row."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    header = parse_header(file)
    chunk_key = header.chunk_key(header.open(key))
    try:
        chunks = ChunkOpener(chunk_key, file, len(header.raw), size - len(header.raw))
        tail = chunks.tail(LONGEST_TRAILER)
    except NotAuthentic:
        raise PackageRefused(
            "last chunk: it does not verify; the file was cut short, lengthened or changed, fetch it again"
        ) from None
    signed = open_trailer(tail, header, trusted)
    _check_recipients(signed, header)
    refuse_unexpected(signed.manifest, expected)
    return header, chunks, signed


def _check_recipients(signed: SignedManifest, header: PackageHeader) -> None:
    # The key that opened the package has a stanza, so it is the unit's or the signer's own when both checks pass.
    manifest, signer = signed.manifest, signed.signer
    stated = (
        (manifest.recipient,) if manifest.sender_copy is None else (manifest.recipient, manifest.sender_copy)
    )
    if header.fingerprints != stated:
        raise PackageRefused(
            "recipient: the header names other keys than the manifest; ask the source to seal it again"
        )
    own = signer.envelope_key.fingerprint
    if manifest.sender_copy not in (None, own):
        raise PackageRefused(
            f"recipient: besides the unit the package opens for the key {manifest.sender_copy}, expected none or the "
            f"source's own {own}; ask the source who else it was sealed for"
        )


def _verify_rows(
    header: PackageHeader, chunks: ChunkOpener, manifest: Manifest, width: int
) -> tuple[str, list[bytes]]:
    """The first pass: tags, digests, operations and flags of all rows; the file's digest and the segments'."""
    n_bytes = manifest.rows * width
    whole_file, row_digest = hashlib.sha256(header.raw), RowDigest()

    def segments() -> Iterator[memoryview]:
        for number in range(chunks.n_segments):
            sealed, plain = chunks.segment(number)
            whole_file.update(sealed)
            part = plain[: max(0, n_bytes - number * SEGMENT_BYTES)]
            row_digest.update(part)
            yield part

    check = RowCheck()
    try:
        for rows in _row_batches(segments(), n_bytes, width, max(1, SEGMENT_BYTES // width)):
            check.take(rows)
    except NotAuthentic:
        raise PackageRefused(
            "chunks: one does not verify; the file was damaged or changed, fetch it again"
        ) from None
    if row_digest.hexdigest() != manifest.rows_digest:
        raise PackageRefused(
            f"rows: expected the digest {manifest.rows_digest}, found {row_digest.hexdigest()}; the source has to seal "
            "its feed again"
        )
    if check.deletes != manifest.deletes:
        raise PackageRefused(
            f"rows: the manifest counts {manifest.deletes} deletes, the rows hold {check.deletes}; the source has "
            "to seal its feed again"
        )
    return whole_file.hexdigest(), row_digest.segments()


def _row_batches(
    segments: Iterator[memoryview], n_bytes: int, width: int, most_rows: int
) -> Iterator[npt.NDArray[np.uint8]]:
    """Cut segments into arrays of whole rows, uint8 (n, width), each valid until the next one is taken.

    All segments are consumed, even those that hold no row.
    """
    buffer = np.empty(min(most_rows * width, n_bytes), dtype=np.uint8)
    filled = 0
    for segment in segments:
        piece = np.frombuffer(segment, dtype=np.uint8)
        while len(piece):
            step = min(len(piece), len(buffer) - filled)
            buffer[filled : filled + step] = piece[:step]
            filled += step
            piece = piece[step:]
            if filled == len(buffer):
                yield buffer.reshape(-1, width)
                filled = 0
    if filled:
        yield buffer[:filled].reshape(-1, width)

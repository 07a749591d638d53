"""Writes a sealed package, record by record, without ever holding the feed.

The format is specified in docs/package-format.md. What reaches the disk is ciphertext from the first byte, under a
temporary name in the target folder; the package gets its name when it is whole and on the disk, so a reader finds
either nothing or a package.
"""

import hashlib
import os
import secrets
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from linkage.exchange.envelopes import EnvelopePublicKey
from linkage.exchange.errors import PackageRefused
from linkage.exchange.folders import refuse_folder_with_key
from linkage.exchange.framing import SEGMENT_BYTES, ChunkSealer
from linkage.exchange.manifest import Manifest, ManifestDraft, columns_of
from linkage.exchange.package_header import seal_header
from linkage.exchange.primitives import KEY_BYTES
from linkage.exchange.private_files import sync_folder
from linkage.exchange.public_keys import Signer
from linkage.exchange.records import EncodedRecords
from linkage.exchange.row_digest import RowDigest
from linkage.exchange.rows import RowCheck, pack_rows, row_width
from linkage.exchange.schema import RecordSchema
from linkage.exchange.trailer import write_trailer

__all__ = ["PackageWriter"]


class PackageWriter:
    """Seals encoded records into one file.

    Use it in a ``with`` block: leaving the block closes the package, an error inside it leaves no file behind. Rows
    have to come in ascending order of their record ids, which hides the order of the feed.

    Parameters
    ----------
    path
        The package to make; it must not exist.
    signer
        The source's keys.
    recipient
        The linkage unit's envelope key, from its public key file.
    draft
        What the manifest says beyond counts and digests.
    schema
        The columns of the records.
    sender_copy
        Whether the source can open the package too, which `childindex verify` needs.

    Raises
    ------
    PackageRefused
        If the file exists, its folder is missing or holds a private key.
    """

    def __init__(
        self,
        path: Path,
        *,
        signer: Signer,
        recipient: EnvelopePublicKey,
        draft: ManifestDraft,
        schema: RecordSchema,
        sender_copy: bool = True,
    ) -> None:
        if draft.source != signer.public.name:
            raise PackageRefused(
                f"the manifest names '{draft.source}', but the keys are those of '{signer.public.name}'"
            )
        if path.exists():
            raise PackageRefused(f"{path}: there is a file already; a package is never overwritten")
        if not path.parent.is_dir():
            raise PackageRefused(
                f"{path.parent}: there is no such folder for the package; make it, or name another with --out"
            )
        refuse_folder_with_key(path.parent)
        self.path = path
        self._signer = signer
        self._draft = draft
        self._schema = schema
        self._recipients = [recipient] + ([signer.public.envelope_key] if sender_copy else [])
        self._rows = RowDigest()
        self._check = RowCheck()
        self._whole_file = hashlib.sha256()
        self._manifest: Manifest | None = None
        content_key = secrets.token_bytes(KEY_BYTES)
        self._header = seal_header(content_key, self._recipients)
        self._chunks = ChunkSealer(self._header.chunk_key(content_key), self._put)
        self._partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        self._file = self._partial.open("xb", buffering=0)
        self._put(memoryview(self._header.raw))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.abandon()
        elif self._manifest is None:
            self.close()

    def write(self, records: EncodedRecords) -> None:
        """Seal a batch of any size; record ids ascend within and between batches.

        Raises
        ------
        PackageRefused
            If a row has an unknown operation or flag, a delete carries an encoding, or a record id does not follow
            the one before.
        ValueError
            If the records do not have the schema's width, or the package was closed. After any error the package is
            given up and its file removed.
        """
        self._refuse_closed()
        if records.words.shape[1] != self._schema.n_words:
            raise ValueError(
                f"expected records of {self._schema.n_words} words, got {records.words.shape[1]}"
            )
        try:
            self._write(records)
        except BaseException:
            # A package without the batch that failed must not be closed by mistake.
            self.abandon()
            raise

    def close(self, *, risk_report: str | None = None) -> Manifest:
        """Sign, finish and name the package.

        Parameters
        ----------
        risk_report
            SHA-256, in hex, of the gate's report on these rows.

        Returns
        -------
        Manifest
            As it stands in the package; `digest` then holds the package's digest.
        """
        self._refuse_closed()
        manifest = self._completed(risk_report)
        try:
            self._chunks.write(write_trailer(manifest, self._header, self._signer))
            self._chunks.finish()
            os.fsync(self._file.fileno())
            self._file.close()
            self._name()
        except BaseException:
            self.abandon()
            raise
        self._manifest = manifest
        return manifest

    def abandon(self) -> None:
        """Remove what was written; a package that was closed stays."""
        if self._manifest is None:
            self._file.close()
            self._partial.unlink(missing_ok=True)

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the whole file, as `sha256sum` prints it; the next package's `previous`."""
        if self._manifest is None:
            raise ValueError("a package has a digest once it is closed")
        return self._whole_file.hexdigest()

    def _write(self, records: EncodedRecords) -> None:
        # Laid out a segment at a time, so that a batch costs a few MiB beyond its own size.
        step = max(1, SEGMENT_BYTES // row_width(self._schema))
        for start in range(0, len(records), step):
            rows = pack_rows(records.take(slice(start, start + step)))
            self._check.take(rows)
            data = rows.reshape(-1).data
            self._rows.update(data)
            self._chunks.write(data)

    def _completed(self, risk_report: str | None) -> Manifest:
        rows, deletes = self._check.rows, self._check.deletes
        fingerprints = [recipient.fingerprint for recipient in self._recipients]
        return Manifest(
            **asdict(self._draft),
            rows=rows,
            upserts=rows - deletes,
            deletes=deletes,
            rows_digest=self._rows.hexdigest(),
            recipient=fingerprints[0],
            sender_copy=fingerprints[1] if len(fingerprints) > 1 else None,
            risk_report=risk_report,
            columns=columns_of(self._schema),
        )

    def _put(self, data: memoryview) -> None:
        self._whole_file.update(data)
        while data:
            data = data[self._file.write(data) :]

    def _name(self) -> None:
        # A hard link fails where the name is taken; renaming would replace what another process put there meanwhile.
        try:
            os.link(self._partial, self.path)
        except FileExistsError:
            raise PackageRefused(
                f"{self.path}: there is a file already; a package is never overwritten"
            ) from None
        except OSError:
            # A file system without hard links.
            self._partial.replace(self.path)
        self._partial.unlink(missing_ok=True)
        sync_folder(self.path.parent)

    def _refuse_closed(self) -> None:
        if self._file.closed:
            raise ValueError("the package was closed; make a new writer for the next one")

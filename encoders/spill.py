"""A shuffle that never holds the feed: encoded records go to encrypted buckets and come back in random order.

Pseudonymous record ids are uniformly random, so sorting by them is a shuffle, and the order of the feed is gone.
Buckets take records by the first bits of the id; equal ids meet in one bucket, where duplicates show. What is written
to disk in between is encrypted under a key that exists in memory only: a stolen temporary file holds nothing.
"""

import io
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from linkage.exchange.records import EncodedRecords
from linkage.exchange.schema import RECORD_ID_BYTES

__all__ = ["BucketShuffle"]

MEMORY_BYTES = 64 << 20
ROW_OVERHEAD = RECORD_ID_BYTES + 2 + 8


class BucketShuffle:
    """Collects batches, then gives all records back bucket by bucket, each bucket sorted by record id.

    Use it in a ``with`` block, which closes what was not read back.

    Parameters
    ----------
    folder
        An existing folder for the encrypted buckets, removed by the caller.
    n_words
        Words of a record.
    expected_rows
        A guess of the number of rows, from which the number of buckets follows; a wrong guess costs memory only.
    """

    def __init__(self, folder: Path, *, n_words: int, expected_rows: int) -> None:
        self._row_bytes = 8 * n_words + ROW_OVERHEAD
        self._n_words = n_words
        wanted = max(1, expected_rows * self._row_bytes // (MEMORY_BYTES // 4))
        self._bits = min(10, int(wanted).bit_length() if wanted > 1 else 0)
        self._folder = folder
        self._cipher = ChaCha20Poly1305(ChaCha20Poly1305.generate_key())
        self._nonce = 0
        self._held: list[list[bytes]] = [[] for _ in range(1 << self._bits)]
        self._held_bytes = 0
        self._files: dict[int, BinaryIO] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()

    def add(self, records: EncodedRecords, rows: npt.NDArray[np.int64]) -> None:
        """Take a batch with the feed's row number of each record."""
        packed = np.empty((len(records), self._row_bytes), dtype=np.uint8)
        packed[:, :16] = records.record_ids
        packed[:, 16] = records.operations
        packed[:, 17] = records.flags
        packed[:, 18:26] = rows.astype("<i8").view(np.uint8).reshape(-1, 8)
        packed[:, 26:] = np.ascontiguousarray(records.words).view(np.uint8)
        first = records.record_ids[:, 0].astype(np.int64) << 8 | records.record_ids[:, 1]
        bucket = first >> (16 - self._bits)
        order = np.argsort(bucket, kind="stable")
        starts = np.searchsorted(bucket[order], np.arange(len(self._held) + 1))
        for number, (start, stop) in enumerate(pairwise(starts)):
            if stop > start:
                self._held[number].append(packed[order[start:stop]].tobytes())
        self._held_bytes += packed.nbytes
        if self._held_bytes > MEMORY_BYTES:
            self._flush()

    def drain(self) -> Iterator[tuple[EncodedRecords, npt.NDArray[np.int64]]]:
        """The records of each bucket, sorted by record id, with their row numbers; every record comes once."""
        for number in range(len(self._held)):
            data = b"".join([*self._read(number), *self._held[number]])
            self._held[number] = []
            if data:
                yield self._unpack(np.frombuffer(data, dtype=np.uint8).reshape(-1, self._row_bytes))

    def _unpack(self, packed: npt.NDArray[np.uint8]) -> tuple[EncodedRecords, npt.NDArray[np.int64]]:
        ids = np.ascontiguousarray(packed[:, :16])
        order = np.argsort(ids.view("S16").ravel(), kind="stable")
        packed = packed[order]
        rows = np.ascontiguousarray(packed[:, 18:26]).view("<i8").ravel()
        words = np.ascontiguousarray(packed[:, 26:]).view("<u8")
        return EncodedRecords(ids[order], packed[:, 16].copy(), packed[:, 17].copy(), words), rows

    def _flush(self) -> None:
        for number, parts in enumerate(self._held):
            if parts:
                file = self._files.get(number) or self._open(number)
                sealed = self._cipher.encrypt(self._next_nonce(), b"".join(parts), None)
                file.write(struct.pack("<QQ", self._nonce, len(sealed)) + sealed)
                self._held[number] = []
        self._held_bytes = 0

    def _open(self, number: int) -> BinaryIO:
        file = (self._folder / f"bucket-{number:04d}").open("w+b", buffering=0)
        self._files[number] = file
        return file

    def _read(self, number: int) -> Iterator[bytes]:
        file = self._files.get(number)
        if file is None:
            return
        file.seek(0, io.SEEK_SET)
        while head := file.read(16):
            nonce, length = struct.unpack("<QQ", head)
            yield self._cipher.decrypt(nonce.to_bytes(12, "big"), file.read(length), None)
        file.close()
        (self._folder / f"bucket-{number:04d}").unlink()

    def _next_nonce(self) -> bytes:
        self._nonce += 1
        return self._nonce.to_bytes(12, "big")

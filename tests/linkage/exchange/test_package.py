"""What goes into a package comes out of it, and nothing else can be seen from outside."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import oracle_package
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from oracle_parties import DRAFT, ROW_BYTES, SCHEMA, parties, records_of, seal

from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.errors import PackageRefused
from linkage.exchange.framing import CHUNK_BYTES, SEGMENT_BYTES
from linkage.exchange.package_reader import (
    VerifiedPackage,
    drop_canaries,
    open_package,
    package_digest,
    read_header,
)
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.records import EncodedRecords


def opened(path: Path, key: EnvelopeKey | None = None, **changes: Any) -> VerifiedPackage:
    keys = parties()
    expected = replace(keys.expected, **changes)
    return open_package(path, key or keys.unit.envelope_key, keys.trusted, expected)


def assert_equal(left: EncodedRecords, right: EncodedRecords) -> None:
    for name in ("record_ids", "operations", "flags", "words"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))


@pytest.mark.parametrize(
    "n",
    [
        0,
        1,
        2,
        CHUNK_BYTES // ROW_BYTES,
        CHUNK_BYTES // ROW_BYTES + 1,
        SEGMENT_BYTES // ROW_BYTES - 20,
        SEGMENT_BYTES // ROW_BYTES,
        SEGMENT_BYTES // ROW_BYTES + 1,
        3 * SEGMENT_BYTES // ROW_BYTES,
    ],
)
@pytest.mark.parametrize("batch", [7919, 65536])
def test_rows_come_back(tmp_path: Path, n: int, batch: int) -> None:
    records = records_of(n, deletes=n // 3)
    path = tmp_path / "a.cip"
    manifest = seal(path, records, kind="delta", sequence=2, previous="a" * 64)
    assert (manifest.rows, manifest.deletes, manifest.upserts) == (n, n // 3, n - n // 3)
    with opened(path) as package:
        assert package.manifest == manifest
        back = list(package.batches(batch))
        again = list(package.batches(1 + batch))
    assert [len(part) for part in back] == [min(batch, n - at) for at in range(0, n, batch)]
    if n:
        assert_equal(EncodedRecords.concatenate(back), records)
        assert_equal(EncodedRecords.concatenate(again), records)


def test_batches_are_arrays_of_their_own(tmp_path: Path) -> None:
    seal(tmp_path / "a.cip", records_of(3))
    with opened(tmp_path / "a.cip") as package:
        batches = list(package.batches(1))
    assert_equal(EncodedRecords.concatenate(batches), records_of(3))


def test_the_division_into_batches_leaves_no_trace(tmp_path: Path) -> None:
    records = records_of(2000)
    keys = parties()
    digests = []
    for name, step in (("a.cip", 2000), ("b.cip", 333)):
        recipient = keys.unit.public.envelope_key
        with PackageWriter(
            tmp_path / name, signer=keys.school, recipient=recipient, draft=DRAFT, schema=SCHEMA
        ) as writer:
            for start in range(0, 2000, step):
                writer.write(records.take(slice(start, start + step)))
            digests.append(writer.close().rows_digest)
    assert digests[0] == digests[1]
    sizes = {(tmp_path / name).stat().st_size for name in ("a.cip", "b.cip")}
    assert len(sizes) == 1


@pytest.mark.parametrize("n", [0, 1, 1500, 20_000])
def test_a_plain_reader_of_the_format_agrees(tmp_path: Path, n: int) -> None:
    records = records_of(n)
    manifest = seal(tmp_path / "a.cip", records)
    keys = parties()
    raw = (tmp_path / "a.cip").read_bytes()
    for private in (keys.unit.envelope_key, keys.school.envelope_key):
        plain = oracle_package.read(raw, private.secret.reveal())
        assert len(plain.rows) == n * ROW_BYTES
        assert plain.stated["rows_digest"] == oracle_package.rows_digest(plain.rows) == manifest.rows_digest
        assert plain.stated["columns"] == [["filter.names", 4], ["token.nhs", 1], ["block.birth", 1]]
        rows = np.frombuffer(plain.rows, dtype=np.uint8).reshape(n, ROW_BYTES)
        np.testing.assert_array_equal(rows[:, :16], records.record_ids)
        np.testing.assert_array_equal(rows[:, 18:].copy().view("<u8"), records.words)


def test_a_crafted_package_of_the_same_content_is_read(tmp_path: Path) -> None:
    """Writer and reader do not merely agree with each other: the oracle's package is accepted too."""
    keys = parties()
    seal(tmp_path / "a.cip", records_of(1200))
    plain = oracle_package.read((tmp_path / "a.cip").read_bytes(), keys.unit.envelope_key.secret.reveal())
    recipients = [keys.unit.public.envelope_key.raw, keys.school.public.envelope_key.raw]
    seed = keys.school.signing_key.seed.reveal()
    crafted = oracle_package.craft(
        recipients, lambda digest: plain.rows + oracle_package.trailer(plain.manifest, digest, seed)
    )
    (tmp_path / "b.cip").write_bytes(crafted)
    with opened(tmp_path / "b.cip") as package:
        assert_equal(EncodedRecords.concatenate(list(package.batches())), records_of(1200))


def test_the_source_opens_its_own_copy(tmp_path: Path) -> None:
    keys = parties()
    unit = keys.unit.public.envelope_key.fingerprint
    seal(tmp_path / "a.cip", records_of(10))
    with opened(tmp_path / "a.cip", keys.school.envelope_key, recipient=unit) as package:
        assert package.manifest.recipient == unit
    with pytest.raises(PackageRefused, match="recipient: expected 0000"):
        opened(tmp_path / "a.cip", keys.school.envelope_key, recipient="0" * 64)


def test_without_a_copy_the_source_cannot_open(tmp_path: Path) -> None:
    keys = parties()
    assert seal(tmp_path / "a.cip", records_of(10), sender_copy=False).sender_copy is None
    with opened(tmp_path / "a.cip"):
        pass
    with pytest.raises(PackageRefused, match="recipient: expected a package for the key"):
        opened(tmp_path / "a.cip", keys.school.envelope_key)


def test_from_outside_only_recipients_and_length_show(tmp_path: Path) -> None:
    keys = parties()
    seal(tmp_path / "a.cip", records_of(100))
    header = read_header(tmp_path / "a.cip")
    assert header.fingerprints == (
        keys.unit.public.envelope_key.fingerprint,
        keys.school.public.envelope_key.fingerprint,
    )
    raw = (tmp_path / "a.cip").read_bytes()
    for stated in (b"school", b"children", b"5" * 64, b"snapshot"):
        assert stated not in raw


def test_the_digest_is_that_of_the_whole_file(tmp_path: Path) -> None:
    keys = parties()
    path = tmp_path / "a.cip"
    with PackageWriter(
        path, signer=keys.school, recipient=keys.unit.public.envelope_key, draft=DRAFT, schema=SCHEMA
    ) as writer:
        writer.write(records_of(5000))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with opened(path) as package:
        assert digest == writer.digest == package.digest == package_digest(path)


def test_canaries_are_dropped(tmp_path: Path) -> None:
    records = records_of(100)
    kept = drop_canaries(records)
    assert len(kept) == int(((records.flags & 2) == 0).sum()) < 100
    assert not (kept.flags & 2).any()
    assert drop_canaries(kept) is kept


def test_no_row_of_a_file_that_changed_is_handed_out(tmp_path: Path) -> None:
    path = tmp_path / "a.cip"
    seal(path, records_of(40_000))
    with opened(path) as package:
        first_batches = package.batches(1000)
        next(first_batches)
        with path.open("r+b") as file:
            file.seek(-70_000, 2)
            file.write(bytes(10))
        with pytest.raises(PackageRefused, match="changed while it was being read"):
            list(first_batches)
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(PackageRefused, match="changed while it was being read"):
            list(package.batches())


def test_a_change_with_valid_tags_shows_as_well(tmp_path: Path) -> None:
    """The sender knows the chunk key and could exchange the content between the two passes."""
    keys = parties()
    seal(tmp_path / "a.cip", records_of(1200))
    plain = oracle_package.read((tmp_path / "a.cip").read_bytes(), keys.unit.envelope_key.secret.reveal())
    recipients = [keys.unit.public.envelope_key.raw, keys.school.public.envelope_key.raw]
    seed = keys.school.signing_key.seed.reveal()
    headers: list[bytes] = []

    def honest(digest: bytes) -> bytes:
        headers.append(digest)
        return plain.rows + oracle_package.trailer(plain.manifest, digest, seed)

    crafted = oracle_package.craft(recipients, honest)
    (tmp_path / "b.cip").write_bytes(crafted)
    with opened(tmp_path / "b.cip") as package:
        n_header = len(plain.header)
        key = oracle_package.hkdf(b"k" * 32, headers[0], oracle_package.labelled(b"package chunks"))
        cipher = ChaCha20Poly1305(key)
        nonce = bytes(12)
        chunk = bytearray(cipher.decrypt(nonce, crafted[n_header : n_header + CHUNK_BYTES + 16], None))
        chunk[40] ^= 1
        with (tmp_path / "b.cip").open("r+b") as file:
            file.seek(n_header)
            file.write(cipher.encrypt(nonce, bytes(chunk), None))
        with pytest.raises(PackageRefused, match="changed while it was being read"):
            list(package.batches())

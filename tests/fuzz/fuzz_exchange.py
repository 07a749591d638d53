"""Fuzz target for everything that reads bytes of others: packages, manifests, key files.

Run outside pytest, with atheris (https://github.com/google/atheris) installed beside the test requirements::

    python tests/fuzz/fuzz_exchange.py [CORPUS] [-max_total_time=600] [other options of libFuzzer]

A fuzzer that only changes a sealed file would stop at the first tag for ever. So the first byte of an input chooses
how deep the rest of it is put: as the file itself, over a part of a valid file, as plaintext in a proper envelope, as
a manifest with a valid signature, as rows below such a manifest, as a key file, as a public key file. Whatever is not
one of our refusals is a finding, and so is a package that is accepted with another manifest than the honest one.
"""

import importlib
import io
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from linkage.exchange.canonical import write_canonical
from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.errors import KeyRefused, PackageRefused
from linkage.exchange.expectation import Expectation
from linkage.exchange.framing import ChunkSealer
from linkage.exchange.key_files import KeyFileKind, read_key_file
from linkage.exchange.manifest import parse_manifest
from linkage.exchange.package_header import PackageHeader, seal_header
from linkage.exchange.package_reader import open_package
from linkage.exchange.public_keys import PublicKeys, read_public_keys
from linkage.exchange.row_digest import RowDigest
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.exchange.signing import SigningKey
from linkage.exchange.trailer import USE

CONTENT_KEY = bytes(32)
SCHEMA = RecordSchema.of([(ColumnKind.FILTER, "names", 1)])
ROW_BYTES = 26
KIND = KeyFileKind("fuzz", "fuzzed key", 32, {"name": str})
ROWS = b"".join(bytes([0] * 15 + [number, 0, 0]) + b"12345678" for number in range(1, 4))


@dataclass(frozen=True)
class Laboratory:
    """A unit, a source and the header of every package between them."""

    unit: EnvelopeKey
    signing_key: SigningKey
    source: PublicKeys
    header: PackageHeader

    def seal(self, plain: bytes) -> bytes:
        """A proper envelope around any plaintext."""
        out = bytearray(self.header.raw)
        sealer = ChunkSealer(self.header.chunk_key(CONTENT_KEY), out.extend)
        sealer.write(plain or b"\x00")
        sealer.finish()
        return bytes(out)

    def signed(self, manifest: bytes) -> bytes:
        """The end of a plaintext, signed by the source."""
        fingerprint = self.source.verifying_key.fingerprint_bytes
        signature = self.signing_key.sign(USE, self.header.digest, fingerprint, manifest)
        return manifest + fingerprint + signature + len(manifest).to_bytes(4, "big")

    def stated(self, rows: bytes) -> dict[str, object]:
        """What an honest source states about some rows."""
        digest, n_rows = RowDigest(), len(rows) // ROW_BYTES
        digest.update(rows)
        return {
            "format": "childindex package",
            "version": 1,
            "project": "children",
            "source": "school",
            "sequence": 2,
            "kind": "delta",
            "previous": "0" * 64,
            "created": "2026-01-01T00:00:00Z",
            "expires": None,
            "purpose": "fuzz",
            "specification": "5" * 64,
            "normaliser": "1",
            "software": "1",
            "key_epoch": 1,
            "key_check": "c" * 32,
            "rows": n_rows,
            "upserts": n_rows,
            "deletes": 0,
            "rows_digest": digest.hexdigest(),
            "recipient": self.unit.public.fingerprint,
            "sender_copy": None,
            "risk_report": None,
            "columns": [["filter.names", 1]],
        }

    def open(self, raw: bytes) -> bool:
        """Whether the unit accepts a file; its rows are read, too."""
        expected = Expectation(project="children", specification="5" * 64, schema=SCHEMA)
        try:
            with open_package(io.BytesIO(raw), self.unit, {"school": self.source}, expected) as package:
                rows = sum(len(batch) for batch in package.batches(2))
        except PackageRefused:
            return False
        if rows != package.manifest.rows:
            raise AssertionError("an accepted package counts other rows than it hands out")
        return True


@cache
def laboratory() -> Laboratory:
    """The keys, drawn once a process."""
    unit, envelope_key, signing_key = EnvelopeKey.generate(), EnvelopeKey.generate(), SigningKey.generate()
    source = PublicKeys("source", "school", signing_key.verifying_key, envelope_key.public)
    return Laboratory(unit, signing_key, source, seal_header(CONTENT_KEY, [unit.public]))


@cache
def honest_plaintext() -> bytes:
    """What the source seals."""
    keys = laboratory()
    return ROWS + keys.signed(write_canonical(keys.stated(ROWS)))


@cache
def honest() -> bytes:
    """A package that is accepted."""
    raw = laboratory().seal(honest_plaintext())
    if not laboratory().open(raw):
        raise AssertionError("the honest package is refused")
    return raw


def as_file(data: bytes) -> None:
    """The input is the file."""
    if laboratory().open(data) and data != honest():
        raise AssertionError("noise was accepted")


def over_a_file(data: bytes) -> None:
    """The input lies over a part of a valid file; its first two bytes say where."""
    at = int.from_bytes(data[:2], "big") % len(honest())
    raw = honest()[:at] + data[2:] + honest()[at + len(data) - 2 :]
    if len(data) > 2 and raw != honest() and laboratory().open(raw):
        raise AssertionError("a changed file was accepted")


def as_plaintext(data: bytes) -> None:
    """The input is the plaintext that somebody without the source's key seals."""
    if laboratory().open(laboratory().seal(data)) and data != honest_plaintext():
        raise AssertionError("an unsigned plaintext was accepted")


def as_manifest(data: bytes) -> None:
    """The input is a manifest that the source signed."""
    keys = laboratory()
    accepted = keys.open(keys.seal(ROWS + keys.signed(data)))
    if accepted and parse_manifest(data).rows_digest != keys.stated(ROWS)["rows_digest"]:
        raise AssertionError("a manifest of other rows was accepted")


def as_rows(data: bytes) -> None:
    """The input is the rows, under a manifest that counts and digests them rightly."""
    keys = laboratory()
    keys.open(keys.seal(data + keys.signed(write_canonical(keys.stated(data)))))


def as_key_file(data: bytes) -> None:
    """The input is a private key file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzz.key"
        path.touch(mode=0o600)
        path.write_bytes(data)
        try:
            read_key_file(path, KIND, None)
        except KeyRefused:
            return


def as_public_key_file(data: bytes) -> None:
    """The input is a public key file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzz.pub"
        path.write_bytes(data)
        try:
            read_public_keys(path, role="source")
        except KeyRefused:
            return


DEPTHS = (as_file, over_a_file, as_plaintext, as_manifest, as_rows, as_key_file, as_public_key_file)


def one_input(data: bytes) -> None:
    """Read one input as deep as its first byte says."""
    if data:
        DEPTHS[data[0] % len(DEPTHS)](data[1:])


def seeds() -> list[bytes]:
    """Valid inputs of several depths, from which a fuzzer gets on faster than from nothing."""
    keys = laboratory()
    manifest = write_canonical(keys.stated(ROWS))
    about = {"about": {"name": "a"}, "format": "childindex key", "purpose": "fuzz", "version": 1}
    key_file = write_canonical(about | {"protection": "none", "salt": None, "secret": "AAAA"}) + b"\n"
    return [
        b"\x00" + honest(),
        b"\x01\x00\x00" + honest()[:100],
        b"\x02" + honest_plaintext(),
        b"\x03" + manifest,
        b"\x04" + ROWS,
        b"\x05" + key_file,
    ]


def main() -> int:
    """Fuzz until libFuzzer stops; without atheris say what to install and leave."""
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        # Not a requirement: it has no wheels for every Python that we support.
        sys.stderr.write(
            "atheris is not installed; `pip install atheris` (CPython on Linux), then run again\n"
        )
        return 0
    atheris.instrument_all()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())

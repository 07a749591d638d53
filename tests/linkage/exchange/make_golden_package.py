"""Writes package-v1.cip, a package of version 1 that every later version has to read.

    python tests/linkage/exchange/make_golden_package.py

Sealing draws fresh keys, so each run makes another file: run it only when a new version of the format gets a golden
package of its own, and leave the old ones as they are. The private keys are made from words that stand here, and
protect nothing.
"""

import hashlib
from pathlib import Path

import numpy as np

from encoders.keys.source_keys import SourceKeys
from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.expectation import Expectation
from linkage.exchange.manifest import ManifestDraft
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.primitives import HpkeSuite
from linkage.exchange.records import EncodedRecords
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.exchange.secret_bytes import SecretBytes
from linkage.exchange.signing import SigningKey

GOLDEN = Path(__file__).with_name("package-v1.cip")
SCHEMA = RecordSchema.of([(ColumnKind.FILTER, "names", 2), (ColumnKind.BLOCK, "birth", 1)])
N_ROWS = 5


def drawn(word: str, n_bytes: int) -> SecretBytes:
    """Bytes that follow from a word."""
    return SecretBytes(hashlib.shake_256(f"golden package: {word}".encode()).digest(n_bytes))


def envelope_key(word: str) -> EnvelopeKey:
    """A hybrid key pair that follows from a word."""
    suite = HpkeSuite.ML_KEM_768_X25519
    return EnvelopeKey(suite, drawn(word, suite.private_bytes))


UNIT = envelope_key("unit")
SOURCE = SourceKeys("school", SigningKey(drawn("signing", 32)), envelope_key("school"))
EXPECTED = Expectation(
    project="golden",
    specification="5" * 64,
    schema=SCHEMA,
    normaliser="1",
    key_checks={1: "c" * 32},
    source="school",
    purpose="golden vector",
    recipient=UNIT.public.fingerprint,
)
DRAFT = ManifestDraft(
    project="golden",
    source="school",
    sequence=1,
    kind="snapshot",
    previous=None,
    created="2026-01-01T00:00:00Z",
    expires=None,
    purpose="golden vector",
    specification="5" * 64,
    normaliser="1",
    software="0.1.0",
    key_epoch=1,
    key_check="c" * 32,
)


def records() -> EncodedRecords:
    """Five records whose every byte is counted up."""
    ids = np.arange(16 * N_ROWS, dtype=np.uint8).reshape(N_ROWS, 16)
    flags = np.array([0, 1, 2, 3, 0], dtype=np.uint8)
    words = np.arange(3 * N_ROWS, dtype=np.uint64).reshape(N_ROWS, 3) * np.uint64(0x0123456789ABCDEF)
    return EncodedRecords(ids, np.zeros(N_ROWS, dtype=np.uint8), flags, words)


if __name__ == "__main__":
    GOLDEN.unlink(missing_ok=True)
    with PackageWriter(GOLDEN, signer=SOURCE, recipient=UNIT.public, draft=DRAFT, schema=SCHEMA) as writer:
        writer.write(records())

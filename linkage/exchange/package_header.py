"""The outer header of a package: all that can be read of it without a key.

It says which version the file has and for which keys it is sealed, and names nobody. One layout, every length
known before a byte is read (integers big-endian)::

    magic (8) | version (2) | commitment (32) | number of stanzas (1) | stanzas
    stanza: suite (2) | fingerprint of the key (32) | content key, sealed by HPKE (length fixed by the suite)

The first stanza is for the linkage unit. A second one may seal the same content key to the source itself, so that
its privacy officer can open what is about to leave. The commitment makes sure that both keys open the same content:
ChaCha20-Poly1305 alone would let a crafted file decrypt to one thing for the officer and to another for the unit
(Albertini, Duong, Gueron, Kölbl, Luykx, Schmieg: How to Abuse and Fix Authenticated Encryption Without Key
Commitment, USENIX Security 2022).
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import BinaryIO

from linkage.exchange.envelopes import EnvelopeKey, EnvelopePublicKey
from linkage.exchange.errors import PackageRefused
from linkage.exchange.folders import PACKAGE_MAGIC
from linkage.exchange.labels import label
from linkage.exchange.primitives import KEY_BYTES, HpkeSuite, NotAuthentic, hkdf_sha256

__all__ = ["VERSION", "PackageHeader", "Stanza", "parse_header", "seal_header"]

VERSION = 1
MOST_STANZAS = 2
FINGERPRINT_BYTES = 32


@dataclass(frozen=True)
class Stanza:
    """The content key, sealed to one recipient."""

    suite: HpkeSuite
    fingerprint: bytes
    sealed_key: bytes


@dataclass(frozen=True)
class PackageHeader:
    """The outer header.

    Attributes
    ----------
    stanzas
        For the unit, then perhaps for the source itself.
    raw
        The bytes as they stand in the file; everything behind them is sealed chunks.
    """

    commitment: bytes
    stanzas: tuple[Stanza, ...]
    raw: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the header; the source signs it."""
        return hashlib.sha256(self.raw).digest()

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Fingerprints, in hex, of the keys that open the package."""
        return tuple(stanza.fingerprint.hex() for stanza in self.stanzas)

    def chunk_key(self, content_key: bytes) -> bytes:
        """The key of the chunks: bound to every byte of this header."""
        return hkdf_sha256(content_key, salt=self.digest, info=label("package chunks"))

    def open(self, key: EnvelopeKey) -> bytes:
        """The content key, opened with the key of one of the stanzas.

        Raises
        ------
        PackageRefused
            If no stanza is for this key, or it does not open.
        """
        mine = key.public.fingerprint_bytes
        for stanza in self.stanzas:
            if stanza.fingerprint == mine:
                return self._open(stanza, key)
        raise PackageRefused(
            f"recipient: expected a package for the key {key.public.fingerprint}, found one for "
            f"{' and '.join(self.fingerprints)}; ask the source to seal it with your present unit.pub"
        )

    def _open(self, stanza: Stanza, key: EnvelopeKey) -> bytes:
        try:
            info = _context(stanza.suite, stanza.fingerprint, self.commitment)
            content_key = key.open(stanza.sealed_key, info=info)
        except NotAuthentic:
            content_key = b""
        if len(content_key) != KEY_BYTES or not hmac.compare_digest(_commit(content_key), self.commitment):
            raise PackageRefused(
                "header: the sealed content key does not open; the file was damaged or changed, fetch it again"
            )
        return content_key


def seal_header(content_key: bytes, recipients: list[EnvelopePublicKey]) -> PackageHeader:
    """Seal a content key to one or two recipients, the unit first."""
    commitment = _commit(content_key)
    stanzas = []
    for recipient in recipients:
        info = _context(recipient.suite, recipient.fingerprint_bytes, commitment)
        sealed = recipient.seal(content_key, info=info)
        stanzas.append(Stanza(recipient.suite, recipient.fingerprint_bytes, sealed))
    raw = PACKAGE_MAGIC + VERSION.to_bytes(2, "big") + commitment + len(stanzas).to_bytes(1, "big")
    for stanza in stanzas:
        raw += int(stanza.suite).to_bytes(2, "big") + stanza.fingerprint + stanza.sealed_key
    return PackageHeader(commitment, tuple(stanzas), raw)


def parse_header(file: BinaryIO) -> PackageHeader:
    """Read the header from the start of a file.

    Raises
    ------
    PackageRefused
        If it is not a package, of another version, or cut short.
    """
    reader = _Reader(file)
    start = file.read(len(PACKAGE_MAGIC))
    if start != PACKAGE_MAGIC:
        raise PackageRefused(
            "header: this is not a childindex package, or it was transferred as text; transfer it as binary"
        )
    reader.raw += start
    version = int.from_bytes(reader.take(2), "big")
    if version != VERSION:
        raise PackageRefused(
            f"header: expected version {VERSION}, found {version}; install a childindex that reads it"
        )
    commitment = reader.take(KEY_BYTES)
    n_stanzas = reader.take(1)[0]
    if not 1 <= n_stanzas <= MOST_STANZAS:
        raise PackageRefused(f"header: expected 1 or {MOST_STANZAS} recipients, found {n_stanzas}")
    stanzas = tuple(_stanza(reader) for _ in range(n_stanzas))
    return PackageHeader(commitment, stanzas, reader.raw)


class _Reader:
    """Takes pieces of known length from a file and remembers them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.raw = b""

    def take(self, n_bytes: int) -> bytes:
        piece = self._file.read(n_bytes)
        if len(piece) != n_bytes:
            raise PackageRefused("header: the file is cut short; fetch it again")
        self.raw += piece
        return piece


def _stanza(reader: _Reader) -> Stanza:
    number = int.from_bytes(reader.take(2), "big")
    try:
        suite = HpkeSuite(number)
    except ValueError:
        raise PackageRefused(
            f"header: expected suite 1 or 2, found {number}; the file was damaged or changed"
        ) from None
    fingerprint = reader.take(FINGERPRINT_BYTES)
    return Stanza(suite, fingerprint, reader.take(suite.sealed_bytes(KEY_BYTES)))


def _commit(content_key: bytes) -> bytes:
    return hkdf_sha256(content_key, salt=b"", info=label("package content key commitment"))


def _context(suite: HpkeSuite, fingerprint: bytes, commitment: bytes) -> bytes:
    parts = (VERSION.to_bytes(2, "big"), int(suite).to_bytes(2, "big"), fingerprint, commitment)
    return label("package content key", *parts)

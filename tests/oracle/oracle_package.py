"""The sealed package once more, written from docs/package-format.md alone and in the plainest way.

Knows nothing of `linkage.exchange`. `read` is the slow twin of the reader; `craft` seals whatever plaintext it is
given, so that tests can make packages that no honest writer makes.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = bytes.fromhex("89 43 49 50 0d 0a 1a 0a")
CHUNK = 65536
SEGMENT = 1 << 20


def labelled(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in (b"childindex", *parts))


def fingerprint(use: bytes, *parts: bytes) -> bytes:
    return hashlib.sha256(labelled(use, *parts)).digest()


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


def hybrid_suite() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


@dataclass(frozen=True)
class Opened:
    """The parts of a package, nothing of it checked beyond the tags."""

    header: bytes
    rows: bytes
    manifest: bytes
    signer: bytes
    signature: bytes

    @property
    def stated(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.manifest)
        return content


def rows_digest(rows: bytes) -> str:
    segments = [hashlib.sha256(rows[at : at + SEGMENT]).digest() for at in range(0, len(rows), SEGMENT)]
    return fingerprint(b"package rows", len(rows).to_bytes(8, "big"), b"".join(segments)).hex()


def read(raw: bytes, private: bytes) -> Opened:
    """Open a package whose stanzas are all of the hybrid suite, with the 96 private bytes of one recipient."""
    lattice = MLKEM768PrivateKey.from_seed_bytes(private[:64])
    curve = X25519PrivateKey.from_private_bytes(private[64:])
    public = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    mine = fingerprint(b"envelope key", b"\x00\x01", public)
    assert raw[:8] == MAGIC
    assert raw[8:10] == b"\x00\x01"
    commitment, n_stanzas, at = raw[10:42], raw[42], 43
    content_key = b""
    for _ in range(n_stanzas):
        stanza, at = raw[at : at + 1202], at + 1202
        if stanza[2:34] == mine:
            info = labelled(b"package content key", b"\x00\x01", stanza[:2], mine, commitment)
            content_key = hybrid_suite().decrypt(
                stanza[34:], MLKEM768X25519PrivateKey(lattice, curve), info=info
            )
    assert hkdf(content_key, b"", labelled(b"package content key commitment")) == commitment
    header, sealed = raw[:at], raw[at:]
    cipher = ChaCha20Poly1305(hkdf(content_key, hashlib.sha256(header).digest(), labelled(b"package chunks")))
    starts = range(0, len(sealed), CHUNK + 16)
    plain = b"".join(
        cipher.decrypt(
            number.to_bytes(11, "big") + bytes([start == starts[-1]]),
            sealed[start : start + CHUNK + 16],
            None,
        )
        for number, start in enumerate(starts)
    )
    length = int.from_bytes(plain[-4:], "big")
    body, end = plain[: -100 - length], plain[-100 - length :]
    return Opened(header, body, end[:length], end[length : length + 32], end[length + 32 : length + 96])


def craft(
    recipients: list[bytes], plaintext: Callable[[bytes], bytes], sealed_keys: list[bytes] | None = None
) -> bytes:
    """Seal a plaintext, made from the header's digest, to hybrid public keys of 1,216 bytes each.

    Everything stands under the first of `sealed_keys`; each recipient gets the one in its place.
    """
    keys = sealed_keys or [b"k" * 32] * len(recipients)
    content_key = keys[0]
    commitment = hkdf(content_key, b"", labelled(b"package content key commitment"))
    header = MAGIC + b"\x00\x01" + commitment + bytes([len(recipients)])
    for public, sealed_key in zip(recipients, keys, strict=True):
        name = fingerprint(b"envelope key", b"\x00\x01", public)
        info = labelled(b"package content key", b"\x00\x01", b"\x00\x01", name, commitment)
        lattice = MLKEM768PublicKey.from_public_bytes(public[:1184])
        key = MLKEM768X25519PublicKey(lattice, X25519PublicKey.from_public_bytes(public[1184:]))
        header += b"\x00\x01" + name + hybrid_suite().encrypt(sealed_key, key, info=info)
    digest = hashlib.sha256(header).digest()
    cipher = ChaCha20Poly1305(hkdf(content_key, digest, labelled(b"package chunks")))
    plain = plaintext(digest)
    starts = range(0, len(plain), CHUNK)
    return header + b"".join(
        cipher.encrypt(
            number.to_bytes(11, "big") + bytes([start == starts[-1]]), plain[start : start + CHUNK], None
        )
        for number, start in enumerate(starts)
    )


def trailer(manifest: bytes, header_digest: bytes, seed: bytes) -> bytes:
    """The manifest, signed with an Ed25519 seed."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signer = fingerprint(b"signing key", key.public_key().public_bytes_raw())
    signature = key.sign(labelled(b"package manifest", header_digest, signer, manifest))
    return manifest + signer + signature + len(manifest).to_bytes(4, "big")


def canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

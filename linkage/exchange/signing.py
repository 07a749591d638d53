"""Signing keys and the keys that check them.

A signature always covers a label first, so that what was signed as one thing never passes for another. The private
keys stay where they belong: a source's in `encoders`, the unit's log key with the unit's keys.
"""

from dataclasses import dataclass

from linkage.exchange.labels import label, labelled_digest
from linkage.exchange.primitives import KEY_BYTES, UnusableKey, public_key_of, sign, verify
from linkage.exchange.secret_bytes import SecretBytes

__all__ = ["SigningKey", "VerifyingKey"]


@dataclass(frozen=True)
class VerifyingKey:
    """An Ed25519 public key of 32 bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_BYTES:
            raise UnusableKey

    def __repr__(self) -> str:
        return f"VerifyingKey(fingerprint {self.fingerprint})"

    @property
    def fingerprint_bytes(self) -> bytes:
        """SHA-256 over the key."""
        return labelled_digest("signing key", self.raw)

    @property
    def fingerprint(self) -> str:
        """The fingerprint in hex."""
        return self.fingerprint_bytes.hex()

    def verify(self, signature: bytes, use: str, *parts: str | bytes) -> None:
        """Check a signature over a labelled message; raises `primitives.NotAuthentic`, never returns False."""
        verify(self.raw, signature, label(use, *parts))


class SigningKey:
    """An Ed25519 private key."""

    def __init__(self, seed: SecretBytes) -> None:
        self.seed = seed
        self.verifying_key = VerifyingKey(public_key_of(seed.reveal()))

    @classmethod
    def generate(cls) -> "SigningKey":
        """Draw a key."""
        return cls(SecretBytes.random(KEY_BYTES))

    def __repr__(self) -> str:
        return f"SigningKey(fingerprint {self.verifying_key.fingerprint}, <secret>)"

    def sign(self, use: str, *parts: str | bytes) -> bytes:
        """Sign a labelled message."""
        return sign(self.seed.reveal(), label(use, *parts))

"""Envelope key pairs: what is sealed to the public half opens with the private half only."""

from dataclasses import dataclass

from linkage.exchange.labels import labelled_digest
from linkage.exchange.primitives import (
    HpkeOpener,
    HpkeSuite,
    check_hpke_public,
    generate_hpke_private,
    hpke_seal,
)
from linkage.exchange.secret_bytes import SecretBytes

__all__ = ["EnvelopeKey", "EnvelopePublicKey"]


@dataclass(frozen=True)
class EnvelopePublicKey:
    """The public half; `primitives.UnusableKey` on construction if the bytes are no key of the suite."""

    suite: HpkeSuite
    raw: bytes

    def __post_init__(self) -> None:
        check_hpke_public(self.suite, self.raw)

    def __repr__(self) -> str:
        return f"EnvelopePublicKey({self.suite.name}, fingerprint {self.fingerprint})"

    @property
    def fingerprint_bytes(self) -> bytes:
        """SHA-256 over suite and key."""
        return labelled_digest("envelope key", int(self.suite).to_bytes(2, "big"), self.raw)

    @property
    def fingerprint(self) -> str:
        """The fingerprint in hex: what people compare over the telephone."""
        return self.fingerprint_bytes.hex()

    def seal(self, message: bytes, *, info: bytes) -> bytes:
        """Seal a short message; opening needs the same `info`, the context that is authenticated with it."""
        return hpke_seal(self.suite, self.raw, message, info=info)


class EnvelopeKey:
    """The private half, with its public one."""

    def __init__(self, suite: HpkeSuite, secret: SecretBytes) -> None:
        self._opener = HpkeOpener(suite, secret.reveal())
        self.secret = secret
        self.public = EnvelopePublicKey(suite, self._opener.public)

    @classmethod
    def generate(cls) -> "EnvelopeKey":
        """Draw a key pair of the best suite that this installation has."""
        suite, private = generate_hpke_private()
        return cls(suite, SecretBytes(private))

    def __repr__(self) -> str:
        return f"EnvelopeKey(fingerprint {self.public.fingerprint}, <secret>)"

    def open(self, sealed: bytes, *, info: bytes) -> bytes:
        """Open, or raise `primitives.NotAuthentic` if it was sealed to another key or `info`, or was changed."""
        return self._opener.open(sealed, info=info)

"""A signing key and an envelope key in one key file, as the unit and each source have them."""

from pathlib import Path

from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.errors import KeyRefused
from linkage.exchange.key_files import KeyFile
from linkage.exchange.primitives import KEY_BYTES, HpkeSuite, UnusableKey
from linkage.exchange.secret_bytes import SecretBytes
from linkage.exchange.signing import SigningKey

__all__ = ["PAIR_BYTES", "key_pair", "pair_secret"]

PAIR_BYTES = tuple(KEY_BYTES + suite.private_bytes for suite in HpkeSuite)
"""Lengths of the secret of such a file, by suite."""


def pair_secret(signing_key: SigningKey, envelope_key: EnvelopeKey) -> SecretBytes:
    """The secret of a key file: the seed of the signing key, then the envelope key."""
    return SecretBytes(signing_key.seed.reveal() + envelope_key.secret.reveal())


def key_pair(path: Path, key: KeyFile) -> tuple[SigningKey, EnvelopeKey]:
    """The keys of a file whose `about` names the suite; `path` is for messages.

    Raises
    ------
    KeyRefused
        If this software cannot use the suite.
    """
    raw = key.secret.reveal()
    try:
        envelope_key = EnvelopeKey(HpkeSuite(key.about["suite"]), SecretBytes(raw[KEY_BYTES:]))
    except (UnusableKey, ValueError):
        raise KeyRefused(
            f"{path}: its suite is not available here; install the `cryptography` with ML-KEM that made it"
        ) from None
    return SigningKey(SecretBytes(raw[:KEY_BYTES])), envelope_key

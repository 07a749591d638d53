"""The cryptographic primitives, the only place that knows the `cryptography` package.

Nothing is invented here: ChaCha20-Poly1305 (RFC 8439), HKDF-SHA256 (RFC 5869), Ed25519 (RFC 8032), Argon2id
(RFC 9106) and HPKE in base mode (RFC 9180), with X25519 or with ML-KEM-768 and X25519 together
(draft-ietf-hpke-pq). Bytes go in and come out, and the library's errors become `NotAuthentic` or `UnusableKey`, which
carry no detail: what failed is for the caller to say, who knows where.
"""

from enum import IntEnum

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
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
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = [
    "KEY_BYTES",
    "NONCE_BYTES",
    "SIGNATURE_BYTES",
    "TAG_BYTES",
    "Cipher",
    "HpkeOpener",
    "HpkeSuite",
    "NotAuthentic",
    "UnusableKey",
    "argon2id",
    "check_hpke_public",
    "generate_hpke_private",
    "hkdf_sha256",
    "hpke_seal",
    "public_key_of",
    "sign",
    "verify",
]

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
SIGNATURE_BYTES = 64
X25519_BYTES = 32


class NotAuthentic(Exception):
    """A tag or a signature does not verify."""


class UnusableKey(Exception):
    """Bytes that are not a key of the algorithm, or an algorithm that this installation lacks."""


# ---------------------------------------------------------------- derivation


def hkdf_sha256(secret: bytes, *, salt: bytes, info: bytes, length: int = KEY_BYTES) -> bytes:
    """HKDF-SHA256: `length` bytes that tell nothing about `secret` or about keys of other `info`."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def argon2id(passphrase: bytes, *, salt: bytes, iterations: int, lanes: int, memory_kib: int) -> bytes:
    """Argon2id: a 32-byte key from a passphrase, slow and hungry on purpose."""
    kdf = Argon2id(salt=salt, length=KEY_BYTES, iterations=iterations, lanes=lanes, memory_cost=memory_kib)
    return kdf.derive(passphrase)


# ---------------------------------------------------------------- signatures


def public_key_of(seed: bytes) -> bytes:
    """The 32-byte Ed25519 public key that belongs to a 32-byte private seed."""
    return _signing_key(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """Ed25519 signature of 64 bytes; the message must begin with a label that says what is being signed."""
    return _signing_key(seed).sign(message)


def verify(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Check an Ed25519 signature.

    Raises
    ------
    NotAuthentic
        If the signature is not this key's signature of this message.
    UnusableKey
        If `public_key` is not an Ed25519 public key.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKey from error
    try:
        key.verify(signature, message)
    except InvalidSignature as error:
        raise NotAuthentic from error


def _signing_key(seed: bytes) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(seed)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKey from error


# ---------------------------------------------------------------- encryption under a shared key


class Cipher:
    """ChaCha20-Poly1305 under one key, between buffers of the caller.

    A nonce must never come twice under one key: callers count, or draw a key for a single message.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)

    def __repr__(self) -> str:
        return "Cipher(<key>)"

    def seal_into(self, nonce: bytes, plaintext: bytes | bytearray | memoryview, out: memoryview) -> None:
        """Encrypt into `out`, which must be exactly 16 bytes longer than the plaintext."""
        self._cipher.encrypt_into(nonce, plaintext, None, out)

    def open_into(self, nonce: bytes, sealed: bytes | memoryview, out: memoryview) -> None:
        """Check and decrypt into `out`, which must be exactly 16 bytes shorter than `sealed`.

        Raises
        ------
        NotAuthentic
            If the tag does not verify; what then stands in `out` must not be used.
        """
        try:
            self._cipher.decrypt_into(nonce, sealed, None, out)
        except InvalidTag as error:
            raise NotAuthentic from error

    def seal(self, nonce: bytes, plaintext: bytes, *, about: bytes) -> bytes:
        """Encrypt a short message and authenticate `about` with it."""
        return self._cipher.encrypt(nonce, plaintext, about)

    def open(self, nonce: bytes, sealed: bytes, *, about: bytes) -> bytes:
        """Check and decrypt a short message, or raise `NotAuthentic`."""
        try:
            return self._cipher.decrypt(nonce, sealed, about)
        except InvalidTag as error:
            raise NotAuthentic from error


# ---------------------------------------------------------------- encryption to a public key


class HpkeSuite(IntEnum):
    """The two suites, by the numbers that stand in files; HKDF-SHA256 and ChaCha20-Poly1305 in both.

    The hybrid keeps what is sealed today from a quantum computer of later years. A key pair belongs to one suite
    for ever: nothing is negotiated, so nothing can be downgraded.
    """

    ML_KEM_768_X25519 = 1
    X25519 = 2

    @property
    def public_bytes(self) -> int:
        """Length of a public key: ML-KEM key (hybrid only), then X25519 key."""
        return X25519_BYTES + (1184 if self is HpkeSuite.ML_KEM_768_X25519 else 0)

    @property
    def private_bytes(self) -> int:
        """Length of a private key: ML-KEM seed (hybrid only), then X25519 scalar."""
        return X25519_BYTES + (64 if self is HpkeSuite.ML_KEM_768_X25519 else 0)

    def sealed_bytes(self, message_bytes: int) -> int:
        """Length of a sealed message."""
        encapsulated = 1120 if self is HpkeSuite.ML_KEM_768_X25519 else X25519_BYTES
        return encapsulated + message_bytes + TAG_BYTES


def generate_hpke_private() -> tuple[HpkeSuite, bytes]:
    """Draw a private key of the best suite that this installation has."""
    curve = x25519.X25519PrivateKey.generate().private_bytes_raw()
    try:
        seed = mlkem.MLKEM768PrivateKey.generate().private_bytes_raw()
    except UnsupportedAlgorithm:
        return HpkeSuite.X25519, curve
    return HpkeSuite.ML_KEM_768_X25519, seed + curve


def check_hpke_public(suite: HpkeSuite, public: bytes) -> None:
    """Raise `UnusableKey` unless the bytes are a public key of the suite."""
    _hpke_public(suite, public)


def hpke_seal(suite: HpkeSuite, public: bytes, message: bytes, *, info: bytes) -> bytes:
    """Seal to a public key. HPKE authenticates no sender: whoever opens must check a signature inside.

    Raises
    ------
    UnusableKey
        If the bytes are not a public key of the suite.
    """
    try:
        return _hpke(suite).encrypt(message, _hpke_public(suite, public), info=info)
    except ValueError as error:  # a point of low order
        raise UnusableKey from error


class HpkeOpener:
    """A private key, ready to open what was sealed to its public half."""

    def __init__(self, suite: HpkeSuite, private: bytes) -> None:
        if len(private) != suite.private_bytes:
            raise UnusableKey
        try:
            curve = x25519.X25519PrivateKey.from_private_bytes(private[-X25519_BYTES:])
            self.public = curve.public_key().public_bytes_raw()
            self._key: x25519.X25519PrivateKey | MLKEM768X25519PrivateKey = curve
            if suite is HpkeSuite.ML_KEM_768_X25519:
                lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(private[:-X25519_BYTES])
                self.public = lattice.public_key().public_bytes_raw() + self.public
                self._key = MLKEM768X25519PrivateKey(lattice, curve)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UnusableKey from error
        self._suite = _hpke(suite)

    def __repr__(self) -> str:
        return "HpkeOpener(<private key>)"

    def open(self, sealed: bytes, *, info: bytes) -> bytes:
        """Open, or raise `NotAuthentic` if it was sealed to another key or `info`, or was changed."""
        try:
            return self._suite.decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError) as error:
            raise NotAuthentic from error


def _hpke(suite: HpkeSuite) -> Suite:
    kem = KEM.MLKEM768_X25519 if suite is HpkeSuite.ML_KEM_768_X25519 else KEM.X25519
    return Suite(kem, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def _hpke_public(suite: HpkeSuite, public: bytes) -> x25519.X25519PublicKey | MLKEM768X25519PublicKey:
    if len(public) != suite.public_bytes:
        raise UnusableKey
    try:
        curve = x25519.X25519PublicKey.from_public_bytes(public[-X25519_BYTES:])
        if suite is HpkeSuite.X25519:
            return curve
        lattice = mlkem.MLKEM768PublicKey.from_public_bytes(public[:-X25519_BYTES])
        return MLKEM768X25519PublicKey(lattice, curve)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKey from error

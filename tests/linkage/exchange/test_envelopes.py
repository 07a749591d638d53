"""Envelopes and signatures hold for one key and one context only."""

import pytest

from linkage.exchange.envelopes import EnvelopeKey, EnvelopePublicKey
from linkage.exchange.primitives import HpkeSuite, NotAuthentic, UnusableKey
from linkage.exchange.secret_bytes import SecretBytes
from linkage.exchange.signing import SigningKey, VerifyingKey

HYBRID, CURVE = HpkeSuite.ML_KEM_768_X25519, HpkeSuite.X25519


def key_of(suite):
    return EnvelopeKey(suite, SecretBytes(bytes(range(1, 1 + suite.private_bytes))))


@pytest.mark.parametrize("suite", list(HpkeSuite))
def test_an_envelope_opens_with_its_key_and_context_only(suite):
    key = key_of(suite)
    sealed = key.public.seal(b"hello", info=b"here")
    assert len(sealed) == suite.sealed_bytes(5)
    assert sealed != key.public.seal(b"hello", info=b"here")
    assert key.open(sealed, info=b"here") == b"hello"
    other = EnvelopeKey(suite, SecretBytes(bytes(suite.private_bytes)))
    for opener, raw, info in (
        (key, sealed, b"there"),
        (other, sealed, b"here"),
        (key, sealed[:-1], b"here"),
        (key, sealed + b"\x00", b"here"),
        (key, b"", b"here"),
        (key, bytes(len(sealed)), b"here"),
    ):
        with pytest.raises(NotAuthentic):
            opener.open(raw, info=info)


@pytest.mark.parametrize("suite", list(HpkeSuite))
def test_a_key_is_the_same_wherever_it_comes_from(suite):
    key = key_of(suite)
    assert key.public == key_of(suite).public == EnvelopePublicKey(suite, key.public.raw)
    assert len(key.public.raw) == suite.public_bytes
    assert key.public.fingerprint_bytes.hex() == key.public.fingerprint


def test_the_suite_is_part_of_the_fingerprint():
    hybrid = key_of(HYBRID)
    curve = EnvelopePublicKey(CURVE, hybrid.public.raw[-32:])
    assert hybrid.public.fingerprint != curve.fingerprint


def test_new_keys_are_hybrid_here():
    assert EnvelopeKey.generate().public.suite is HYBRID


@pytest.mark.parametrize(
    "suite,raw",
    [(CURVE, b""), (CURVE, bytes(31)), (CURVE, bytes(33)), (HYBRID, bytes(32)), (HYBRID, b"\xff" * 1216)],
)
def test_bytes_that_are_no_key(suite, raw):
    with pytest.raises(UnusableKey):
        EnvelopePublicKey(suite, raw)
    with pytest.raises(UnusableKey):
        EnvelopeKey(suite, SecretBytes(raw))


def test_nothing_is_sealed_to_a_point_of_low_order():
    with pytest.raises(UnusableKey):
        EnvelopePublicKey(CURVE, bytes(32)).seal(b"hello", info=b"")


def test_a_signature_holds_for_its_use_and_parts_only():
    key = SigningKey(SecretBytes(bytes(32)))
    signature = key.sign("use", "a", b"bc")
    assert len(signature) == 64
    key.verifying_key.verify(signature, "use", "a", b"bc")
    for use, parts in (("other", ("a", "bc")), ("use", ("ab", "c")), ("use", ("a",)), ("use", ())):
        with pytest.raises(NotAuthentic):
            key.verifying_key.verify(signature, use, *parts)
    for changed in (bytes(64), b"", signature[:-1], signature + b"\x00"):
        with pytest.raises(NotAuthentic):
            key.verifying_key.verify(changed, "use", "a", b"bc")


def test_bytes_that_are_no_signing_key():
    for raw in (b"", bytes(31), bytes(33)):
        with pytest.raises(UnusableKey):
            VerifyingKey(raw)
        with pytest.raises(UnusableKey):
            SigningKey(SecretBytes(raw))

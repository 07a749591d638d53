"""The end of a package's plaintext: the manifest and the signature over it.

::

    rows | manifest | fingerprint of the signing key (32) | Ed25519 signature (64) | length of the manifest (4)

The signature covers the digest of the outer header and the manifest, and the manifest the digest of the rows. So it
covers everything, and a package cannot be opened and sealed again for somebody else: that would need a new header.
The signer is found by the fingerprint, so that nothing of the manifest is parsed before its signature is checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from linkage.exchange.errors import PackageRefused
from linkage.exchange.manifest import LONGEST_MANIFEST, Manifest, parse_manifest, write_manifest
from linkage.exchange.package_header import PackageHeader
from linkage.exchange.primitives import SIGNATURE_BYTES, NotAuthentic, UnusableKey
from linkage.exchange.public_keys import PublicKeys, Signer

__all__ = ["LONGEST_TRAILER", "SignedManifest", "open_trailer", "write_trailer"]

USE = "package manifest"
FINGERPRINT_BYTES = 32
LENGTH_BYTES = 4
FIXED_BYTES = FINGERPRINT_BYTES + SIGNATURE_BYTES + LENGTH_BYTES
LONGEST_TRAILER = LONGEST_MANIFEST + FIXED_BYTES


@dataclass(frozen=True)
class SignedManifest:
    """A manifest whose signature was checked, its signer, and how many bytes of plaintext it takes up."""

    manifest: Manifest
    signer: PublicKeys
    n_bytes: int


def write_trailer(manifest: Manifest, header: PackageHeader, signer: Signer) -> bytes:
    """Sign a manifest and put it into bytes."""
    raw = write_manifest(manifest)
    key = signer.public.verifying_key
    signature = signer.sign(USE, header.digest, key.fingerprint_bytes, raw)
    return raw + key.fingerprint_bytes + signature + len(raw).to_bytes(LENGTH_BYTES, "big")


def open_trailer(tail: bytes, header: PackageHeader, trusted: Mapping[str, PublicKeys]) -> SignedManifest:
    """Find the signer, check the signature, and only then read the manifest.

    Parameters
    ----------
    tail
        The end of the plaintext, at most `LONGEST_TRAILER` bytes of it.

    Raises
    ------
    PackageRefused
        If the signer is not trusted, the signature does not verify, or the manifest breaks a rule.
    """
    length = int.from_bytes(tail[-LENGTH_BYTES:], "big")
    start = len(tail) - FIXED_BYTES - length
    if start < 0:
        raise PackageRefused(
            "manifest: its length is out of bounds; the source has to seal the package again"
        )
    raw = tail[start : start + length]
    fingerprint = tail[start + length : start + length + FINGERPRINT_BYTES]
    signature = tail[-LENGTH_BYTES - SIGNATURE_BYTES : -LENGTH_BYTES]
    signer = _find(fingerprint, trusted)
    try:
        signer.verifying_key.verify(signature, USE, header.digest, fingerprint, raw)
    except (NotAuthentic, UnusableKey):
        raise PackageRefused(
            f"signature: it is not source '{signer.name}'s signature of this package; the package was changed or "
            "sealed again by somebody else. Do not use it, ask the source"
        ) from None
    manifest = parse_manifest(raw)
    if manifest.source != signer.name:
        raise PackageRefused(
            f"signature: the package says that it comes from '{manifest.source}', but '{signer.name}' signed it"
        )
    return SignedManifest(manifest, signer, length + FIXED_BYTES)


def _find(fingerprint: bytes, trusted: Mapping[str, PublicKeys]) -> PublicKeys:
    for keys in trusted.values():
        if keys.verifying_key.fingerprint_bytes == fingerprint:
            return keys
    raise PackageRefused(
        f"signature: expected a signature by {', '.join(sorted(trusted)) or 'a trusted source'}, found one by the key "
        f"{fingerprint.hex()}; if the source has new keys, trust its new public key file after comparing fingerprints"
    )

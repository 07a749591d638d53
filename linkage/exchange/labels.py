"""Labels that cannot be confused: what a key, a digest or a signature is for, as bytes.

Every derivation, digest and signature begins with a label, so that nothing made for one use passes for another.
The parts are joined with their lengths in front: ``("a", "bc")`` and ``("ab", "c")`` give different bytes.
"""

import hashlib

__all__ = ["label", "labelled_digest"]

PRODUCT = b"childindex"


def label(use: str, *parts: str | bytes) -> bytes:
    """Encode a use and its parts, each behind its length as 4 bytes, big-endian, after the product's name.

    Text is UTF-8. The encoding is injective: different uses or parts never give the same bytes.
    """
    encoded = [PRODUCT, use.encode()]
    encoded += [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def labelled_digest(use: str, *parts: str | bytes) -> bytes:
    """SHA-256, 32 bytes, of the label of a use and its parts."""
    return hashlib.sha256(label(use, *parts)).digest()

"""What each recipient calls a child: keyed, so that two recipients cannot join their lists.

The pseudonym of a child for a recipient is the first 16 bytes of HMAC-SHA-256 (RFC 2104) over a label and the child
id, under a key derived from the unit's pseudonym key and the recipient's name. Whoever lacks the key learns nothing
from it about the child id or another recipient's pseudonym; two children get the same one with probability 2**-128.
It is written like a child id, with a check character.

What it does not hide: that a child exists, how many records a recipient may see of it, and when its child changes.
"""

import hmac
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from linkage.exchange.labels import label

__all__ = ["Pseudonyms"]

N_BYTES = 16
_USE = label("child pseudonym")


class Pseudonyms:
    """The pseudonyms of one recipient.

    Parameters
    ----------
    key
        32 bytes, derived for this recipient (`PseudonymKey.derive`).
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError(f"a recipient's key has 32 bytes, got {len(key)}")
        self._keyed = hmac.new(key, _USE, sha256)

    def __repr__(self) -> str:
        return "Pseudonyms(<key>)"

    def of(self, child_id: bytes) -> bytes:
        """The pseudonym of one child, 16 bytes."""
        keyed = self._keyed.copy()
        keyed.update(child_id)
        return keyed.digest()[:N_BYTES]

    def of_many(self, child_ids: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The pseudonyms of many children, uint8, shape (n, 16)."""
        raw = np.ascontiguousarray(child_ids).tobytes()
        made = b"".join(self.of(raw[start : start + N_BYTES]) for start in range(0, len(raw), N_BYTES))
        return np.frombuffer(made, dtype=np.uint8).reshape(-1, N_BYTES)

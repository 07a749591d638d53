"""Which records are looked at more closely: drawn by record id, so that both ends of a comparison draw the same ones.

The draw is made with a fresh secret when a check begins: whoever sealed the package could not know which records
would be looked at.
"""

import secrets

import numpy as np
import numpy.typing as npt

__all__ = ["IdSample", "id_keys", "places_of"]

Ids = npt.NDArray[np.uint8]


class IdSample:
    """About `wanted` of `total` records, chosen by their ids.

    Parameters
    ----------
    wanted, total
        How many of how many; all of them where `wanted` is not smaller.
    secret
        Two numbers of 64 bits; drawn where not given.
    """

    def __init__(self, wanted: int, total: int, secret: tuple[int, int] | None = None) -> None:
        first, second = secret or (secrets.randbits(64), secrets.randbits(64))
        self._all = wanted >= total
        self._bound = np.uint64(0 if total <= 0 else min((wanted << 64) // total, 2**64 - 1))
        self._salt, self._factor = np.uint64(first), np.uint64(second | 1)

    def takes(self, ids: Ids) -> npt.NDArray[np.bool_]:
        """Which records are in the sample: bool, shape (n,), for ids of uint8, shape (n, 16)."""
        if self._all or not len(ids):
            return np.full(len(ids), self._all)
        halves = np.ascontiguousarray(ids).view("<u8")
        mixed = (halves[:, 0] ^ self._salt) * self._factor
        mixed = (mixed ^ (mixed >> np.uint64(32)) ^ halves[:, 1]) * self._factor
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
        return np.asarray(mixed < self._bound)


def id_keys(ids: Ids) -> npt.NDArray[np.bytes_]:
    """Record ids as texts of 16 bytes, which sort like the ids: shape (n,)."""
    return np.ascontiguousarray(ids).view("S16").ravel()


def places_of(ids: Ids, among: Ids) -> npt.NDArray[np.int64]:
    """The row of each id among others: int64, shape (len(ids),), -1 where it is not there; the last where repeated."""
    if not len(among):
        return np.full(len(ids), -1, dtype=np.int64)
    held, wanted = id_keys(among), id_keys(ids)
    order = np.argsort(held, kind="stable")
    place = np.searchsorted(held, wanted, side="right", sorter=order) - 1
    row = order[np.maximum(place, 0)]
    return np.where((place >= 0) & (held[row] == wanted), row, -1).astype(np.int64)

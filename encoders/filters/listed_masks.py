"""Masks of values whose tokens are listed value by value: hashed when first met, then known for the run."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.filters.positions import masks_of
from encoders.filters.tokens import tokens_of_value
from linkage.exchange.specification.encoding import TokenKind

__all__ = ["ListedMasks"]

Words = npt.NDArray[np.uint64]
KNOWN_BYTES = 8 << 20
"""Memory for masks that are known, beyond which all are forgotten."""


class ListedMasks:
    """The masks of one field's values under one key.

    Dates of birth and codes of sex come again in every batch of a feed, and hashing their tokens costs more than all
    else about them. What is known lives as long as the run and is bounded; threads may ask at the same time.

    Parameters
    ----------
    kind
        A kind of token that has no gram plan.
    key
        The hashing key of the field; never printed.
    n_bits, k
        Width of the filter, and positions a token.
    """

    def __init__(self, kind: TokenKind, key: bytes, *, n_bits: int, k: int) -> None:
        self._kind, self._key, self._n_bits, self._k = kind, key, n_bits, k
        self._most = KNOWN_BYTES * 8 // n_bits
        # Both are exchanged at once, so that a thread never sees values with the masks of others.
        self._known = pa.array([], pa.string()), np.zeros((0, n_bits // 64), dtype=np.uint64)

    def __repr__(self) -> str:
        return f"ListedMasks({self._kind.value!r}, {self._n_bits} bits)"

    def of(self, distinct: pa.StringArray) -> Words:
        """The masks of values without null and without repeats: uint64, shape (len(distinct), n_bits / 64)."""
        values, masks = self._known
        places = np.asarray(pc.fill_null(pc.index_in(distinct, value_set=values), -1)).astype(np.int64)
        new = np.flatnonzero(places < 0)
        if not len(new):
            return masks[places]
        added = self._hashed(distinct.take(pa.array(new)))
        places[new] = len(masks) + np.arange(len(new))
        masks = np.concatenate([masks, added])
        if len(masks) <= self._most:
            self._known = pa.concat_arrays([values, distinct.take(pa.array(new))]), masks
        else:
            self._known = values[:0], masks[:0]
        return masks[places]

    def _hashed(self, values: pa.StringArray) -> Words:
        tokens = [tokens_of_value(self._kind, value) for value in values.to_pylist()]
        # Few tokens are distinct, and hashing is what costs.
        numbers: dict[bytes, int] = {}
        flat = [numbers.setdefault(token, len(numbers)) for listed in tokens for token in listed]
        masks = masks_of(self._key, list(numbers), n_bits=self._n_bits, k=self._k)
        by_value = np.zeros((len(tokens), masks.shape[1]), dtype=np.uint64)
        owners = np.repeat(np.arange(len(tokens)), [len(listed) for listed in tokens])
        np.bitwise_or.at(by_value, owners, masks[flat])
        return by_value

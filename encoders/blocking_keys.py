"""Keyed blocking keys: which records should be compared, said without saying why.

A key joins parts of fields (the sound of a surname, the year of birth) and is hashed under its space. With buckets
many values share a code: comparing is cheap, so a wide block costs little, and neither the common nor the rare value
can be told by its frequency as long as no bucket is small.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.keyed_values import keyed_words
from encoders.parts import part_of_column
from linkage.exchange.specification.encoding import BlockingKeyRule

__all__ = ["BlockingKeyEncoder"]

SEPARATOR = "\x1f"


class BlockingKeyEncoder:
    """Encodes one blocking key.

    Parameters
    ----------
    rule
        The key's section of the specification.
    blocking_key
        Gives the hashing key of a space.
    """

    def __init__(self, rule: BlockingKeyRule, blocking_key: Callable[[str], bytes]) -> None:
        self._rule = rule
        self._key = blocking_key(rule.space_name)

    def __repr__(self) -> str:
        return f"BlockingKeyEncoder({self._rule.name!r})"

    def encode(self, columns: Mapping[str, pa.StringArray], n_rows: int) -> npt.NDArray[np.uint64]:
        """Encode a batch.

        Returns
        -------
        uint64, shape (n_rows,): 0 where any part is missing.
        """
        combined = np.zeros(n_rows, dtype=np.int64)
        complete = np.ones(n_rows, dtype=np.bool_)
        texts: list[list[str]] = [[""]]
        for place, part in enumerate(self._rule.parts):
            field, _, transform = part.partition(":")
            if field not in columns:
                return np.zeros(n_rows, dtype=np.uint64)
            encoded = part_of_column(columns[field], transform)
            complete &= np.asarray(encoded.indices.is_valid())
            indices = np.asarray(encoded.indices.fill_null(0)).astype(np.int64)
            combined, texts = _combine(
                combined, texts, indices, encoded.dictionary.to_pylist(), first=place == 0
            )
        codes = keyed_words(
            self._key, [SEPARATOR.join(text).encode() for text in texts], buckets=self._rule.buckets
        )
        out = np.zeros(n_rows, dtype=np.uint64)
        out[complete] = codes[combined[complete]] if len(codes) else 0
        return out


def _combine(
    combined: npt.NDArray[np.int64],
    texts: list[list[str]],
    indices: npt.NDArray[np.int64],
    values: list[str],
    *,
    first: bool,
) -> tuple[npt.NDArray[np.int64], list[list[str]]]:
    """Number the distinct combinations of what was combined so far with another column."""
    if first:
        return indices, [[value] for value in values]
    width = max(len(values), 1)
    pairs, inverse = np.unique(combined * width + indices, return_inverse=True)
    if not values or not texts:
        return combined, texts
    return inverse.astype(np.int64), [
        [*texts[pair // width], values[pair % width]] for pair in pairs.tolist()
    ]

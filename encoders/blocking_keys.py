"""Keyed blocking keys: which records should be compared, said without saying why.

A key joins parts of fields (the sound of a surname, the year of birth) and is hashed under its space. With buckets
many values share a code: comparing is cheap, so a wide block costs little, and neither the common nor the rare value
can be told by its frequency as long as no bucket is small.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.hashing.keyed_values import keyed_words
from encoders.parts import part_of_column
from linkage.exchange.specification.encoding import BlockingKeyRule

__all__ = ["BlockingKeyEncoder", "key_texts"]

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

    def encode(
        self,
        columns: Mapping[str, pa.StringArray],
        n_rows: int,
        parts: dict[str, pa.StringArray] | None = None,
    ) -> npt.NDArray[np.uint64]:
        """Encode a batch.

        Parameters
        ----------
        columns
            Normalised values by field.
        parts
            Parts of this batch that another key has cut already; those that this one cuts are added.

        Returns
        -------
        uint64, shape (n_rows,): 0 where any part is missing.
        """
        texts = key_texts(self._rule, columns, {} if parts is None else parts)
        if texts is None:
            return np.zeros(n_rows, dtype=np.uint64)
        return keyed_words(self._key, texts, buckets=self._rule.buckets)


def key_texts(
    rule: BlockingKeyRule, columns: Mapping[str, pa.StringArray], parts: dict[str, pa.StringArray]
) -> pa.StringArray | None:
    """What a key hashes, for each record of a batch.

    Parameters
    ----------
    columns, parts
        As of `BlockingKeyEncoder.encode`.

    Returns
    -------
    A string array, null where any part is missing; None if a field of the key is not among the columns.
    """
    texts = []
    for part in rule.parts:
        field, _, transform = part.partition(":")
        if field not in columns:
            return None
        if part not in parts:
            parts[part] = part_of_column(columns[field], transform)
        texts.append(parts[part])
    if rule.any_order:
        texts = _sorted(texts)
    # A key is missing where a part is: joining nulls gives null.
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, SEPARATOR)


def _sorted(texts: list[pa.StringArray]) -> list[pa.StringArray]:
    """The texts of each row in ascending order, with nulls where there is one."""
    texts = list(texts)
    for last in range(len(texts) - 1, 0, -1):
        for place in range(last):
            pair = texts[place : place + 2]
            texts[place] = pc.min_element_wise(*pair, skip_nulls=False)
            texts[place + 1] = pc.max_element_wise(*pair, skip_nulls=False)
    return texts

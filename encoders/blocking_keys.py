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
        texts = []
        parts = {} if parts is None else parts
        for part in self._rule.parts:
            field, _, transform = part.partition(":")
            if field not in columns:
                return np.zeros(n_rows, dtype=np.uint64)
            if part not in parts:
                parts[part] = part_of_column(columns[field], transform)
            texts.append(parts[part])
        # A key is missing where a part is: joining nulls gives null.
        joined = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, SEPARATOR)
        return keyed_words(self._key, joined, buckets=self._rule.buckets)

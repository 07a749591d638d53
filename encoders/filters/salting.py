"""Salting: a field hashed under a key that depends on another field of the record.

A birth year as salt makes equal names of different years unlike (Niedermeyer et al. 2014). It costs recall where the
salt is wrong or missing, and does not hide frequencies inside a salt's group.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.parts import part_of_column

__all__ = ["Salting"]


class Salting:
    """The groups of a batch that share a salt.

    Parameters
    ----------
    part
        ``field:part`` as in a blocking key, such as ``birth_date:year``.
    """

    def __init__(self, part: str) -> None:
        self._field, _, self._part = part.partition(":")

    def groups(
        self, columns: Mapping[str, pa.StringArray], present: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
        """Each salt that occurs, as a label for key derivation, with the rows that have it.

        Records whose salt is missing form a group of their own, so that they can still meet each other.
        """
        values = columns.get(self._field)
        if values is None:
            yield "missing", present
            return
        encoded = part_of_column(values, self._part).dictionary_encode()
        codes = np.asarray(encoded.indices.fill_null(-1))
        for code, salt in enumerate(encoded.dictionary.to_pylist()):
            rows = codes == code
            if (rows & present).any():
                yield f"salt/{salt}", rows
        missing = codes < 0
        if (missing & present).any():
            yield "missing", missing

"""Translations: which record id of an earlier epoch is which of a later one, at one source.

When the project key is rotated every record id changes, and only the source can tell which is which. It says so in a
package of the kind ``translation``: a row holds the earlier id where a record's id stands, and the later one in the
only column, ``id.later``, byte for byte. It holds no filter, token or key.

Rows ascend by the earlier id, as those of every package do: the ids are keyed, so that is a random order. Pairs of
random ids fill the package up to a multiple of `PADDED_TO`, so that their number does not tell the unit how many
records the source knows that it has not sent.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.exchange.errors import PackageRefused
from linkage.exchange.plurals import counted
from linkage.exchange.records import EncodedRecords
from linkage.exchange.schema import RECORD_ID_BYTES, WORD_BYTES, ColumnKind, RecordSchema

__all__ = [
    "PADDED_TO",
    "TRANSLATION",
    "TRANSLATION_SCHEMA",
    "Translated",
    "pack_pairs",
    "read_pairs",
    "unpack_pairs",
]

TRANSLATION = "translation"
TRANSLATION_SCHEMA = RecordSchema.of([(ColumnKind.ID, "later", RECORD_ID_BYTES // WORD_BYTES)])
PADDED_TO = 4096
LITTLE_ENDIAN = np.dtype("<u8")

Ids = npt.NDArray[np.uint8]


@dataclass(frozen=True, repr=False)
class Translated:
    """Pairs of ids: uint8, shape (n, 16) each; ``earlier[i]`` became ``later[i]``."""

    earlier: Ids
    later: Ids

    def __len__(self) -> int:
        return len(self.earlier)

    def __repr__(self) -> str:
        return f"Translated({len(self)} pairs)"


def pack_pairs(pairs: Translated) -> EncodedRecords:
    """The rows of a translation, padded and in order.

    Raises
    ------
    PackageRefused
        If an id stands in two pairs.
    """
    _require_distinct(pairs)
    unchanged = bool((pairs.earlier == pairs.later).all()) and len(pairs) > 0
    padding = np.frombuffer(secrets.token_bytes(2 * RECORD_ID_BYTES * _missing(len(pairs))), dtype=np.uint8)
    first, second = padding.reshape(2, -1, RECORD_ID_BYTES)
    # Where ids are not changed, padding that is would stand out.
    earlier = np.concatenate([pairs.earlier, first])
    later = np.concatenate([pairs.later, first if unchanged else second])
    halves = earlier.view(">u8")
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    words = np.ascontiguousarray(later[order]).view(LITTLE_ENDIAN).astype(np.uint64, copy=False)
    plain = np.zeros(len(order), dtype=np.uint8)
    return EncodedRecords(earlier[order], plain, plain, words)


def unpack_pairs(records: EncodedRecords) -> Translated:
    """The pairs of some rows, padding included.

    Raises
    ------
    PackageRefused
        If a row has a flag: it says nothing but its ids.
    """
    if records.flags.any():
        raise PackageRefused("rows: a pair of ids with flags; the source has to make its translation again")
    later = np.ascontiguousarray(records.words, dtype=LITTLE_ENDIAN).view(np.uint8)
    return Translated(records.record_ids, later.reshape(-1, RECORD_ID_BYTES))


def read_pairs(batches: Iterable[EncodedRecords]) -> Translated:
    """All pairs of an opened translation.

    Raises
    ------
    PackageRefused
        If a row says more than two ids, or an id stands in two pairs.
    """
    parts = [unpack_pairs(batch) for batch in batches]
    none = np.empty((0, RECORD_ID_BYTES), dtype=np.uint8)
    pairs = Translated(
        np.concatenate([none, *(part.earlier for part in parts)]),
        np.concatenate([none, *(part.later for part in parts)]),
    )
    _require_distinct(pairs)
    return pairs


def _require_distinct(pairs: Translated) -> None:
    """See that no earlier record became two later ones, and no two became one.

    Raises
    ------
    PackageRefused
        If one did.
    """
    for name, ids in (("earlier", pairs.earlier), ("later", pairs.later)):
        n_repeated = len(ids) - len(np.unique(np.ascontiguousarray(ids).view("V16")))
        if n_repeated:
            raise PackageRefused(
                f"translation: {counted(n_repeated, 'record id')} of the {name} key in more than one pair; the source"
                " has to make its"
                " translation again"
            )


def _missing(n: int) -> int:
    return -n % PADDED_TO if n else PADDED_TO

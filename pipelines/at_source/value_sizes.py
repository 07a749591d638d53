"""How many records of a feed share each value of a blocking key, and whether any would show in buckets: counts only."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from encoders.blocking_keys import key_texts
from encoders.feeds.feed import open_feed
from encoders.feeds.field_values import read_columns
from encoders.gate.limits import GateLimits
from encoders.hashing.keyed_values import keyed_words
from encoders.normalise import normalise
from linkage.exchange.specification.encoding import BlockingKeyRule
from pipelines.at_source.drafted_source import DraftedSource

__all__ = ["ValueSizes", "value_sizes"]

BATCH_ROWS = 65_536
MOST_RECORDS = 2_000_000
"""Of larger feeds some values are looked at, with all of their records."""
STANDS_OUT = 3.0
"""Standard deviations of a bucket's size by which a value adds to its bucket when it shows."""
SHARED_BY = 4.0
"""Others who may have a record's value, on average: a family. Who knows one of them knows the bucket of all."""


@dataclass(frozen=True, repr=False)
class ValueSizes:
    """Of a key in a feed.

    Attributes
    ----------
    sizes
        float64: records of each value, were the feed as large as it is to be.
    words
        uint64: a random number for each value, as a key would draw it.
    among
        Of so many values one was looked at.
    """

    sizes: npt.NDArray[np.float64]
    words: npt.NDArray[np.uint64]
    among: int = 1

    @cached_property
    def _records(self) -> float:
        return float(self.sizes.sum())

    def hidden_in(self, buckets: int) -> bool:
        """Whether buckets of values are as good as buckets of records.

        Three things are wanted: those whose value adds more to its bucket than chance does are together fewer than the
        gate would let be guessed by frequency; a record shares its value with few others; and no bucket holds
        fewer than twice as many as the gate wants, which warns from there on.
        """
        if not len(self.sizes):
            return True
        limits = GateLimits()
        # A part of the values fills as great a part of the buckets.
        buckets = max(buckets // self.among, 1)
        mean = self._records / buckets
        showing = self.sizes[self.sizes > STANDS_OUT * mean**0.5].sum()
        shared = (self.sizes * (self.sizes - 1)).sum() / self._records
        held = np.bincount((self.words % np.uint64(buckets)).astype(np.int64), self.sizes, minlength=buckets)
        return bool(
            showing <= limits.frequency * self._records
            and shared <= SHARED_BY
            and (buckets == 1 or held.min() >= 2 * limits.least_k)
        )


def value_sizes(
    key: BlockingKeyRule, source: DraftedSource, feed: Path, fields: Mapping[str, str], smallest: int
) -> ValueSizes:
    """Count the values of a key in a feed.

    Parameters
    ----------
    fields
        Kinds by field.
    smallest
        Records of the smallest feed to come: a feed that has fewer counts as if it had so many, of the same values.
    """
    names = list(dict.fromkeys(part.partition(":")[0] for part in key.parts))
    columns = list(dict.fromkeys(column for name in names for column in source.columns[name]))
    drawn, among = secrets.token_bytes(32), 1 + source.n_rows // MOST_RECORDS
    found = []
    with open_feed(
        feed,
        columns=columns,
        batch_rows=BATCH_ROWS,
        encoding=source.header.encoding,
        delimiter=source.header.delimiter,
    ) as batches:
        for batch in batches:
            values = {
                name: normalise(
                    fields[name],
                    read_columns(batch, source.columns[name], source.parts.get(name)),
                    date_formats=source.date_formats,
                    field=name,
                    columns=source.columns[name],
                ).values
                for name in names
            }
            texts = key_texts(key, values, {})
            if texts is not None:
                words = keyed_words(drawn, texts)
                found.append(words[(words != 0) & (words % np.uint64(among) == 0)])
    words, counts = np.unique(np.concatenate(found) if found else np.empty(0, np.uint64), return_counts=True)
    sizes = counts * max(1.0, smallest / max(source.n_rows, 1))
    return ValueSizes(sizes.astype(np.float64), words // np.uint64(among), among)

"""What the gate takes from the plaintext feed, in one pass: needles for the scan, samples to encode and to attack."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.attacks.normalised_feed import NormalisedBatch
from encoders.gate.leak_scan import LeakScan
from encoders.gate.metadata import feed_words
from encoders.gate.sampling import IdSample
from encoders.record_encoder import RecordEncoder
from linkage.exchange.records import EncodedRecords

__all__ = ["FeedSide", "named_values", "read_feed"]


@dataclass(frozen=True, repr=False)
class FeedSide:
    """A feed as the gate needs it.

    Attributes
    ----------
    ids
        uint8, shape (n, 16): the pseudonym of every record, in the order of the feed.
    attacked_ids, columns
        Pseudonyms and normalised values of the records that are attacked.
    expected
        The records that are compared bit for bit, encoded again.
    words_found
        Words of the package's metadata that are values of the feed, with their column.
    """

    ids: npt.NDArray[np.uint8]
    attacked_ids: npt.NDArray[np.uint8]
    columns: dict[str, pa.StringArray]
    expected: EncodedRecords
    words_found: dict[str, str]


@dataclass(repr=False)
class _Gathered:
    ids: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    attacked_ids: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    columns: dict[str, list[pa.StringArray]] = field(default_factory=dict)
    expected: list[EncodedRecords] = field(default_factory=list)
    words_found: dict[str, str] = field(default_factory=dict)

    def add(
        self, batch: NormalisedBatch, encoder: RecordEncoder, attacked: IdSample, compared: IdSample
    ) -> None:
        """Take what is needed of a batch."""
        self.ids.append(batch.record_ids)
        kept = np.flatnonzero(attacked.takes(batch.record_ids))
        self.attacked_ids.append(batch.record_ids[kept])
        for name, values in batch.columns.items():
            self.columns.setdefault(name, []).append(values.take(pa.array(kept)))
        again = np.flatnonzero(compared.takes(batch.record_ids))
        chosen = {name: values.take(pa.array(again)) for name, values in batch.columns.items()}
        self.expected.append(encoder.encode(batch.record_ids[again], chosen))


def read_feed(
    batches: Iterable[NormalisedBatch],
    encoder: RecordEncoder,
    *,
    attacked: IdSample,
    compared: IdSample,
    scan: LeakScan,
    wanted_words: frozenset[str],
) -> FeedSide:
    """Go through a feed once.

    Parameters
    ----------
    batches
        As `normalised_batches` gives them; at least one.
    encoder
        Of the source, under its project key.
    attacked, compared
        Which records are attacked, and which are encoded again.
    scan
        Is given every value, as it stands in the feed and normalised.
    wanted_words
        Words to look for among the values; see ``gate.metadata``.
    """
    gathered = _Gathered()
    for batch in batches:
        for name, values in _named(batch):
            scan.add(values)
            if wanted_words:
                for word in feed_words([(name, values)], wanted_words):
                    gathered.words_found.setdefault(word, name)
        gathered.add(batch, encoder, attacked, compared)
    return FeedSide(
        np.concatenate(gathered.ids),
        np.concatenate(gathered.attacked_ids),
        {name: pa.concat_arrays(parts) for name, parts in gathered.columns.items()},
        EncodedRecords.concatenate(gathered.expected),
        gathered.words_found,
    )


def named_values(batches: Iterable[NormalisedBatch]) -> Iterator[tuple[str, pa.StringArray]]:
    """Every value of a feed with its column's or field's name."""
    for batch in batches:
        yield from _named(batch)


def _named(batch: NormalisedBatch) -> Iterator[tuple[str, pa.StringArray]]:
    for name in batch.raw.schema.names:
        column = batch.raw.column(name)
        yield name, column if pa.types.is_string(column.type) else pc.cast(column, pa.string())
    yield from batch.columns.items()

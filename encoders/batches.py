"""A batch of a feed, normalised and encoded, with what had to be rejected."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.feeds import join_columns
from encoders.keyed_values import given_ids
from encoders.normalise import normalise
from encoders.record_encoder import RecordEncoder
from linkage.exchange.records import EncodedRecords
from linkage.exchange.specification import Specification
from linkage.exchange.specification.model import SourceRule

__all__ = ["BatchEncoder", "EncodedBatch", "FeedCounts"]


@dataclass
class FeedCounts:
    """What a feed held, as counts: no value appears."""

    rows: int = 0
    encoded: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    invalid: Counter[str] = field(default_factory=Counter)

    def add(self, other: "FeedCounts") -> None:
        """Add the counts of another batch."""
        self.rows += other.rows
        self.encoded += other.encoded
        self.rejected += other.rejected
        self.missing += other.missing
        self.invalid += other.invalid


@dataclass(frozen=True, repr=False)
class EncodedBatch:
    """The records of a batch that could be encoded, and the rows that could not.

    Attributes
    ----------
    records, rows
        Encoded records and the feed's 1-based row number of each (int64).
    feed_record_ids
        The source's own ids of these records; they stay at the source.
    rejected_rows, rules
        Row numbers of rejected records (int64) and the rule that each broke first.
    counts
        What the batch held.
    """

    records: EncodedRecords
    rows: npt.NDArray[np.int64]
    feed_record_ids: pa.StringArray
    rejected_rows: npt.NDArray[np.int64]
    rules: tuple[str, ...]
    counts: FeedCounts


class BatchEncoder:
    """Encodes the batches of one source's feed.

    Parameters
    ----------
    specification, source
        The agreement and the source's own section of it.
    encoder
        Encodes normalised values.
    """

    def __init__(self, specification: Specification, source: SourceRule, encoder: RecordEncoder) -> None:
        self._source = source
        self._encoder = encoder
        self._fields = [
            (name, rule.kind, source.columns_of(name))
            for name, rule in specification.fields.items()
            if source.columns_of(name)
        ]

    def __repr__(self) -> str:
        return f"BatchEncoder({len(self._fields)} fields)"

    def encode(self, batch: pa.RecordBatch, first_row: int) -> EncodedBatch:
        """Normalise and encode a batch whose first record is row `first_row` of the feed (1-based)."""
        broken: dict[int, str] = {}
        ids = pc.utf8_trim_whitespace(batch.column(self._source.record_id))
        empty = pc.fill_null(pc.equal(pc.utf8_length(ids), 0), fill_value=True)
        for row in np.flatnonzero(np.asarray(empty)).tolist():
            broken[row] = "record_id.missing"
        counts = FeedCounts(rows=batch.num_rows)
        columns: dict[str, pa.StringArray] = {}
        for name, kind, sources in self._fields:
            result = normalise(
                kind, join_columns(batch, sources), date_formats=self._source.date_formats, field=name
            )
            columns[name] = result.values
            counts.missing[name] += result.values.null_count
            counts.invalid.update(result.invalid)
            for row, rule in zip(result.rejected.tolist(), result.rules, strict=True):
                broken.setdefault(row, rule)
        keep = np.ones(batch.num_rows, dtype=np.bool_)
        keep[list(broken)] = False
        kept = np.flatnonzero(keep)
        if broken:
            ids = ids.take(pa.array(kept))
            columns = {name: values.take(pa.array(kept)) for name, values in columns.items()}
        pseudonyms = (
            self._encoder.pseudonyms(ids) if self._source.pseudonymise else given_ids(ids, kept + first_row)
        )
        counts.encoded = len(kept)
        counts.rejected.update(broken.values())
        rejected = np.array(sorted(broken), dtype=np.int64)
        return EncodedBatch(
            self._encoder.encode(pseudonyms, columns),
            kept + first_row,
            ids,
            rejected + first_row,
            tuple(broken[row] for row in rejected.tolist()),
            counts,
        )

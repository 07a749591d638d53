"""A batch of a feed, normalised and encoded, with what had to be rejected."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.feeds.field_values import field_values
from encoders.feeds.flags import deletions_of, flags_of
from encoders.hashing.keyed_values import given_ids
from encoders.normalise import normalise
from encoders.record_encoder import RecordEncoder
from linkage.exchange.records import EncodedRecords, Operation
from linkage.exchange.specification import Specification
from linkage.exchange.specification.model import SourceRule

__all__ = ["BatchEncoder", "EncodedBatch", "FeedCounts", "Reject", "RejectEffect"]


class RejectEffect(StrEnum):
    """What became of a row that broke a rule: the record was not encoded, or the value was, as it stands."""

    REJECTED = "rejected"
    KEPT = "kept"


@dataclass(frozen=True)
class Reject:
    """A row of the feed that broke a rule."""

    row: int
    rule: str
    effect: RejectEffect


@dataclass
class FeedCounts:
    """What a feed held, as counts: no value appears.

    `encoded` are all records that leave, of which `deleted` are deletions and `empty` have no value in any field.
    Values of deletions are neither read nor missing.
    """

    rows: int = 0
    encoded: int = 0
    deleted: int = 0
    empty: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    invalid: Counter[str] = field(default_factory=Counter)
    suspicious: Counter[str] = field(default_factory=Counter)

    def add(self, other: "FeedCounts") -> None:
        """Add the counts of another batch."""
        self.rows += other.rows
        self.encoded += other.encoded
        self.deleted += other.deleted
        self.empty += other.empty
        self.rejected += other.rejected
        self.kept += other.kept
        self.missing += other.missing
        self.invalid += other.invalid
        self.suspicious += other.suspicious


@dataclass(frozen=True, repr=False)
class EncodedBatch:
    """The records of a batch that could be encoded, and the rows that could not.

    Attributes
    ----------
    records, rows
        Encoded records and the feed's 1-based row number of each (int64).
    feed_record_ids
        The source's own ids of these records; they stay at the source.
    rejects
        What could not be used, in the order of the rows.
    counts
        What the batch held.
    """

    records: EncodedRecords
    rows: npt.NDArray[np.int64]
    feed_record_ids: pa.StringArray
    rejects: tuple[Reject, ...]
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
        ids = pc.utf8_trim_whitespace(batch.column(self._source.record_id))
        nameless = np.asarray(pc.fill_null(pc.equal(pc.utf8_length(ids), 0), fill_value=True))
        rejects = [
            Reject(first_row + row, "record_id.missing", RejectEffect.REJECTED)
            for row in np.flatnonzero(nameless).tolist()
        ]
        counts = FeedCounts(rows=batch.num_rows)
        flags = flags_of(batch, self._source, first_row)
        deleted = deletions_of(batch, self._source, first_row)
        # What a deletion says besides its id is not read, and so not missing either.
        without_value = ~deleted
        columns: dict[str, pa.StringArray] = {}
        for name, kind, sources in self._fields:
            result = normalise(
                kind,
                field_values(batch, self._source, name),
                date_formats=self._source.date_formats,
                field=name,
                columns=sources,
                first_row=first_row,
            )
            columns[name] = result.values
            missing = np.asarray(pc.is_null(result.values))
            counts.missing[name] += int((missing & ~deleted).sum())
            without_value &= missing
            counts.invalid.update(result.invalid)
            counts.suspicious.update(result.suspicious)
            # A date that does not exist is mistyped, and is encoded as it stands: what is right in it still speaks, and
            # losing a child for a slip of the hand would help nobody.
            rejects += [
                Reject(first_row + row, rule, RejectEffect.KEPT)
                for row, rule in zip(result.rejected.tolist(), result.rules, strict=True)
                if not nameless[row] and not deleted[row]
            ]
        named = np.flatnonzero(~nameless)
        if len(named) < batch.num_rows:
            ids = ids.take(pa.array(named))
            columns = {name: values.take(pa.array(named)) for name, values in columns.items()}
        rows = named + first_row
        pseudonyms = self._encoder.pseudonyms(ids) if self._source.pseudonymise else given_ids(ids, rows)
        counts.encoded = len(named)
        for reject in rejects:
            (counts.rejected if reject.effect is RejectEffect.REJECTED else counts.kept)[reject.rule] += 1
        counts.deleted = int(deleted[named].sum())
        counts.empty = int(without_value[named].sum())
        return EncodedBatch(
            _with_deletions(self._encoder.encode(pseudonyms, columns, flags=flags[named]), deleted[named]),
            rows,
            ids,
            tuple(sorted(rejects, key=lambda reject: reject.row)),
            counts,
        )


def _with_deletions(records: EncodedRecords, deleted: npt.NDArray[np.bool_]) -> EncodedRecords:
    """The records, of which those that are deleted carry nothing but their id."""
    if deleted.any():
        records.words[deleted] = 0
        records.flags[deleted] = 0
        records.operations[deleted] = Operation.DELETE
    return records

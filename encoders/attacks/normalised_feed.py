"""A feed's normalised values with the pseudonyms of its records: what the attacker's list is made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.feeds.feed import open_feed
from encoders.feeds.field_values import field_values
from encoders.hashing.keyed_values import given_ids
from encoders.normalise import normalise
from encoders.record_encoder import RecordEncoder
from linkage.exchange.specification import Specification
from linkage.exchange.specification.model import SourceRule

__all__ = ["NormalisedBatch", "normalised_batches"]


@dataclass(frozen=True, repr=False)
class NormalisedBatch:
    """Part of a feed, records without an id left out as `encode` does.

    Attributes
    ----------
    raw
        The feed's own columns, as text or dates.
    columns
        Normalised values by field.
    record_ids
        uint8, shape (n, 16): as the records are known at the unit.
    """

    raw: pa.RecordBatch
    columns: dict[str, pa.StringArray]
    record_ids: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.record_ids)


def normalised_batches(
    path: Path, specification: Specification, source: SourceRule, encoder: RecordEncoder
) -> Iterator[NormalisedBatch]:
    """Read and normalise a feed, batch by batch.

    Raises
    ------
    FeedRefused
        As `open_feed`.
    """
    fields = [
        (name, rule.kind, source.columns_of(name))
        for name, rule in specification.fields.items()
        if source.columns_of(name)
    ]
    wanted = [source.record_id, *(column for _, _, columns in fields for column in columns)]
    opened = open_feed(
        path, columns=list(dict.fromkeys(wanted)), encoding=source.encoding, delimiter=source.delimiter
    )
    first_row = 1
    with opened as feed:
        for batch in feed:
            ids = pc.utf8_trim_whitespace(batch.column(source.record_id))
            named = pc.fill_null(pc.greater(pc.utf8_length(ids), 0), fill_value=False)
            kept = np.flatnonzero(np.asarray(named))
            raw = batch.filter(named) if len(kept) < batch.num_rows else batch
            ids = ids.filter(named)
            columns = {
                name: normalise(
                    kind,
                    field_values(raw, source, name),
                    date_formats=source.date_formats,
                    field=name,
                    columns=columns,
                ).values
                for name, kind, columns in fields
            }
            pseudonyms = encoder.pseudonyms(ids) if source.pseudonymise else given_ids(ids, kept + first_row)
            first_row += batch.num_rows
            yield NormalisedBatch(raw, columns, pseudonyms)

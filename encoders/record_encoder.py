"""Normalised fields of a batch into encoded records: the one place where all keyed parts meet."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.blocking_keys import BlockingKeyEncoder
from encoders.cohorts import cohort_words
from encoders.filters.bloom import FilterEncoder
from encoders.filters.hardening import FilterHardening
from encoders.hashing.keyed_values import keyed_ids, keyed_words
from encoders.keys.project_key import Purpose
from linkage.exchange.records import EncodedRecords, Operation
from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification import Specification

__all__ = ["RecordEncoder"]

Derive = Callable[[Purpose, str], bytes]


class RecordEncoder:
    """Encodes the records of one source under one project key.

    Parameters
    ----------
    specification
        What to encode, and how.
    source
        The source's name: the same record id at two sources gets two pseudonyms.
    derive
        Gives the key of a purpose and a label; see ``encoders.keys.project_key``.
    """

    def __init__(self, specification: Specification, source: str, derive: Derive) -> None:
        self._schema = specification.record_schema
        self._filters = [
            (
                FilterEncoder(rule, specification.fields, lambda label: derive(Purpose.HASHING, label)),
                FilterHardening(rule, lambda label: derive(Purpose.DIFFUSION, label)),
                [self._schema.column(kind, rule.name) for kind in rule.kinds],
            )
            for rule in specification.filters
        ]
        self._tokens = [
            (rule.field, derive(Purpose.TOKENS, rule.name), self._schema.column(ColumnKind.TOKEN, rule.name))
            for rule in specification.tokens
        ]
        self._blocking = [
            (
                BlockingKeyEncoder(rule, lambda space: derive(Purpose.BLOCKING, space)),
                self._schema.column(ColumnKind.BLOCK, rule.name),
            )
            for rule in specification.blocking_keys
        ]
        self._cohort = specification.cohort
        self._cohort_key = derive(Purpose.COHORT, "")
        self._record_id_key = derive(Purpose.RECORD_IDS, source)

    def __repr__(self) -> str:
        return f"RecordEncoder({len(self._schema.columns)} columns)"

    def pseudonyms(self, record_ids: pa.StringArray) -> npt.NDArray[np.uint8]:
        """Keyed pseudonyms of the source's record ids: uint8, shape (n, 16)."""
        return keyed_ids(self._record_id_key, record_ids)

    def encode(
        self,
        record_ids: npt.NDArray[np.uint8],
        columns: Mapping[str, pa.StringArray],
        *,
        operations: npt.NDArray[np.uint8] | None = None,
        flags: npt.NDArray[np.uint8] | None = None,
    ) -> EncodedRecords:
        """Encode a batch.

        Parameters
        ----------
        record_ids
            uint8, shape (n, 16), as the records are to be known at the unit.
        columns
            Normalised values by field, each of length n; fields that the source does not have are absent.
        operations, flags
            uint8, shape (n,); upserts without flags if not given.
        """
        n = len(record_ids)
        words = np.zeros((n, self._schema.n_words), dtype=np.uint64)
        for encoder, hardening, (column, *incomplete) in self._filters:
            filters = hardening.apply(encoder.encode(columns, n, record_ids), record_ids)
            for other in incomplete:
                lacks = ~encoder.complete(columns, n)
                words[lacks, other.offset : other.stop] = filters[lacks]
                filters[lacks] = 0
            words[:, column.offset : column.stop] = filters
        for field, key, column in self._tokens:
            if field in columns:
                words[:, column.offset] = keyed_words(key, columns[field])
        # Several keys have a part in common; it is kept for this batch only.
        parts: dict[str, pa.StringArray] = {}
        for blocking, column in self._blocking:
            words[:, column.offset] = blocking.encode(columns, n, parts)
        if self._cohort is not None and self._cohort.field in columns:
            place = self._schema.column(ColumnKind.COHORT, self._cohort.field).offset
            words[:, place] = cohort_words(self._cohort_key, self._cohort, columns[self._cohort.field])
        return EncodedRecords(
            record_ids,
            np.full(n, Operation.UPSERT, dtype=np.uint8) if operations is None else operations,
            np.zeros(n, dtype=np.uint8) if flags is None else flags,
            words,
        )

"""Batches of encoded records, to Arrow and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.exchange.records import EncodedRecords
from linkage.exchange.schema import ColumnKind, RecordSchema

SCHEMA = RecordSchema.of(
    [(ColumnKind.FILTER, "f", 4), (ColumnKind.TOKEN, "t", 1), (ColumnKind.BLOCK, "b", 1)]
)


def records_of(n, seed=0):
    draw = np.random.default_rng(seed)
    return EncodedRecords(
        draw.integers(0, 256, (n, 16), dtype=np.uint8),
        np.zeros(n, dtype=np.uint8),
        np.zeros(n, dtype=np.uint8),
        draw.integers(0, 2**63, (n, 6), dtype=np.uint64),
    )


def test_columns_lie_one_behind_the_other():
    assert [(column.label, column.offset, column.stop) for column in SCHEMA.columns] == [
        ("filter.f", 0, 4),
        ("token.t", 4, 5),
        ("block.b", 5, 6),
    ]
    assert SCHEMA.n_words == 6
    assert SCHEMA.column(ColumnKind.BLOCK, "b").offset == 5
    with pytest.raises(KeyError):
        SCHEMA.column(ColumnKind.BLOCK, "f")


@given(n=st.integers(0, 5), start=st.integers(0, 3), seed=st.integers(0, 99))
def test_arrow_and_back(n, start, seed):
    records = records_of(n, seed)
    batch = records.to_arrow(SCHEMA).slice(min(start, n))
    back = EncodedRecords.from_arrow(batch, SCHEMA)
    for one, two in zip(
        (records.record_ids, records.operations, records.flags, records.words),
        (back.record_ids, back.operations, back.flags, back.words),
        strict=True,
    ):
        assert np.array_equal(one[min(start, n) :], two)


def test_another_schema_is_refused():
    other = RecordSchema.of([(ColumnKind.FILTER, "f", 5), (ColumnKind.TOKEN, "t", 1)])
    with pytest.raises(ValueError, match="columns and widths"):
        EncodedRecords.from_arrow(records_of(2).to_arrow(SCHEMA), other)


def test_a_wrong_shape_is_refused_and_no_value_is_shown():
    records = records_of(2)
    with pytest.raises(ValueError, match="operations: expected shape"):
        EncodedRecords(records.record_ids, records.operations[:1], records.flags, records.words)
    assert repr(records) == "EncodedRecords(2 records of 6 words)"


def test_batches_are_put_together_and_taken_apart():
    one, two = records_of(2, 1), records_of(3, 2)
    both = EncodedRecords.concatenate([one, two])
    assert len(both) == 5
    assert np.array_equal(both.take(slice(2, 5)).words, two.words)

"""The shuffle: every record comes back once, in the order of the ids, and the disk holds ciphertext only."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders import spill
from encoders.spill import BucketShuffle
from linkage.exchange.records import EncodedRecords


def records_of(n, seed=0):
    draw = np.random.default_rng(seed)
    return EncodedRecords(
        draw.integers(0, 256, (n, 16), dtype=np.uint8),
        np.zeros(n, dtype=np.uint8),
        np.zeros(n, dtype=np.uint8),
        draw.integers(0, 2**63, (n, 3), dtype=np.uint64),
    )


def drained(shuffle):
    parts = list(shuffle.drain())
    return EncodedRecords.concatenate([part for part, _ in parts]), np.concatenate(
        [rows for _, rows in parts]
    )


@pytest.mark.parametrize("expected_rows", [0, 10_000, 100_000_000])
@pytest.mark.parametrize("memory", [64 << 20, 400])
def test_every_record_comes_back_once_in_the_order_of_ids(tmp_path, monkeypatch, expected_rows, memory):
    shuffle = BucketShuffle(tmp_path, n_words=3, expected_rows=expected_rows)
    monkeypatch.setattr(spill, "MEMORY_BYTES", memory)
    records = records_of(150)
    for start in range(0, 150, 40):
        part = records.take(slice(start, start + 40))
        shuffle.add(part, np.arange(start, start + len(part), dtype=np.int64) + 1)
    assert bool(list(tmp_path.iterdir())) == (memory == 400)
    back, rows = drained(shuffle)
    order = np.lexsort(records.record_ids.T[::-1])
    assert np.array_equal(back.record_ids, records.record_ids[order])
    assert np.array_equal(back.words, records.words[order])
    assert np.array_equal(rows, order + 1)
    assert not list(tmp_path.iterdir())


@given(seed=st.integers(0, 1000), n=st.integers(1, 30))
def test_equal_ids_come_back_next_to_each_other(tmp_path_factory, seed, n):
    shuffle = BucketShuffle(tmp_path_factory.mktemp("s"), n_words=3, expected_rows=10**8)
    records = records_of(n, seed)
    shuffle.add(records, np.arange(n))
    shuffle.add(records.take(slice(0, 1)), np.array([n]))
    back, rows = drained(shuffle)
    same = np.flatnonzero((back.record_ids[1:] == back.record_ids[:-1]).all(axis=1))
    assert len(same) == 1
    assert {int(rows[same[0]]), int(rows[same[0] + 1])} == {0, n}


def test_what_lies_on_the_disk_is_ciphertext(tmp_path, monkeypatch):
    monkeypatch.setattr(spill, "MEMORY_BYTES", 64)
    records = records_of(50)
    with BucketShuffle(tmp_path, n_words=3, expected_rows=0) as shuffle:
        shuffle.add(records, np.arange(50))
        data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert data
    assert not any(row.tobytes() in data for row in records.record_ids)
    assert not any(row.tobytes() in data for row in records.words)


def test_nothing_in_gives_nothing_out(tmp_path):
    assert not list(BucketShuffle(tmp_path, n_words=3, expected_rows=5).drain())

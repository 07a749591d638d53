"""The scan for keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_keys import rows_with_keys_slowly

from linkage.candidates import key_scan

small = st.integers(0, 12)
large = st.sampled_from([0, 1, 2**63, 2**64 - 1, 2**32, 0x9E3779B97F4A7C15])


def words(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(values, dtype=np.uint64)


@given(st.data(), st.integers(0, 40), st.integers(1, 3), st.sampled_from([small, large]), st.integers(1, 3))
def test_as_the_oracle(
    data: st.DataObject, n_rows: int, n_columns: int, kind: st.SearchStrategy[int], threads: int
) -> None:
    columns = [data.draw(st.lists(kind, min_size=n_rows, max_size=n_rows)) for _ in range(n_columns)]
    keys = data.draw(st.lists(kind, max_size=20))
    found = key_scan.rows_with_keys([words(column) for column in columns], words(keys), threads=threads)
    assert found.tolist() == rows_with_keys_slowly(columns, keys)


def test_parts_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_scan, "ROWS_AT_ONCE", 7)
    column = np.arange(100, dtype=np.uint64)
    found = key_scan.rows_with_keys([column, column[::-1]], words([0, 6, 7, 8, 99]), threads=2)
    assert np.flatnonzero(found).tolist() == [0, 6, 7, 8, 91, 92, 93, 99]


def test_many_keys_fill_the_table_by_half() -> None:
    keys = np.random.default_rng(2).integers(1, 2**64, 5000, dtype=np.uint64)
    assert key_scan.rows_with_keys([keys], keys[::2]).sum() == 2500

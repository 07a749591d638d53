"""Pattern codes are a bijection; tables add up; pair classes number the unordered pairs of sources."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.comparison import (
    PatternTable,
    decode_patterns,
    encode_patterns,
    n_pair_classes,
    pair_class,
    pair_class_members,
    pair_classes,
)


@given(st.lists(st.integers(2, 5), min_size=1, max_size=5))
def test_codes_and_levels_are_a_bijection(n_levels: list[int]) -> None:
    codes = np.arange(np.prod(n_levels))
    levels = decode_patterns(codes, n_levels)
    assert np.array_equal(encode_patterns(levels, n_levels), codes)
    assert len(np.unique(levels, axis=0)) == codes.size


@given(st.integers(1, 12))
def test_pair_classes_number_the_unordered_pairs(n_sources: int) -> None:
    members = pair_class_members(n_sources)
    assert len(members) == n_pair_classes(n_sources)
    for index, (a, b) in enumerate(members):
        assert pair_class(a, b, n_sources) == pair_class(b, a, n_sources) == index
        assert pair_classes(n_sources)[b, a] == index


def test_values_outside_their_range_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        encode_patterns(np.array([[1, 3]]), (2, 3))
    with pytest.raises(ValueError, match="shape"):
        encode_patterns(np.array([[1, 1, 1]]), (2, 3))
    with pytest.raises(ValueError, match="0 to 5"):
        decode_patterns(np.array([6]), (2, 3))
    with pytest.raises(ValueError, match="counts"):
        PatternTable((2, 3), np.zeros((1, 1, 5), np.int64))


def test_tables_add_and_say_what_occurs() -> None:
    counts = np.zeros((1, 2, 6), np.int64)
    counts[0, 1, 4] = 3
    table = PatternTable((2, 3), counts)
    assert (table + table).n_pairs == 6
    assert table.occurring().tolist() == [4]
    assert "3 pairs" in repr(table)
    with pytest.raises(ValueError, match="cannot be added"):
        table + PatternTable((6,), counts)

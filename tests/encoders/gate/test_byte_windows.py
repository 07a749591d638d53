"""The window search finds what a plain search finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.gate.byte_windows import WindowSet, runs_of, windows_of

WORDS = st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=12)


def keys_of(words):
    flat = np.frombuffer(b"".join(words) or b"\0", dtype=np.uint8)
    offsets = np.cumsum([0, *map(len, words)]).astype(np.int32)
    return windows_of(offsets, flat)


@given(WORDS, st.binary(max_size=60), st.integers(1, 8))
def test_windows_are_found_where_a_plain_search_finds_them(words, data, length):
    words = [word for word in words if len(word) >= length] or [b"a" * length]
    data = data + words[0] + data
    keys, _ = keys_of(words)
    found = WindowSet.of(keys, length).find(np.frombuffer(data, dtype=np.uint8))
    cut = {word[:length] for word in words}
    assert found.tolist() == [at for at in range(len(data) - length + 1) if data[at : at + length] in cut]


def test_more_hits_than_expected_are_all_given():
    keys, _ = keys_of([b"a"])
    assert len(WindowSet.of(keys, 1).find(np.full(5_000, ord("a"), np.uint8))) == 5_000


def test_windows_of_short_strings_are_filled_with_zeros():
    keys, lengths = keys_of([b"ab", b"", b"0123456789"])
    assert keys[0] == int.from_bytes(b"ab", "little")
    assert keys[2] == int.from_bytes(b"01234567", "little")
    assert lengths.tolist() == [2, 0, 8]


def test_a_length_out_of_range_is_refused():
    with pytest.raises(ValueError, match="1 to 8"):
        WindowSet.of(np.zeros(1, np.uint64), 9)


@given(st.binary(max_size=80), st.integers(1, 5))
def test_runs_are_maximal(data, least):
    member = np.zeros(256, dtype=bool)
    member[:100] = True
    found = runs_of(np.frombuffer(data, dtype=np.uint8), member, least)
    expected, start = [], None
    for at, byte in enumerate([*data, 255]):
        if byte < 100 and start is None:
            start = at
        elif byte >= 100 and start is not None:
            expected += [[start, at]] if at - start >= least else []
            start = None
    assert found.tolist() == expected

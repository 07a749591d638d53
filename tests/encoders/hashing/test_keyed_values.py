"""Exact keyed values: tokens, buckets and record ids."""

import hmac

import numpy as np
import pyarrow as pa
import pytest

from encoders.hashing.keyed_values import given_ids, keyed_ids, keyed_words
from linkage.exchange.errors import FeedRefused

KEY = b"k" * 32


def test_a_code_is_the_head_of_the_hmac():
    expected = int.from_bytes(hmac.digest(KEY, b"9434765919", "sha256")[:8], "little")
    assert keyed_words(KEY, pa.array(["9434765919"])).tolist() == [expected]


def test_missing_values_have_the_missing_code():
    codes = keyed_words(KEY, pa.array(["a", None, "b", "a"]))
    assert codes[1] == 0
    assert codes[0] == codes[3] != codes[2]
    assert keyed_words(KEY, pa.array([None, None], pa.string())).tolist() == [0, 0]


def test_buckets_are_filled_evenly():
    codes = keyed_words(KEY, pa.array([str(number) for number in range(20_000)]), buckets=10)
    counts = np.bincount(codes.astype(np.int64))
    assert counts[0] == 0
    assert counts[1:].min() > 1800


def test_a_pseudonym_depends_on_the_key_and_the_id():
    ids = pa.array(["P1", "P2"])
    assert keyed_ids(KEY, ids).shape == (2, 16)
    assert not np.array_equal(keyed_ids(KEY, ids)[0], keyed_ids(KEY, ids)[1])
    assert not np.array_equal(keyed_ids(KEY, ids), keyed_ids(b"l" * 32, ids))


def test_given_ids_are_taken_as_they_are_or_refused_by_row():
    text = "00112233445566778899aabbccddeeff"
    assert given_ids(pa.array([text]), np.array([1]))[0].tobytes().hex() == text
    with pytest.raises(FeedRefused, match="row 12:") as refusal:
        given_ids(pa.array([text, "oliver"]), np.array([11, 12]))
    assert "oliver" not in str(refusal.value)


def test_repeats_and_gaps_get_the_codes_of_their_values():
    values = pa.array(["b", None, "a", "b", None, "a", "c"], pa.string())
    alone = {text: keyed_words(KEY, pa.array([text]))[0] for text in "abc"}
    expected = [0 if text is None else alone[text] for text in values.to_pylist()]
    assert keyed_words(KEY, values).tolist() == expected
    assert keyed_words(KEY, values.slice(2, 3)).tolist() == expected[2:5]


def test_nothing_but_gaps_has_no_codes():
    assert keyed_words(KEY, pa.array([None, None], pa.string())).tolist() == [0, 0]
    assert keyed_words(KEY, pa.array([], pa.string())).tolist() == []

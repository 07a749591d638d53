"""HMACs of a column are those of the library, byte by byte."""

import hashlib
import hmac

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.hashing.hmac_columns import hmac_column


@given(
    key=st.binary(min_size=1, max_size=64),
    values=st.lists(st.none() | st.text(max_size=40), max_size=5),
    n_bytes=st.integers(1, 32),
)
def test_codes_are_the_librarys(key, values, n_bytes):
    out = hmac_column(key, pa.array(values, pa.string()), n_bytes)
    for row, value in zip(out, values, strict=True):
        expected = bytes(n_bytes) if value is None else hmac.digest(key, value.encode(), "sha256")[:n_bytes]
        assert row.tobytes() == expected


@pytest.mark.parametrize("length", [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000])
def test_lengths_around_the_block(length):
    value = "x" * length
    assert hmac_column(b"k" * 32, pa.array([value]), 32)[0].tobytes() == hmac.digest(
        b"k" * 32, value.encode(), hashlib.sha256
    )


@pytest.mark.parametrize("n", [15, 16, 17, 33])
def test_lanes_that_are_not_all_filled(n):
    values = [None if i % 7 == 3 else "v" * (i * 5 % 61) + str(i) for i in range(n)]
    for row, value in zip(hmac_column(b"key", pa.array(values), 32), values, strict=True):
        expected = bytes(32) if value is None else hmac.digest(b"key", value.encode(), "sha256")
        assert row.tobytes() == expected


def test_a_vector_of_rfc_4231():
    code = hmac_column(b"Jefe", pa.array(["what do ya want for nothing?"]), 32)[0].tobytes().hex()
    assert code == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_a_slice_gives_its_own_rows():
    values = pa.array(["a", None, "ccc", "dd"])
    assert (hmac_column(b"k", values.slice(2), 8) == hmac_column(b"k", values, 8)[2:]).all()


@pytest.mark.parametrize(("key", "n_bytes"), [(b"k" * 65, 8), (b"k", 0), (b"k", 33)])
def test_what_is_out_of_range(key, n_bytes):
    with pytest.raises(ValueError, match="expected"):
        hmac_column(key, pa.array(["a"]), n_bytes)

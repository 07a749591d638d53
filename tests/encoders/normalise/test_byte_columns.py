"""Flat byte columns and folding, against the plainest Python."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from anyascii import anyascii
from hypothesis import given
from hypothesis import strategies as st

from encoders.normalise.byte_columns import ByteColumn
from encoders.normalise.folding import compact, digits_only, fold, to_ascii, without_decimal_zero

TEXTS = st.lists(st.text(max_size=8), max_size=10)


@given(st.lists(st.one_of(st.none(), st.text(max_size=5))), st.integers(0, 5), st.data())
def test_bytes_come_and_go(values: list[str | None], start: int, data: st.DataObject) -> None:
    column = pa.array(values, pa.string())[start:]
    flat = ByteColumn.from_arrow(column)
    assert flat.offsets[0] == 0
    assert flat.offsets[-1] == flat.data.size
    assert flat.to_arrow().to_pylist() == [value or "" for value in values[start:]]
    missing = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(column), max_size=len(column))), np.bool_
    )
    expected = [None if lost else value or "" for lost, value in zip(missing, values[start:], strict=True)]
    assert flat.to_arrow(missing=missing).to_pylist() == expected


@given(TEXTS, st.data())
def test_dropping_bytes(values: list[str], data: st.DataObject) -> None:
    flat = ByteColumn.from_arrow(pa.array([value.encode().hex() for value in values], pa.string()))
    keep = np.array(
        data.draw(st.lists(st.booleans(), min_size=flat.data.size, max_size=flat.data.size)), np.bool_
    )
    kept = flat.where(keep).to_arrow().to_pylist()
    bounds = zip(flat.offsets[:-1], flat.offsets[1:], strict=True)
    assert kept == [flat.data[low:high][keep[low:high]].tobytes().decode() for low, high in bounds]


def test_rows_of_one_length() -> None:
    flat = ByteColumn.from_arrow(pa.array(["ab", "", "c", "de", "fgh"]))
    one, two, nine = flat.by_length([1, 2, 9])
    assert two.characters.T.tobytes() == b"abde"
    assert two.rows.tolist() == [True, False, False, True, False]
    assert two.spread(np.array([False, True])).tolist() == [False, False, False, True, False]
    assert one.characters.shape == (1, 1)
    assert nine.characters.shape == (9, 0)


def _plainly_ascii(text: str) -> str:
    return anyascii(unicodedata.normalize("NFKC", text.replace("\u00b4", "'").replace("\0", "")).casefold())


@given(TEXTS)
def test_folding_is_done_value_by_value(values: list[str]) -> None:
    column = pa.array(values, pa.string())
    ascii_values = [value if value.isascii() else _plainly_ascii(value) for value in values]
    assert to_ascii(column).to_pylist() == ascii_values
    lowered = [value.lower().replace("'", "").replace("`", "") for value in ascii_values]
    plain = ["".join(letter if letter.isalnum() else " " for letter in value) for value in lowered]
    assert fold(column).to_arrow().to_pylist() == [" ".join(value.split()) for value in plain]
    assert compact(column).to_arrow().to_pylist() == [value.replace(" ", "") for value in plain]
    assert digits_only(column).to_arrow().to_pylist() == [
        "".join(filter(str.isdigit, value)) for value in plain
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12.0", "12"),
        (" 12.0", " 12"),
        ("1.2.0", "1.2.0"),
        ("v2.0", "v2.0"),
        (".0", ".0"),
        ("12.00", "12.00"),
        ("", ""),
    ],
)
def test_a_decimal_zero_is_taken_off_numbers_only(value: str, expected: str) -> None:
    assert without_decimal_zero(pa.array([value])).to_pylist() == [expected]

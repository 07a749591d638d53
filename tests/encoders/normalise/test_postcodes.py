"""Rules for UK postcodes."""

import re
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.normalise import normalise

Outcome = Callable[..., str | None]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("SW1A 1AA", "sw1a1aa"),
        ("sw1a1aa", "sw1a1aa"),
        (" m1  1ae ", "m11ae"),
        ("B33-8TH", "b338th"),
        ("CR2 6XH", "cr26xh"),
        ("DN55 1PT", "dn551pt"),
        ("W1A 0AX", "w1a0ax"),
        ("GIR 0AA", "gir0aa"),
        ("M1 IAE", "m11ae"),
        ("W1A OAX", "w1a0ax"),
        ("0X1 1AA", "ox11aa"),
        ("ZZ99 3VZ", "<placeholder>"),
        ("zz993cz", "<placeholder>"),
        ("SW1A", "<incomplete>"),
        ("M1", "<incomplete>"),
        ("DN55", "<incomplete>"),
        ("SW1A 1A", "<format>"),
        ("M1 1CE", "<format>"),
        ("2600", "<format>"),
        ("unknown", "<format>"),
        ("-", "<format>"),
        ("SW1A 1AAA", "<format>"),
        ("AAA 1AA", "<format>"),
        ("", None),
        ("  ", None),
    ],
)
def test_postcodes(outcome: Outcome, value: str, expected: str | None) -> None:
    assert outcome("postcode", value) == expected


PATTERN = re.compile(r"(?:[a-z][0-9][a-z0-9]?|[a-z]{2}[0-9][a-z0-9]?)[0-9][abd-hjlnp-uw-z]{2}")


@given(st.lists(st.text("abimoz019", min_size=0, max_size=9), min_size=1))
def test_the_pattern_is_that_of_the_expression(values: list[str]) -> None:
    expected = []
    for value in values:
        mended = value
        if 5 <= len(value) <= 7:
            place = mended[-3].replace("o", "0").replace("i", "1")
            mended = mended[:-3] + place + mended[-2:]
            mended = "o" + mended[1:] if mended[0] == "0" else mended
        expected.append(mended if PATTERN.fullmatch(mended) and not mended.startswith("zz99") else None)
    assert normalise("postcode", pa.array(values, pa.string()), field="f").values.to_pylist() == expected

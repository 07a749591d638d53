"""Rules for NHS numbers and UPNs, with python-stdnum as the oracle of their check characters."""

from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.gb import nhs, upn

from encoders.normalise import normalise

Outcome = Callable[..., str | None]
# Authorities that python-stdnum knows; ours accepts any.
AUTHORITIES = ["801", "330", "213", "938"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("9434765919", "9434765919"),
        ("943 476 5919", "9434765919"),
        ("943-476-5919", "9434765919"),
        ("9434765919.0", "9434765919"),
        (" 9434765919\t", "9434765919"),
        ("\uff19434765919", "9434765919"),
        ("9434765918", "<check_digit>"),
        ("943476591", "<format>"),
        ("94347659199", "<format>"),
        ("943476591x", "<format>"),
        ("unknown", "<format>"),
        ("unknown no", "<format>"),
        ("-", "<format>"),
        ("0000000000", "<placeholder>"),
        ("1111111111", "<placeholder>"),
        ("9999999999", "<placeholder>"),
        ("", None),
        ("  ", None),
    ],
)
def test_nhs_numbers(outcome: Outcome, value: str, expected: str | None) -> None:
    assert outcome("nhs_number", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("B801200005001", "b801200005001"),
        ("b801200005001", "b801200005001"),
        ("B 801 2000 05 001", "b801200005001"),
        ("A801200005001", "<check_letter>"),
        ("B80120000500", "<format>"),
        ("B8012000050011", "<format>"),
        ("8801200005001", "<format>"),
        ("B80120000A001", "<format>"),
        ("I801200005001", "<format>"),
        ("B80120000500S", "<format>"),
        ("n/a", "<format>"),
        ("", None),
    ],
)
def test_upns(outcome: Outcome, value: str, expected: str | None) -> None:
    assert outcome("upn", value) == expected


def test_a_temporary_upn_is_missing(outcome: Outcome) -> None:
    body = "80120000501A"
    assert outcome("upn", upn.calc_check_digit(body) + body) == "<temporary>"
    assert outcome("upn", ("A" if upn.calc_check_digit(body) != "A" else "B") + body) == "<check_letter>"


@given(st.lists(st.from_regex(r"[0-9]{8,11}", fullmatch=True), min_size=1))
def test_nhs_check_digits_are_those_of_the_oracle(numbers: list[str]) -> None:
    # Every second one gets a digit that checks, where there is one.
    numbers += [
        number[:9] + str(digit)
        for number in numbers
        for digit in range(10)
        if nhs.checksum(number[:9] + str(digit)) == 0
    ]
    values = normalise("nhs_number", pa.array(numbers), field="f").values.to_pylist()
    assert values == [number if nhs.is_valid(number) and len(set(number)) > 1 else None for number in numbers]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*upn._alphabet, None]),
            st.sampled_from(AUTHORITIES),
            st.from_regex(r"[0-9]{8}", fullmatch=True),
            st.sampled_from(upn._alphabet),
        ),
        min_size=1,
    )
)
def test_upn_check_letters_are_those_of_the_oracle(parts: list[tuple[str | None, str, str, str]]) -> None:
    numbers = [
        (letter or upn.calc_check_digit(authority + middle + last)) + authority + middle + last
        for letter, authority, middle, last in parts
    ]
    values = normalise("upn", pa.array(numbers), field="f").values.to_pylist()
    assert values == [
        number.lower() if upn.is_valid(number) and number[-1].isdigit() and number[0].isalpha() else None
        for number in numbers
    ]


def test_temporary_upns_check_like_the_oracle(outcome: Outcome) -> None:
    for last in "ABCDEFGHJKLMNPQRTUVWXYZ":
        body = "80120000501" + last
        for first in "ABCDEFGHJKLMNPQRTUVWXYZ":
            expected = "<temporary>" if upn.is_valid(first + body) else "<check_letter>"
            assert outcome("upn", first + body) == expected

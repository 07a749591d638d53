"""Rules for sex codes, addresses, telephone numbers, whole numbers and texts."""

from collections.abc import Callable

import pytest

from encoders.normalise.addresses import ABBREVIATIONS

Outcome = Callable[..., str | None]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *[(value, "m") for value in ("m", "M", "male", "Male ", "BOY", "1", "01", "1.0", "man")],
        *[(value, "f") for value in ("f", "F", "female", "Girl", "2", "02", "2.0", "w", "woman")],
        *[
            (value, "<not_stated>")
            for value in ("0", "9", "U", "X", "unknown", "Not Known", "n/a", "-", "I", "other")
        ],
        *[(value, "<unknown_code>") for value in ("3", "q", "mf", "Smith", "2015-03-09")],
        *[(value, None) for value in ("", " ")],
    ],
)
def test_sexes(outcome: Outcome, value: str, expected: str | None) -> None:
    assert outcome("sex", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("14 High Street", "14 high st"),
        ("14, High St.", "14 high st"),
        ("Flat 2, 14 High Street", "2 14 high st"),
        ("2/14 HIGH STREET", "2 14 high st"),
        ("14 High St, Apt. 2", "14 2 high st"),
        ("High Street 14a", "14a high st"),
        ("No. 14 High Road", "14 high rd"),
        ("Rose Cottage, Church Lane, Ely", "rose cott church ln ely"),
        ("1st Avenue", "1st ave"),
        ("St. John's Close", "st johns cl"),
        ("The Old House 3 Mill Rd Leeds LS1 4AB", "3 the old hse mill rd leeds ls1 4ab"),
        ("12", "12"),
        ("12 sinclair circuit", "12 sinclair cct"),
        ("Flat", "<placeholder>"),
        ("unknown", "<placeholder>"),
        ("NFA", "<placeholder>"),
        ("No fixed abode", "<placeholder>"),
        ("n/a", "<placeholder>"),
        (",", "<placeholder>"),
        ("", None),
        (" ", None),
    ],
)
def test_addresses(outcome: Outcome, value: str, expected: str | None) -> None:
    assert outcome("address", value) == expected


def test_abbreviations_are_final() -> None:
    assert not ABBREVIATIONS.keys() & set(ABBREVIATIONS.values())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("07700 900123", "07700900123"),
        ("(020) 7946-0958", "02079460958"),
        ("+44 7700 900123", "07700900123"),
        ("+44 (0)7700 900123", "07700900123"),
        ("0044 7700 900123", "07700900123"),
        ("447700900123", "07700900123"),
        ("7700900123", "07700900123"),
        ("7700900123.0", "07700900123"),
        ("+353 87 123 4567", "00353871234567"),
        ("mum 07700 900123 / dad 01632 960001", "07700900123"),
        ("01632 960001 ext 12", "01632960001"),
        ("960001", "960001"),
        ("12345", "<length>"),
        ("123456789012345678", "<length>"),
        ("unknown", "<length>"),
        ("00000000000", "<placeholder>"),
        ("0", "<placeholder>"),
        ("01234567890", "<placeholder>"),
        ("1234567890", "<placeholder>"),
        ("", None),
        (" ", None),
    ],
)
def test_phones(outcome: Outcome, value: str, expected: str | None) -> None:
    assert outcome("phone", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", "12"),
        (" 0012 ", "12"),
        ("0", "0"),
        ("000", "0"),
        ("12.0", "12"),
        ("12.", "12"),
        ("+7", "7"),
        ("\u0661\u0662", "12"),
        ("999999999999999999", "999999999999999999"),
        ("1999999999999999999", "<format>"),
        ("12a", "<format>"),
        ("12.5", "<format>"),
        ("-3", "<format>"),
        ("1,234", "<format>"),
        ("unknown", "<format>"),
        ("", None),
        (" ", None),
    ],
)
def test_numbers(outcome: Outcome, value: str, expected: str | None) -> None:
    assert outcome("number", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Bury St. Edmunds", "bury st edmunds"),
        ("Stoke-on-Trent", "stoke on trent"),
        ("King's Lynn", "kings lynn"),
        ("Year 7", "year 7"),
        ("n/a", "<placeholder>"),
        ("...", "<placeholder>"),
        ("Unknown", "<placeholder>"),
        ("", None),
    ],
)
def test_texts(outcome: Outcome, value: str, expected: str | None) -> None:
    assert outcome("text", value) == expected

"""Rules for names."""

from collections.abc import Callable

import pytest

Outcome = Callable[..., str | None]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Smith", "smith"),
        ("  MARY   ann ", "mary ann"),
        ("O'Brien", "obrien"),
        ("O\u2019Brien", "obrien"),
        ("O\u00b4Brien", "obrien"),
        ("O`Brien", "obrien"),
        ("O Brien", "obrien"),
        ("Mc Donald", "mcdonald"),
        ("D'Arcy-O'Neil", "darcy oneil"),
        ("Smith-Jones", "smith jones"),
        ("Smith\u2013Jones", "smith jones"),
        ("Smith - Jones", "smith jones"),
        ("Smith/Jones", "smith jones"),
        ("St.John", "st john"),
        ("Robert (Bob)", "robert bob"),
        ("Zo\u00eb", "zoe"),
        ("Zoe\u0308", "zoe"),
        ("M\u00fcller", "muller"),
        ("Stra\u00dfe", "strasse"),
        ("\u0141ukasz", "lukasz"),
        ("\u0130brahim", "ibrahim"),
        ("\uff33\uff4d\uff49\uff54\uff48", "smith"),
        ("\ufb01nn", "finn"),
        ("\u738b\u5c0f\u660e", "wangxiaoming"),
        ("\u0410\u043d\u043d\u0430", "anna"),
        ("Ann\u00a0Marie", "ann marie"),
        ("Ann\u200bMarie", "annmarie"),
        ("Ann\tMarie\n", "ann marie"),
        ("Sm1th", "sm1th"),
        ("van der Berg", "van der berg"),
        ("al-Hassan", "al hassan"),
    ],
)
def test_writing(outcome: Outcome, value: str, expected: str) -> None:
    assert outcome("name", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Mr John Smith", "john smith"),
        ("Mr. John", "john"),
        ("Miss Mary", "mary"),
        ("Dr. Mrs Jane", "jane"),
        ("Master Tom", "tom"),
        ("Master", "master"),
        ("Dr Master", "master"),
        ("Prof. Dr Who", "who"),
        ("Missy", "missy"),
        ("Drew", "drew"),
        ("John Smith Jr.", "john smith"),
        ("John Smith III", "john smith"),
        ("John Jr II", "john"),
        ("Junior", "junior"),
        ("Jr", "jr"),
        ("John Senior", "john"),
        ("Mr John O'Neil Jr", "john oneil"),
        ("Mr O Brien", "obrien"),
        ("O Jr", "o"),
        ("Ann Miss", "ann miss"),
    ],
)
def test_titles_and_suffixes(outcome: Outcome, value: str, expected: str) -> None:
    assert outcome("name", value) == expected


@pytest.mark.parametrize(
    "value",
    [
        *(
            "-",
            ".",
            "?",
            "n/a",
            "N.A.",
            "NULL",
            "none",
            "unknown",
            "UNKNOWN",
            "Not Known",
            "not-known",
            "test",
            "ZZTEST",
        ),
        *(
            "baby",
            "Baby Girl",
            "baby boy",
            "Baby of Jane",
            "Twin 2",
            "twin one",
            "infant",
            "Male Infant",
            "Newborn",
        ),
        *(
            "x",
            "XXX",
            "x x",
            "123",
            "0",
            "mr",
            "Miss",
            "Mrs.",
            "No Name",
            "TBC",
            "test patient",
            "Don't know",
        ),
    ],
)
def test_what_names_nobody_is_missing(outcome: Outcome, value: str) -> None:
    assert outcome("name", value) == "<placeholder>"


@pytest.mark.parametrize("value", ["", " ", "\t", "\u00a0", "\u3000 "])
def test_an_empty_cell_is_missing_without_a_rule(outcome: Outcome, value: str) -> None:
    assert outcome("name", value) is None


@pytest.mark.parametrize(
    "value", ["Babyak", "Twinn", "Testa", "Nash", "Xu", "Xxavier", "Blank", "Sample", "Knowles", "Ng"]
)
def test_names_that_begin_like_placeholders_stay(outcome: Outcome, value: str) -> None:
    assert outcome("name", value) == value.lower()

"""Misspelling: always another text, never an empty one, and like the old one."""

import jellyfish
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.simulation.misspelling import (
    PHONETIC_RULES,
    SCANNING_RULES,
    Rule,
    Speller,
    misspelt_code,
    slip,
)

words = st.text("abcdeghilmnoprstuyz", min_size=1, max_size=14).map(str.capitalize)
numbers = st.integers(0, 999_999)
draws = st.tuples(numbers, numbers, numbers, numbers)
speller = Speller(PHONETIC_RULES, SCANNING_RULES)


@given(words, numbers, numbers, numbers)
def test_a_slip_is_one_edit(word: str, kind: int, where: int, which: int) -> None:
    slipped = slip(word, kind, where, which)
    assert slipped
    assert jellyfish.damerau_levenshtein_distance(word.casefold(), slipped.casefold()) == 1


@given(words, draws)
def test_a_misspelt_word_differs_by_little(word: str, drawn: tuple[int, int, int, int]) -> None:
    misspelt = speller.misspelt(word, drawn)
    assert misspelt
    assert misspelt.casefold() != word.casefold()
    assert jellyfish.levenshtein_distance(word.casefold(), misspelt.casefold()) <= 3


def test_an_empty_text_stays() -> None:
    assert speller.misspelt("", (1, 2, 3, 4)) == ""


@pytest.mark.parametrize(
    "rule,word,expected",
    [
        (Rule("ALL", "ph", "f"), "Stephen", "Stefen"),
        (Rule("START", "ph", "f"), "Philip", "Filip"),
        (Rule("END", "ie", "y"), "Sophie", "Sophy"),
        (Rule("MIDDLE", "h", ""), "John", "Jon"),
    ],
)
def test_a_rule_applies_where_it_says(rule: Rule, word: str, expected: str) -> None:
    only = Speller([rule], [rule])
    assert only.misspelt(word, (5, 0, 0, 1)) == expected
    assert only.misspelt(word, (9, 0, 0, 1)) == expected


def test_where_no_rule_applies_a_slip_is_made() -> None:
    assert Speller([Rule("ALL", "qq", "q")], []).misspelt("Anna", (5, 0, 0, 0)) not in ("Anna", "")


@given(st.from_regex(r"[A-Z]{1,2}[0-9]{1,2} [0-9][A-Z]{2}", fullmatch=True), draws)
def test_a_misspelt_code_keeps_its_shape(code: str, drawn: tuple[int, int, int, int]) -> None:
    wrong = misspelt_code(code, drawn)
    assert wrong != code
    assert len(wrong) == len(code)
    assert [letter.isdigit() for letter in wrong] == [letter.isdigit() for letter in code]
    assert wrong.index(" ") == code.index(" ")

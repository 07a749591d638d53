"""Names as a source records them, before it puts them into its own form."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulation.lists.tables import NO_WORD, Tables
from pipelines.simulation.misspelling import Speller
from pipelines.simulation.rates import Rates
from pipelines.simulation.recording.columns import blanked, edited, joined, replaced, words_at
from pipelines.simulation.recording.records import Faults, Records

__all__ = ["Names", "draw_names"]

_PLACEHOLDERS = ("Baby", "Infant", "Unknown")


@dataclass(frozen=True)
class Names:
    """Names of records (n,), in proper case, null where missing."""

    forename: pa.StringArray
    middle: pa.StringArray
    surname: pa.StringArray
    former: pa.StringArray
    guardian_forename: pa.StringArray
    guardian_surname: pa.StringArray


def draw_names(
    tables: Tables, rates: Rates, records: Records, faults: Faults, words: pa.StringArray
) -> Names:
    """Write the names out, with slips of the pen.

    Parameters
    ----------
    tables, rates, records, faults
        As drawn.
    words
        The words by code, as the source writes them (with accents or without).
    """
    speller = Speller(tables.phonetic_rules, tables.scanning_rules)
    forename = _forenames(rates, records, faults, words, speller)
    surname = _surnames(rates, records, faults, words, speller)
    swapped = faults.strikes(rates.swapped_names)
    forename, surname = replaced(forename, swapped, surname), replaced(surname, swapped, forename)
    guardian = [words_at(words, codes) for codes in (records.guardian_forename, records.guardian_surname)]
    missing = faults.strikes(rates.missing_guardian)
    for at in range(2):
        wrong = faults.strikes(rates.guardian_misspelt / 2)
        guardian[at] = blanked(edited(guardian[at], wrong, speller.misspelt, faults.rng), missing)
    return Names(
        forename=blanked(forename, faults.strikes(rates.missing_forename)),
        middle=_middles(rates, records, faults, words),
        surname=blanked(surname, faults.strikes(rates.missing_surname)),
        former=_surname_texts(records.former, words, faults.rng),
        guardian_forename=guardian[0],
        guardian_surname=guardian[1],
    )


def _forenames(
    rates: Rates, records: Records, faults: Faults, words: pa.StringArray, speller: Speller
) -> pa.StringArray:
    texts = words_at(words, records.forename)
    compound = pc.match_substring_regex(texts, "[- ]").to_numpy(zero_copy_only=False).astype(bool)
    texts = edited(texts, faults.strikes(rates.compound_split, compound), _other_compound, faults.rng)
    texts = edited(texts, faults.strikes(rates.forename_misspelt), speller.misspelt, faults.rng)
    texts = edited(texts, faults.strikes(rates.forename_initial), _initial, faults.rng)
    return edited(texts, faults.strikes(rates.forename_placeholder), _placeholder, faults.rng)


def _surnames(
    rates: Rates, records: Records, faults: Faults, words: pa.StringArray, speller: Speller
) -> pa.StringArray:
    texts = _surname_texts(records.surname, words, faults.rng)
    marked = pc.match_substring_regex(texts, "[-' ]").to_numpy(zero_copy_only=False).astype(bool)
    texts = edited(texts, faults.strikes(rates.punctuation, marked), _other_punctuation, faults.rng)
    texts = edited(texts, faults.strikes(rates.surname_misspelt), speller.misspelt, faults.rng)
    return replaced(texts, faults.strikes(rates.surname_placeholder), "Unknown")


def _surname_texts(
    codes: npt.NDArray[np.int32], words: pa.StringArray, rng: np.random.Generator
) -> pa.StringArray:
    """One surname, or two joined by a hyphen, sometimes by a space."""
    first, second = (words_at(words, np.ascontiguousarray(codes[:, at])) for at in range(2))
    double = codes[:, 1] != NO_WORD
    if not double.any():
        return first
    spaced = rng.random(len(double)) < 0.25
    both = replaced(joined("-", first, second), spaced, joined(" ", first, second))
    return replaced(first, double, both)


def _middles(rates: Rates, records: Records, faults: Faults, words: pa.StringArray) -> pa.StringArray:
    first, second = (words_at(words, np.ascontiguousarray(records.middle[:, at])) for at in range(2))
    texts = joined(" ", first, second)
    has = records.middle[:, 0] != NO_WORD
    texts = edited(texts, faults.strikes(rates.middle_initial, has), _initials, faults.rng)
    return blanked(texts, faults.strikes(rates.missing_middle, has))


def _other_compound(text: str, draws: Sequence[int]) -> str:
    """Lily-Mae as Lily, Lily Mae or Lilymae."""
    first, _, second = text.replace(" ", "-").partition("-")
    return (first, f"{first} {second}", first + second.lower())[draws[0] % 3] or text


def _other_punctuation(text: str, draws: Sequence[int]) -> str:
    """O'Brien as OBrien or O Brien, Smith-Jones as Smith Jones."""
    for mark in "'-":
        if mark in text:
            return text.replace(mark, " " if draws[0] % 2 else "")
    return text.replace(" ", "-" if draws[0] % 2 else "")


def _initial(text: str, _draws: Sequence[int]) -> str:
    return text[0]


def _initials(text: str, _draws: Sequence[int]) -> str:
    return " ".join(part[0] for part in text.split())


def _placeholder(_text: str, draws: Sequence[int]) -> str:
    return _PLACEHOLDERS[draws[0] % len(_PLACEHOLDERS)]

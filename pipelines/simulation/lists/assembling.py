"""Weighted lists of words made into the tables that a simulation draws from, wherever the lists are from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from anyascii import anyascii

from pipelines.simulation.lists.origins import ORIGINS
from pipelines.simulation.lists.tables import Places, Tables, Variants, Vocabulary, Weighted
from pipelines.simulation.lists.weighted import alphabet_of, pools_of
from pipelines.simulation.misspelling import Rule

__all__ = ["Lists", "assembled"]

# What a brother is called, and his sister: in these families the surname goes by sex.
_SISTERS = {"Singh": "Kaur", "Miah": "Begum", "Uddin": "Khatun"}
_SLAVIC_ENDINGS = ("ski", "cki", "dzki")
_NAMES_OF_BLESSING = ("Muhammad", "Mohammed", "Mohammad", "Mohamed", "Muhammed", "Md", "Syed", "Abdul")


@dataclass(frozen=True)
class Lists:
    """Weighted words.

    Attributes
    ----------
    forenames
        By origin, sex and birth year, in this order (`Tables.forenames`).
    adult_forenames
        By origin and sex.
    surnames
        By origin.
    forename_variants, surname_variants
        From a word to those that may stand for it.
    """

    forenames: Sequence[Weighted]
    adult_forenames: Sequence[Weighted]
    surnames: Sequence[Weighted]
    forename_variants: dict[int, list[int]]
    surname_variants: dict[int, list[int]]
    places: Places
    phonetic_rules: tuple[Rule, ...]
    scanning_rules: tuple[Rule, ...]


def assembled(lists: Lists, vocabulary: Vocabulary) -> Tables:
    """Lay the lists out as tables.

    Parameters
    ----------
    lists
        Words by code.
    vocabulary
        The words; gets the feminine forms of surnames too.
    """
    sisters = _feminine_forms(lists.surnames, vocabulary)
    brothers = {vocabulary.code(sister): vocabulary.code(brother) for brother, sister in _SISTERS.items()}
    blessing = vocabulary.codes(list(_NAMES_OF_BLESSING))
    texts = vocabulary.texts()
    alphabet = alphabet_of(texts)
    words = np.arange(len(texts), dtype=np.int32)
    feminine = words.copy()
    feminine[list(sisters)] = list(sisters.values())
    return Tables(
        words=pa.array(texts, pa.string()),
        plain_words=pa.array([text if text.isascii() else anyascii(text) for text in texts], pa.string()),
        origins=tuple(origin.name for origin in ORIGINS),
        origin_shares=np.array([origin.share for origin in ORIGINS]),
        forenames=pools_of(lists.forenames, alphabet),
        adult_forenames=pools_of(lists.adult_forenames, alphabet),
        surnames=pools_of([_of_men(pool, brothers) for pool in lists.surnames], alphabet),
        two_surnames=np.array([origin.two_surnames for origin in ORIGINS]),
        own_forenames=np.array([origin.own_forenames for origin in ORIGINS]),
        feminine=feminine,
        of_blessing=np.isin(words, blessing),
        forename_variants=Variants.of(lists.forename_variants, len(texts)),
        surname_variants=Variants.of(lists.surname_variants, len(texts)),
        places=lists.places,
        phonetic_rules=lists.phonetic_rules,
        scanning_rules=lists.scanning_rules,
    )


def _feminine_forms(surnames: Sequence[Weighted], vocabulary: Vocabulary) -> dict[int, int]:
    """From a surname to the one that girls carry: Polish adjectives, and names that go by sex."""
    texts = vocabulary.texts()
    listed = np.unique(np.concatenate([codes for codes, _ in surnames])).tolist()
    forms = {
        word: vocabulary.code(texts[word][:-1] + "a")
        for word in listed
        if texts[word].endswith(_SLAVIC_ENDINGS)
    }
    return forms | {vocabulary.code(brother): vocabulary.code(sister) for brother, sister in _SISTERS.items()}


def _of_men(pool: Weighted, brothers: dict[int, int]) -> Weighted:
    """A family's surname is drawn in the form of its men, so a sister's form counts for her brother's."""
    codes, weights = pool
    men: npt.NDArray[np.int32] = np.array([brothers.get(code, code) for code in codes.tolist()], np.int32)
    distinct, at = np.unique(men, return_inverse=True)
    return distinct, np.bincount(at, weights).astype(np.float64)

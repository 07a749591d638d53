"""Names from the package Faker, and places that do not exist, for simulations without a folder of tables.

Faker (MIT) has long lists of names for many languages, few of them with frequencies. The common names of each
origin stand first (`common_names`), then Faker's in a fixed random order, then rare names made up; the frequencies
fall by rank. Towns and streets are invented; postcodes have real areas and invented districts.
"""

import importlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from anyascii import anyascii

from pipelines.simulation import common_names, place_names
from pipelines.simulation.misspelling import PHONETIC_RULES, SCANNING_RULES
from pipelines.simulation.origins import BRITISH, ORIGINS, Origin
from pipelines.simulation.rare_names import respelt, spliced, zipf_weights
from pipelines.simulation.tables import (
    FEMALE,
    MALE,
    Places,
    Tables,
    Variants,
    Vocabulary,
    plain_words_of,
    proper_case,
)
from pipelines.simulation.weighted import Pools, pools_of

__all__ = ["registry_tables"]

# The tables are the same for every seed: they stand for a country, of which a seed draws one population.
_TABLES_SEED = 20_100
_FIRST_YEAR, _N_YEARS = 2007, 19
_RARE_SURNAMES = {"British": 24_000}
_RARE_SURNAMES_ELSEWHERE = 4_000
_RARE_FORENAMES = {"British": 3_000}
_RARE_FORENAMES_ELSEWHERE = 800

Weighted = tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]


def registry_tables() -> Tables:
    """Names of Faker with Zipf frequencies and invented places; the same at every call."""
    rng = np.random.Generator(np.random.PCG64(_TABLES_SEED))
    vocabulary = Vocabulary()
    forenames = [_forenames(origin, sex, vocabulary, rng) for origin in ORIGINS for sex in (MALE, FEMALE)]
    adults = [
        _adult_forenames(origin, sex, forenames, vocabulary) for origin in ORIGINS for sex in (MALE, FEMALE)
    ]
    surnames = [_surnames(origin, vocabulary, rng) for origin in ORIGINS]
    variants = _pet_forms(vocabulary)
    feminine = _feminine(surnames, vocabulary)
    places = place_names.invented_places(vocabulary, rng)
    texts = vocabulary.texts()
    return Tables(
        words=pa.array(texts, pa.string()),
        plain_words=plain_words_of(texts),
        origins=tuple(origin.name for origin in ORIGINS),
        origin_shares=np.array([origin.share for origin in ORIGINS]),
        first_year=_FIRST_YEAR,
        n_years=_N_YEARS,
        forenames=_pools_by_year(forenames, texts, rng),
        adult_forenames=pools_of(adults, texts),
        surnames=pools_of(surnames, texts),
        two_surnames=np.array([origin.two_surnames for origin in ORIGINS]),
        own_forenames=np.array([origin.own_forenames for origin in ORIGINS]),
        feminine=np.array([feminine.get(word, word) for word in range(len(texts))], np.int32),
        forename_variants=Variants.of(variants, len(texts)),
        surname_variants=Variants.of({}, len(texts)),
        places=places,
        phonetic_rules=PHONETIC_RULES,
        scanning_rules=SCANNING_RULES,
    )


def _lists(locales: Iterable[str], attribute: str) -> list[str]:
    """Faker's names under an attribute, those with frequencies most frequent first."""
    found: list[str] = []
    for locale in locales:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        names = getattr(provider, attribute, None) or ()
        found += sorted(names, key=lambda name: -names[name]) if isinstance(names, dict) else list(names)
    return found


def _usable(names: Iterable[str]) -> list[str]:
    """Names in Latin letters, proper case, each once, in order."""
    kept = (proper_case(name.replace("’", "'").strip()) for name in names if anyascii(name)[:1].isalpha())
    return list(dict.fromkeys(name for name in kept if 2 <= len(name) <= 24 and name[0].isalpha()))


def _shuffled_tail(head: list[str], names: list[str], rng: np.random.Generator) -> list[str]:
    """The head, then the other names in random order: lists come in alphabetical order, frequencies do not."""
    rest = [name for name in names if name not in set(head)]
    return head + [rest[at] for at in rng.permutation(len(rest))]


def _forenames(origin: Origin, sex: int, vocabulary: Vocabulary, rng: np.random.Generator) -> Weighted:
    attribute = "first_names_male" if sex == MALE else "first_names_female"
    head = _usable(common_names.COMMON_FORENAMES[origin.name][sex].split())
    listed = _usable(_lists(origin.forename_locales, attribute))
    if origin.name == "British":
        listed += _compounds(head, sex)
    names = _shuffled_tail(head, listed, rng)
    names += respelt(names, _RARE_FORENAMES.get(origin.name, _RARE_FORENAMES_ELSEWHERE), rng)
    # The ten commonest forenames of a sex make some 12% of births, the hundred commonest a half.
    weights = zipf_weights(len(names), 1.05, 8.0)
    return vocabulary.codes(names), weights


def _compounds(head: list[str], sex: int) -> list[str]:
    seconds = common_names.SECOND_PARTS[sex].split()
    return [
        f"{first}-{second}" for first in head[:60] if len(first) <= 5 for second in seconds if first != second
    ]


def _adult_forenames(origin: Origin, sex: int, forenames: list[Weighted], vocabulary: Vocabulary) -> Weighted:
    """Parents' forenames: Faker's British ones are of their generation, of other origins fashions matter less."""
    if origin.name != "British":
        return forenames[ORIGINS.index(origin) * 2 + sex]
    names = _usable(_lists(("en_GB",), "first_names_male" if sex == MALE else "first_names_female"))
    young = forenames[BRITISH * 2 + sex]
    codes = np.concatenate([vocabulary.codes(names), young[0]])
    weights = np.concatenate([zipf_weights(len(names), 0.9, 5.0) * 2, young[1] * 0.3])
    first = np.unique(codes, return_index=True)[1]
    return codes[first], weights[first]


def _surnames(origin: Origin, vocabulary: Vocabulary, rng: np.random.Generator) -> Weighted:
    head = _usable(common_names.COMMON_SURNAMES.get(origin.name, "").split())
    listed = [
        name
        for key in ("last_names", "unisex_last_names", "last_names_male")
        for name in _lists(origin.surname_locales, key)
    ]
    names = _usable(listed)
    if origin.name == "British":
        # Faker's British surnames come with their frequency: they are the head.
        british = _usable(_lists(("en_GB",), "last_names"))
        names = _shuffled_tail(british, names, rng)
    else:
        names = _shuffled_tail(head, names, rng)
    names += spliced(names, _RARE_SURNAMES.get(origin.name, _RARE_SURNAMES_ELSEWHERE), rng)
    # Smith has 1.2% of the British; a few hundred surnames have half of them.
    weights = zipf_weights(len(names), 1.0, 8.0)
    return vocabulary.codes(names), weights


def _pools_by_year(forenames: list[Weighted], texts: list[str], rng: np.random.Generator) -> Pools:
    """Let names come into and go out of fashion: a pool for each birth year."""
    lists = []
    years = np.arange(_N_YEARS)
    for codes, weights in forenames:
        peak = rng.uniform(-8, _N_YEARS + 8, len(codes))
        width = rng.uniform(4, 14, len(codes))
        fashion = 0.3 + np.exp(-0.5 * ((years[:, None] - peak) / width) ** 2)
        lists += [(codes, weights * row) for row in fashion]
    return pools_of(lists, texts)


def _pet_forms(vocabulary: Vocabulary) -> dict[int, list[int]]:
    """A full form may be met as any of its line, a pet form as the full form."""
    found: dict[int, list[int]] = {}
    for line in common_names.PET_FORMS.strip().splitlines():
        full, *others = (vocabulary.code(name) for name in line.split())
        found.setdefault(full, []).extend(others)
        for other in others:
            found.setdefault(other, []).append(full)
    return {word: list(dict.fromkeys(others)) for word, others in found.items()}


def _feminine(surnames: list[Weighted], vocabulary: Vocabulary) -> dict[int, int]:
    """Polish surnames in -ski and -cki have a form for women."""
    polish = next(number for number, origin in enumerate(ORIGINS) if origin.name == "Polish")
    texts = vocabulary.texts()
    return {
        int(word): vocabulary.code(texts[word][:-1] + "a")
        for word in surnames[polish][0]
        if texts[word].endswith(("ski", "cki", "dzki"))
    }

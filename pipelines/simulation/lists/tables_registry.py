"""Names from the package Faker, and places that do not exist, for simulations without a folder of tables.

The common names of each origin stand first, then Faker's in a fixed random order, then rare names made up; the
frequencies fall by rank. Towns and streets are invented; postcodes have real areas and invented districts.
"""

import numpy as np
import numpy.typing as npt

from pipelines.simulation.lists.assembling import Lists, assembled
from pipelines.simulation.lists.common_names import SECOND_PARTS
from pipelines.simulation.lists.listed_names import (
    adult_british_forenames,
    common_forenames,
    common_surnames,
    listed_forenames,
    listed_surnames,
)
from pipelines.simulation.lists.origins import BRITISH, ORIGINS, Origin
from pipelines.simulation.lists.pet_forms import pet_forms
from pipelines.simulation.lists.place_names import invented_places
from pipelines.simulation.lists.rare_names import respelt, spliced, zipf_weights
from pipelines.simulation.lists.tables import FEMALE, MALE, N_YEARS, Tables, Vocabulary, Weighted
from pipelines.simulation.misspelling import PHONETIC_RULES, SCANNING_RULES

__all__ = ["registry_tables"]

# The tables are the same for every seed: they stand for a country, of which a seed draws one population.
_TABLES_SEED = 20_100


def registry_tables() -> Tables:
    """Names of Faker with Zipf frequencies and invented places; the same at every call."""
    rng = np.random.Generator(np.random.PCG64(_TABLES_SEED))
    vocabulary = Vocabulary()
    forenames = [_forenames(origin, sex, vocabulary, rng) for origin in ORIGINS for sex in (MALE, FEMALE)]
    adults = list(forenames)
    adults[BRITISH * 2 : BRITISH * 2 + 2] = [
        _british_adults(sex, forenames, vocabulary) for sex in (MALE, FEMALE)
    ]
    surnames = [_surnames(origin, vocabulary, rng) for origin in ORIGINS]
    lists = Lists(
        forenames=_by_year(forenames, rng),
        adult_forenames=adults,
        surnames=surnames,
        forename_variants=pet_forms(vocabulary),
        surname_variants={},
        places=invented_places(vocabulary, rng),
        phonetic_rules=PHONETIC_RULES,
        scanning_rules=SCANNING_RULES,
    )
    return assembled(lists, vocabulary)


def _shuffled_tail(head: list[str], names: list[str], rng: np.random.Generator) -> list[str]:
    """The head, then the other names in random order: lists come in alphabetical order, frequencies do not."""
    first = set(head)
    rest = [name for name in names if name not in first]
    return head + [rest[at] for at in rng.permutation(len(rest))]


def _forenames(origin: Origin, sex: int, vocabulary: Vocabulary, rng: np.random.Generator) -> Weighted:
    """Children's forenames, by rank before any fashion.

    In England the ten commonest forenames of a sex go to a twelfth of the births, the hundred commonest to a bit less
    than a half, and one child in twelve bears a name that is given once or twice a year.
    """
    head = common_forenames(origin, sex)
    british = origin is ORIGINS[BRITISH]
    if british:
        seconds = SECOND_PARTS[sex].split()
        head += [
            f"{name}-{second}"
            for name in head[:60:3]
            if len(name) <= 5
            for second in seconds
            if name != second
        ]
    names = head
    # One locale after the other: for British names New Zealand's, which are counts of births, before America's.
    for locale in origin.forename_locales:
        names = _shuffled_tail(names, listed_forenames(locale, sex), rng)
    names += respelt(names[:1_500], 4_000 if british else 900, rng)
    weights = zipf_weights(len(names), 1.3, 25.0) if british else zipf_weights(len(names), 1.2, 7.0)
    return vocabulary.codes(names), weights


def _british_adults(sex: int, forenames: list[Weighted], vocabulary: Vocabulary) -> Weighted:
    """Parents' forenames: those of their generation for the most part, and some of today's."""
    names = adult_british_forenames(sex)
    codes, weights = forenames[BRITISH * 2 + sex]
    codes = np.concatenate([vocabulary.codes(names), codes])
    shares = zipf_weights(len(names), 1.0, 12.0)
    weights = np.concatenate([shares / shares.sum() * 0.85, weights / weights.sum() * 0.15])
    first = np.unique(codes, return_index=True)[1]
    return codes[first], weights[first]


def _surnames(origin: Origin, vocabulary: Vocabulary, rng: np.random.Generator) -> Weighted:
    """Surnames by rank: Smith has one Briton in a hundred, the thousand commonest have a half, the rest is tail.

    Elsewhere fewer surnames serve more people: among Pakistani families Khan alone has one in twenty.
    """
    names = _shuffled_tail(common_surnames(origin), listed_surnames(origin), rng)
    british = origin is ORIGINS[BRITISH]
    names += spliced(names, 24_000 if british else 4_000, rng)
    weights = zipf_weights(len(names), 1.0, 12.0) if british else zipf_weights(len(names), 1.15, 4.0)
    return vocabulary.codes(names), weights


def _by_year(forenames: list[Weighted], rng: np.random.Generator) -> list[Weighted]:
    """Let names come into and go out of fashion: a list for each birth year."""
    lists = []
    years = np.arange(N_YEARS)
    for codes, weights in forenames:
        peak = rng.uniform(-8, N_YEARS + 8, len(codes))
        width = rng.uniform(4, 14, len(codes))
        fashion: npt.NDArray[np.float64] = 0.3 + np.exp(-0.5 * ((years[:, None] - peak) / width) ** 2)
        lists += [(codes, weights * row) for row in fashion]
    return lists

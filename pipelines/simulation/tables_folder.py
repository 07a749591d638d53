"""Names and places from a folder of tables: births by forename and year, surnames with frequencies, postcode sectors.

The files are those of `folder_files`. Counts of births are of all origins together; each name is shared out among
the origins by its letters (`origin_scores`), so that families have forenames and surnames of their origin with the
frequencies, and the long tail, of the country. Names too rare for a national table come from a nation that publishes
all of them, and rare surnames are made up.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.simulation.folder_files import check_folder, read_births, read_column, read_rules
from pipelines.simulation.folder_forenames import folder_forenames
from pipelines.simulation.folder_places import folder_places
from pipelines.simulation.folder_surnames import folder_surnames
from pipelines.simulation.origins import ORIGINS
from pipelines.simulation.tables import (
    FEMALE,
    MALE,
    N_YEARS,
    Tables,
    Variants,
    Vocabulary,
    feminine_forms,
    plain_words_of,
    proper_case,
)
from pipelines.simulation.weighted import alphabet_of, pools_of

__all__ = ["folder_tables"]

# As in tables_registry: the tables are the same for every seed.
_TABLES_SEED = 20_101


def folder_tables(folder: Path) -> Tables:
    """Read a folder of tables.

    Raises
    ------
    InputRefused
        With every file that is missing or lacks a column.
    """
    check_folder(folder)
    rng = np.random.Generator(np.random.PCG64(_TABLES_SEED))
    vocabulary = Vocabulary()
    births = read_births(folder)
    by_sex = [folder_forenames(folder, births, sex, vocabulary) for sex in (MALE, FEMALE)]
    surnames = folder_surnames(folder, vocabulary, rng)
    forename_variants = _variants(folder, "firstname_uk_variant.csv", ("forename", "forename2"), vocabulary)
    surname_variants = _variants(folder, "lastname_uk_variant.csv", ("lastname1", "lastname2"), vocabulary)
    feminine = feminine_forms(surnames, vocabulary)
    places = folder_places(folder, vocabulary, rng)
    phonetic, scanning = read_rules(folder)
    texts = vocabulary.texts()
    alphabet = alphabet_of(texts)
    n_origins = len(ORIGINS)
    return Tables(
        words=pa.array(texts, pa.string()),
        plain_words=plain_words_of(texts),
        origins=tuple(origin.name for origin in ORIGINS),
        origin_shares=np.array([origin.share for origin in ORIGINS]),
        forenames=pools_of(
            [pool for at in range(n_origins) for sex in by_sex for pool in sex[at][:N_YEARS]], alphabet
        ),
        adult_forenames=pools_of([sex[at][N_YEARS] for at in range(n_origins) for sex in by_sex], alphabet),
        surnames=pools_of(surnames, alphabet),
        two_surnames=np.array([origin.two_surnames for origin in ORIGINS]),
        own_forenames=np.array([origin.own_forenames for origin in ORIGINS]),
        feminine=np.array([feminine.get(word, word) for word in range(len(texts))], np.int32),
        forename_variants=Variants.of(forename_variants, len(texts)),
        surname_variants=Variants.of(surname_variants, len(texts)),
        places=places,
        phonetic_rules=phonetic,
        scanning_rules=scanning,
    )


def _variants(
    folder: Path, name: str, columns: tuple[str, str], vocabulary: Vocabulary
) -> dict[int, list[int]]:
    """Variants of the names that are in the tables."""
    known = set(vocabulary.texts())
    pairs = zip(*(read_column(folder, name, column) for column in columns), strict=True)
    found: dict[int, list[int]] = {}
    for text, other in ((proper_case(text), proper_case(other)) for text, other in pairs):
        if text in known and text != other:
            found.setdefault(vocabulary.code(text), []).append(vocabulary.code(other))
    return found

"""Names and places from a folder of tables: births by forename and year, surnames with frequencies, postcode sectors.

The files are those of `folder_files`. Counts of births are of all origins together; each name is shared out among
the origins by its letters (`origin_scores`), so that families have forenames and surnames of their origin with the
frequencies, and the long tail, of the country. Names too rare for a national table come from a nation that publishes
all of them, and rare surnames are made up.
"""

from pathlib import Path

import numpy as np

from pipelines.simulation.lists.assembling import Lists, assembled
from pipelines.simulation.lists.folder_files import check_folder, read_births, read_column, read_rules
from pipelines.simulation.lists.folder_forenames import folder_forenames
from pipelines.simulation.lists.folder_places import folder_places
from pipelines.simulation.lists.folder_surnames import folder_surnames
from pipelines.simulation.lists.tables import FEMALE, MALE, N_YEARS, Tables, Vocabulary, proper_case

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
    phonetic, scanning = read_rules(folder)
    lists = Lists(
        forenames=[
            pool for of_origin in zip(*by_sex, strict=True) for sex in of_origin for pool in sex[:N_YEARS]
        ],
        adult_forenames=[sex[N_YEARS] for of_origin in zip(*by_sex, strict=True) for sex in of_origin],
        surnames=surnames,
        forename_variants=_variants(
            folder, "firstname_uk_variant.csv", ("forename", "forename2"), vocabulary
        ),
        surname_variants=_variants(folder, "lastname_uk_variant.csv", ("lastname1", "lastname2"), vocabulary),
        places=folder_places(folder, vocabulary, rng),
        phonetic_rules=phonetic,
        scanning_rules=scanning,
    )
    return assembled(lists, vocabulary)


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

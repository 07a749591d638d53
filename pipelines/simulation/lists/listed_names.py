"""Names of an origin as lists have them: the common ones first, then those of the package Faker.

Faker (MIT) has long lists of names in many languages, few of them with frequencies and many in alphabetical order.
"""

import importlib
from collections.abc import Iterable

from anyascii import anyascii

from pipelines.simulation.lists.common_names import COMMON_FORENAMES, COMMON_SURNAMES
from pipelines.simulation.lists.origins import Origin
from pipelines.simulation.lists.tables import MALE, proper_case

__all__ = [
    "adult_british_forenames",
    "common_forenames",
    "common_surnames",
    "listed_forenames",
    "listed_surnames",
    "usable",
]


def common_forenames(origin: Origin, sex: int) -> list[str]:
    """The commonest forenames, most frequent first."""
    return usable(COMMON_FORENAMES[origin.name][sex].split())


def listed_forenames(locale: str, sex: int) -> list[str]:
    """Faker's forenames of one locale, those with frequencies most frequent first."""
    return usable(_of_faker((locale,), "first_names_male" if sex == MALE else "first_names_female"))


def common_surnames(origin: Origin) -> list[str]:
    """The commonest surnames, most frequent first; for British names those of Faker, which have frequencies."""
    return usable(
        COMMON_SURNAMES.get(origin.name, "").split() or _of_faker(origin.surname_locales[:1], "last_names")
    )


def listed_surnames(origin: Origin) -> list[str]:
    """Faker's surnames."""
    keys = ("last_names", "unisex_last_names", "last_names_male")
    return usable([name for key in keys for name in _of_faker(origin.surname_locales, key)])


def adult_british_forenames(sex: int) -> list[str]:
    """Forenames of the generation of parents, most frequent first."""
    return usable(_of_faker(("en_GB",), "first_names_male" if sex == MALE else "first_names_female"))


def usable(names: Iterable[str]) -> list[str]:
    """Names in Latin letters, in proper case, each once, in order."""
    kept = (proper_case(name.replace("’", "'").strip()) for name in names)
    return list(dict.fromkeys(name for name in kept if 2 <= len(name) <= 24 and _is_latin(name)))


def _is_latin(name: str) -> bool:
    return name.isascii() or all(ord(letter) < 0x250 for letter in name if letter.isalpha())


def _of_faker(locales: Iterable[str], attribute: str) -> list[str]:
    found: list[str] = []
    for locale in locales:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        names = getattr(provider, attribute, None) or ()
        found += sorted(names, key=lambda name: -names[name]) if isinstance(names, dict) else list(names)
    return [name for name in found if name and anyascii(name)[:1].isalpha()]

"""Households: the parents, their names, where they live and lived, and which feed still holds the old address."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.simulation.lists.tables import FEMALE, MALE, NO_WORD, Tables
from pipelines.simulation.plan import SOURCES
from pipelines.simulation.population.addresses import Addresses, Area, draw_addresses
from pipelines.simulation.rates import Rates

__all__ = ["Households", "divided", "draw_households"]

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

BENEFITS = SOURCES.index("benefits")
OLD, NEW, ELSEWHERE = 0, 1, 2


@dataclass(frozen=True)
class Households:
    """Families (n,).

    Attributes
    ----------
    origin
        int64 (n,): origin of the family's name, which the children carry.
    guardian_forename
        int32 (n, 2): words; first the mother, as a rule, then the other parent.
    guardian_surname
        int32 (n, 2): words.
    surname, elder_surname, later_surname
        int32 (n, 2): the children's surname, that of the eldest in a blended family, and that after a change of
        name; the second word is NO_WORD unless the surname is double-barrelled.
    blended, changed, moved, inflects
        bool (n,): has an elder surname; changed surname; moved; girls carry the feminine form.
    holds_later
        bool (n, 3): which source holds the later surname.
    homes
        Addresses (3 n,): the old home of household h at h, the new at n + h, the other parent's at 2 n + h.
    home_of_source
        int64 (n, 3): row of `homes` that each source holds.
    """

    origin: Ints
    guardian_forename: Words
    guardian_surname: Words
    surname: Words
    elder_surname: Words
    later_surname: Words
    blended: Flags
    changed: Flags
    moved: Flags
    inflects: Flags
    holds_later: Flags
    homes: Addresses
    home_of_source: Ints


def divided(rng: np.random.Generator, n: int) -> Flags:
    """For each of n families, which sources know the news: some do and some do not.

    Returns
    -------
    bool (n, 3)
        No row is constant.
    """
    pattern = rng.integers(1, 2 ** len(SOURCES) - 1, n)
    return (pattern[:, None] >> np.arange(len(SOURCES)) & 1).astype(bool)


def draw_households(rng: np.random.Generator, tables: Tables, rates: Rates, area: Area, n: int) -> Households:
    """Draw n families."""
    shares = np.cumsum(tables.origin_shares)
    origin, other = (np.searchsorted(shares / shares[-1], rng.random(n), side="right") for _ in range(2))
    other = np.where(rng.random(n) < rates.mixed_origin, other, origin)
    forename = np.stack(
        [
            tables.adult_forenames.codes[tables.adult_forenames.draw(rng, parent * 2 + sex)]
            for parent, sex in ((other, FEMALE), (origin, MALE))
        ],
        axis=1,
    )
    fathers, maiden, previous, new = (
        _words(rng, tables, parent) for parent in (origin, other, origin, origin)
    )
    mothers = np.where(rng.random(n) < 0.55, fathers, maiden)
    custom = rng.random(n) < tables.two_surnames[origin]
    joined = (custom | (rng.random(n) < rates.double_barrelled)) & (fathers != maiden)
    nothing = np.full(n, NO_WORD, np.int32)
    alone = rng.random(n) < 0.16
    surname = np.stack(
        [np.where(alone & ~joined, mothers, fathers), np.where(joined, maiden, nothing)], axis=1
    )
    later = np.stack(_later_surname(rng, surname, new), axis=1)
    changed = rng.random(n) < rates.surname_change
    blended = rng.random(n) < rates.blended
    inflects = rng.random(n) < 0.7
    homes, home_of_source, moved = _homes(rng, tables, rates, area, n)
    return Households(
        origin=origin,
        guardian_forename=forename,
        guardian_surname=np.stack([np.where(inflects, tables.feminine[mothers], mothers), fathers], axis=1),
        surname=surname,
        elder_surname=np.stack([previous, nothing], axis=1),
        later_surname=later,
        blended=blended,
        changed=changed,
        moved=moved,
        inflects=inflects,
        holds_later=divided(rng, n),
        homes=homes,
        home_of_source=home_of_source,
    )


def _words(rng: np.random.Generator, tables: Tables, origin: Ints) -> Words:
    return tables.surnames.codes[tables.surnames.draw(rng, origin)]


def _later_surname(rng: np.random.Generator, surname: Words, new: Words) -> tuple[Words, Words]:
    """A new name (adoption, a parent who marries), or the new name joined to the old one."""
    joins = (rng.random(len(new)) < 0.25) & (surname[:, 1] == NO_WORD) & (new != surname[:, 0])
    return np.where(joins, surname[:, 0], new), np.where(joins, new, NO_WORD).astype(np.int32)


def _homes(
    rng: np.random.Generator, tables: Tables, rates: Rates, area: Area, n: int
) -> tuple[Addresses, Ints, Flags]:
    """Homes old, new and of a parent who lives elsewhere, and the row that each source holds."""
    old = draw_addresses(rng, tables.places, area, n)
    near = np.where(rng.random(n) < rates.moved_near, old.sector, -1)
    new = draw_addresses(rng, tables.places, area, n, near)
    elsewhere = draw_addresses(rng, tables.places, area, n, near)
    moved = rng.random(n) < rates.mover
    which = np.where(moved[:, None] & divided(rng, n), NEW, OLD)
    two_homes = rng.random(n) < rates.two_homes
    which[:, BENEFITS] = np.where(two_homes, ELSEWHERE, which[:, BENEFITS])
    joined = Addresses(
        *(np.concatenate(parts) for parts in zip(*map(_parts, (old, new, elsewhere)), strict=True))
    )
    return joined, which * n + np.arange(n)[:, None], moved


def _parts(addresses: Addresses) -> list[npt.NDArray[np.generic]]:
    return [getattr(addresses, name) for name in Addresses.__dataclass_fields__]

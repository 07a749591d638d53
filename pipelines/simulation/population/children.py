"""Children of a chunk of households: their sexes, names, and the feeds that know them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.simulation.lists.tables import FEMALE, FIRST_YEAR, N_YEARS, NO_WORD, Tables
from pipelines.simulation.plan import Plan
from pipelines.simulation.population.births import Births
from pipelines.simulation.population.households import Households
from pipelines.simulation.rates import Rates

__all__ = ["Children", "draw_children"]

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

# In school at the census of that autumn: those who were 4 by the day before the year began.
_SCHOOL_FROM = int(np.datetime64("2021-08-31").astype(np.int64))
_SIXTH_FORM = int(np.datetime64("2009-08-31").astype(np.int64))
_NURSERY = int(np.datetime64("2022-08-31").astype(np.int64))
# Share of the children of nursery and of sixth-form age who are on a school's roll, not elsewhere or nowhere.
_NURSERY_SHARE, _SIXTH_FORM_SHARE = 0.3, 0.45


@dataclass(frozen=True)
class Children:
    """Children of a chunk (n,); `number` is unique over all chunks.

    Attributes
    ----------
    surname, later_surname
        int32 (n, 2): as in `Households`.
    middle
        int32 (n, 2): middle names, NO_WORD for none.
    present
        bool (n, 3): which source knows the child.
    pupil
        bool (n,): has a school, and so a UPN.
    """

    number: Ints
    household: Ints
    siblings: Ints
    twin: Flags
    born: Ints
    sex: Ints
    origin: Ints
    forename: Words
    middle: Words
    surname: Words
    later_surname: Words
    present: Flags
    pupil: Flags


def draw_children(
    rng: np.random.Generator, tables: Tables, plan: Plan, chunk: int, births: Births, homes: Households
) -> Children:
    """Give the children of a chunk their sex, names and feeds."""
    n = len(births.household)
    household = births.household
    sex = _sexes(rng, births)
    origin = homes.origin[household]
    forename, middle = _forenames(rng, tables, plan.rates, births, origin, sex)
    elder = homes.blended[household] & (births.event == 0) & (births.event[_last_of(household)] > 0)
    surname = np.where(elder[:, None], homes.elder_surname[household], homes.surname[household])
    later = np.where(
        homes.changed[household][:, None] & ~elder[:, None], homes.later_surname[household], surname
    )
    girls = ((sex == FEMALE) & homes.inflects[household])[:, None]
    surname, later = (
        np.where(girls & (words != NO_WORD), tables.feminine[np.maximum(words, 0)], words)
        for words in (surname, later)
    )
    pupil, present = _feeds(rng, plan.rates, births.born)
    return Children(
        number=chunk * plan.chunk_children + np.arange(n),
        household=household,
        siblings=np.bincount(household)[household],
        twin=births.twin,
        born=births.born,
        sex=sex,
        origin=origin,
        forename=forename,
        middle=middle,
        surname=surname,
        later_surname=later,
        present=present,
        pupil=pupil,
    )


def _last_of(household: Ints) -> Ints:
    """Row of the youngest child of each child's household."""
    return np.searchsorted(household, household, side="right") - 1


def _sexes(rng: np.random.Generator, births: Births) -> Ints:
    """Girls are 48.8% of births; a third of twins come from one egg and have one sex."""
    sex = (rng.random(len(births.born)) < 0.488).astype(np.int64)
    one_egg = births.second_twin & (rng.random(len(sex)) < 1 / 3)
    return np.where(one_egg, np.roll(sex, 1), sex)


def _forenames(
    rng: np.random.Generator, tables: Tables, rates: Rates, births: Births, origin: Ints, sex: Ints
) -> tuple[Words, Words]:
    """Forename and middle names; no two children of a household have the same forename."""
    n = len(origin)
    year = births.born.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970 - FIRST_YEAR
    own = np.where(rng.random(n) < tables.own_forenames[origin], origin, 0)
    pool = (own * 2 + sex) * N_YEARS + year.clip(0, N_YEARS - 1)
    position = tables.forenames.draw(rng, pool)
    alike = births.second_twin & (rng.random(n) < rates.twin_alike)
    position = np.where(alike, _like_the_other(rng, tables, position, pool), position)
    for attempt in range(20):
        clash = _clashes(tables.forenames.codes[position], births.household)
        if not clash.any():
            break
        # The neighbour is another name for certain, and like the first one where it must be.
        again = tables.forenames.neighbour(position)
        position = np.where(
            clash, np.where(alike | (attempt > 4), again, tables.forenames.draw(rng, pool)), position
        )
    middles = [tables.forenames.codes[tables.forenames.draw(rng, pool)] for _ in range(2)]
    how_many = np.searchsorted(np.cumsum([0.22, 0.64]), rng.random(n), side="right")
    middle = np.stack([np.where(how_many > at, words, NO_WORD) for at, words in enumerate(middles)], axis=1)
    return tables.forenames.codes[position], middle.astype(np.int32)


def _like_the_other(rng: np.random.Generator, tables: Tables, position: Ints, pool: Ints) -> Ints:
    """A name that begins like the elder twin's, for twins of one sex; others keep theirs."""
    before = np.roll(position, 1)
    return np.where(np.roll(pool, 1) == pool, tables.forenames.draw_alike(rng, before), position)


def _clashes(words: Words, household: Ints) -> Flags:
    """Whose name an elder child of the household has: bool (n,)."""
    order = np.lexsort((np.arange(len(words)), words, household))
    same = (np.diff(words[order]) == 0) & (np.diff(household[order]) == 0)
    clash = np.zeros(len(words), bool)
    clash[order[1:][same]] = True
    return clash


def _feeds(rng: np.random.Generator, rates: Rates, born: Ints) -> tuple[Flags, Flags]:
    """Who is a pupil, and which source knows whom."""
    share = np.where(born <= _SCHOOL_FROM, 1.0, np.where(born <= _NURSERY, _NURSERY_SHARE, 0.0))
    share = np.where(born <= _SIXTH_FORM, _SIXTH_FORM_SHARE, share)
    pupil = rng.random(len(born)) < share * rates.in_school
    in_gp = rng.random(len(born)) < rates.in_gp
    in_benefits = rng.random(len(born)) < rates.in_benefits
    return pupil, np.stack([pupil, in_gp, in_benefits], axis=1)

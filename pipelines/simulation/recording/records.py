"""Records of one source, still as codes: which child, which of its names and homes, who is named as guardian."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.simulation.lists.tables import NO_WORD, Tables
from pipelines.simulation.plan import SOURCES
from pipelines.simulation.population.children import Children
from pipelines.simulation.population.households import BENEFITS, ELSEWHERE, NEW, OLD, Households
from pipelines.simulation.rates import Rates

__all__ = ["Faults", "Records", "draw_records"]

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

# A second record of a child was keyed in where the first was not found, often because of its faults.
_FAULTS_OF_DUPLICATES = 3.0
_SCHOOL, _GP = SOURCES.index("school"), SOURCES.index("gp")


class Faults:
    """Decides which records a fault strikes, and counts the faults of each record."""

    def __init__(self, rng: np.random.Generator, factor: npt.NDArray[np.float64]) -> None:
        self.rng = rng
        self.counts = np.zeros(len(factor), np.int16)
        self._factor = factor

    def strikes(self, rate: float, among: Flags | None = None) -> Flags:
        """Which records a fault of some rate strikes, among all or some."""
        struck = self.rng.random(len(self._factor)) < rate * self._factor
        if among is not None:
            struck &= among
        self.counts += struck
        return struck


@dataclass(frozen=True)
class Records:
    """Records of one source and one chunk (n,), in no particular order.

    Attributes
    ----------
    child
        int64 (n,): row of the child in its chunk.
    duplicate
        bool (n,): the source has the child in an earlier record.
    surname, former
        int32 (n, 2): words; NO_WORD where there is none.
    home
        int64 (n,): row of the address.
    guardian
        int64 (n,): 0 for the mother, 1 for the other parent.
    guardian_forename, guardian_surname
        int32 (n,): words.
    """

    child: Ints
    duplicate: Flags
    forename: Words
    middle: Words
    surname: Words
    former: Words
    born: Ints
    sex: Ints
    home: Ints
    guardian: Ints
    guardian_forename: Words
    guardian_surname: Words


def draw_records(
    rng: np.random.Generator, tables: Tables, rates: Rates, children: Children, homes: Households, source: int
) -> tuple[Records, Faults]:
    """What a source wrote down of each of its children, with the faults of a mind: other names, old names."""
    known = np.flatnonzero(children.present[:, source])
    again = known[rng.random(len(known)) < rates.duplicate]
    child = np.concatenate([known, again])
    duplicate = np.arange(len(child)) >= len(known)
    faults = Faults(rng, np.where(duplicate, _FAULTS_OF_DUPLICATES, 1.0))
    household = children.household[child]
    # A duplicate may be the record of the time before a move or a change of name, or after it.
    turned = duplicate & (rng.random(len(child)) < 0.4)
    forename, middle = _forenames(faults, tables, rates, children.forename[child], children.middle[child])
    surname, former = _surnames(faults, tables, rates, children, homes, child, source, turned)
    guardian = faults.strikes(rates.other_guardian).astype(np.int64)
    which = homes.home_of_source[household, source] // len(homes.origin)
    which = np.where(turned & homes.moved[household] & (which != ELSEWHERE), NEW + OLD - which, which)
    if source == BENEFITS:
        guardian = np.where(which == ELSEWHERE, 1, guardian)
    return Records(
        child=child,
        duplicate=duplicate,
        forename=forename,
        middle=middle,
        surname=surname,
        former=former,
        born=children.born[child],
        sex=children.sex[child],
        home=which * len(homes.origin) + household,
        guardian=guardian,
        guardian_forename=homes.guardian_forename[household, guardian],
        guardian_surname=homes.guardian_surname[household, guardian],
    ), faults


def _forenames(
    faults: Faults, tables: Tables, rates: Rates, forename: Words, middle: Words
) -> tuple[Words, Words]:
    """Pet forms, and the middle name in place of the forename."""
    has_middle = middle[:, 0] != NO_WORD
    usual = faults.strikes(rates.middle_as_forename, has_middle)
    usual |= faults.strikes(rates.called_by_second, has_middle & tables.of_blessing[forename] & ~usual)
    forename, first_middle = np.where(usual, middle[:, 0], forename), np.where(usual, forename, middle[:, 0])
    pet = np.flatnonzero(faults.strikes(rates.nickname, tables.forename_variants.has(forename)))
    forename[pet] = tables.forename_variants.draw(faults.rng, forename[pet])
    return forename, np.stack([first_middle, middle[:, 1]], axis=1)


def _surnames(
    faults: Faults,
    tables: Tables,
    rates: Rates,
    children: Children,
    homes: Households,
    child: Ints,
    source: int,
    turned: Flags,
) -> tuple[Words, Words]:
    """The surname that the source holds, and the former one where the source knows it."""
    household = children.household[child]
    changed = (children.surname[child] != children.later_surname[child]).any(axis=1)
    later = changed & (homes.holds_later[household, source] ^ turned)
    surname = np.where(later[:, None], children.later_surname[child], children.surname[child])
    knows = later & _knows_former(rates, homes, household, source)
    former = np.where(knows[:, None], children.surname[child], NO_WORD)
    double = surname[:, 1] != NO_WORD
    halved = faults.strikes(rates.half_surname, double)
    how = faults.rng.integers(0, 3, len(child))
    first, second = surname[:, 0].copy(), surname[:, 1].copy()
    surname[:, 0] = np.where(halved & (how != 0), second, first)
    surname[:, 1] = np.where(halved, np.where(how == 2, first, NO_WORD), second)
    other = np.flatnonzero(faults.strikes(rates.surname_variant, tables.surname_variants.has(surname[:, 0])))
    surname[other, 0] = tables.surname_variants.draw(faults.rng, surname[other, 0])
    return surname, former


def _knows_former(rates: Rates, homes: Households, household: Ints, source: int) -> Flags:
    """One of school and GP knows the former surname, if it holds the new one; chosen by household."""
    if source == BENEFITS:
        return np.zeros(len(household), bool)
    both = homes.holds_later[household, _SCHOOL] & homes.holds_later[household, _GP]
    chosen = np.where(household % 2 == 0, _SCHOOL, _GP)
    # A number of the household's own, the same for both sources: the fraction of a multiple of the golden ratio.
    known = (household * 0.6180339887498949) % 1.0 < rates.former_surname_known
    return np.asarray(known & (~both | (chosen == source)))

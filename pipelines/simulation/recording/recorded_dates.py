"""Birth dates and sexes as a source records them, before it puts them into its own form."""

import numpy as np
import numpy.typing as npt

from pipelines.simulation.population.births import FIRST_DAY, LAST_DAY
from pipelines.simulation.rates import Rates
from pipelines.simulation.recording.records import Faults, Records

__all__ = ["FIRST_OF_1900", "MISSING_DAY", "UNKNOWN_SEX", "draw_birth_days", "draw_sexes"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FIRST_OF_1900 = int(np.datetime64("1900-01-01").astype(np.int64))
MISSING_DAY = -(2**31)
UNKNOWN_SEX = 2


def draw_birth_days(rates: Rates, records: Records, faults: Faults) -> Ints:
    """Days of birth as recorded, in days since 1970.

    Returns
    -------
    int64 (n,)
        MISSING_DAY where there is none; FIRST_OF_1900 for the placeholder.
    """
    day = records.born.copy()
    wrong = faults.strikes(rates.birth_date_wrong)
    day = np.where(wrong, _wrong_days(day, faults.rng), day)
    exchanged, possible = _day_month_swapped(day)
    day = np.where(faults.strikes(rates.day_month_swapped, possible), exchanged, day)
    january = day.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    day = np.where(faults.strikes(rates.first_of_january), january, day)
    day = np.where(faults.strikes(rates.date_placeholder), FIRST_OF_1900, day)
    return np.where(faults.strikes(rates.missing_birth_date), MISSING_DAY, day)


def _parts(day: Ints) -> tuple[Ints, Ints, Ints]:
    """Year, month and day of the month, each from 0."""
    date = day.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    year = date.astype("datetime64[Y]").astype(np.int64)
    return year, month.astype(np.int64) - year * 12, (date - month.astype("datetime64[D]")).astype(np.int64)


def _day_of(year: Ints, month: Ints, day: Ints) -> Ints:
    return np.asarray(
        (year * 12 + month).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + day
    )


def _wrong_days(day: Ints, rng: np.random.Generator) -> Ints:
    """Another day of the month, another month or another year: one part wrong, always a date, never the same."""
    year, month, of_month = _parts(day)
    which = rng.integers(0, 10, len(day))
    shift = rng.integers(1, 28, len(day))
    other_day = np.where(of_month < 28, (of_month + shift) % 28, of_month - shift)
    near = rng.choice(np.array([-10, -1, -1, 1, 1, 10]), len(day))
    other_year = _day_of(year + near, month, np.minimum(of_month, 27))
    other_year = np.where(
        (other_year < FIRST_DAY) | (other_year > LAST_DAY), _day_of(year, month, other_day), other_year
    )
    other_month = _day_of(year, (month + rng.integers(1, 12, len(day))) % 12, np.minimum(of_month, 27))
    return np.where(which < 6, _day_of(year, month, other_day), np.where(which < 8, other_month, other_year))


def _day_month_swapped(day: Ints) -> tuple[Ints, Flags]:
    """Day and month exchanged, and where that is another date."""
    year, month, of_month = _parts(day)
    possible = (of_month < 12) & (of_month != month)
    return _day_of(year, np.where(possible, of_month, month), np.where(possible, month, of_month)), possible


def draw_sexes(rates: Rates, records: Records, faults: Faults) -> Ints:
    """Sex as recorded: MALE, FEMALE or UNKNOWN_SEX."""
    sex = np.where(faults.strikes(rates.wrong_sex), 1 - records.sex, records.sex)
    return np.where(faults.strikes(rates.missing_sex), UNKNOWN_SEX, sex)

"""Dates of birth: ``yyyymmdd``.

The formats of the source are tried in order; the first by which a value is a day that exists is taken. Then:

- a day that does not exist in any format that the value has (31 February, month 13) *rejects the record*: such a
  record was keyed in wrongly, and its source can correct it; ``impossible``;
- a text that has none of the formats is missing; ``unreadable``;
- days that systems put where a date is not known are missing; ``placeholder``;
- days after today and more than 200 years ago are missing; ``future``, ``too_old`` (old registers hold people long
  dead: that nobody lives so long is no reason to throw a birth date away);
- 1 January of any year is kept and counted, since feeds put it where only the year is known; ``first_of_january``.

A column of which (nearly) nothing can be read is refused as a whole: see `wrong_formats`.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.normalise.byte_columns import ByteColumn
from encoders.normalise.date_formats import DEFAULT_DATE_FORMATS, parts_by_format
from encoders.normalise.folding import fold, to_ascii, without_decimal_zero
from encoders.normalise.outcome import Effect, Judged, Rule, as_flags, first_match
from encoders.normalise.placeholders import NOT_GIVEN, is_blank, is_listed

__all__ = ["DATE_RULES", "OLDEST_AGE", "normalise_calendar_dates", "normalise_dates"]

OLDEST_AGE = 200
_PLACEHOLDERS = (
    *((0, 0, 0), (1, 1, 1), (1111, 11, 11), (9999, 9, 9), (9999, 12, 31), (9999, 99, 99)),
    *((1900, 1, 1), (1901, 1, 1), (2099, 12, 31)),
    # Day zero of Unix, of SQL Server, of spreadsheets and of Windows.
    *((1970, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1601, 1, 1)),
)
DATE_RULES = (
    Rule("placeholder"),
    Rule("incomplete"),
    Rule("impossible", Effect.REJECTS_RECORD),
    Rule("future"),
    Rule("too_old"),
    Rule("unreadable"),
    Rule("first_of_january", Effect.KEPT),
)


def normalise_dates(values: pa.StringArray, date_formats: Sequence[str], *, today: date) -> Judged:
    """Normalise distinct dates written as text; `DATE_RULES`."""
    formats = tuple(date_formats) or DEFAULT_DATE_FORMATS
    texts = pc.ascii_lower(pc.utf8_trim_whitespace(without_decimal_zero(to_ascii(values))))
    has_format = np.zeros(len(texts), np.bool_)
    parts = np.zeros((len(texts), 3), np.int64)
    exists = np.zeros(len(texts), np.bool_)
    for date_format in formats:
        pending = np.flatnonzero(~exists)
        matched, read = parts_by_format(texts.take(pa.array(pending)), date_format, latest_year=today.year)
        # An earlier format that had a day for the value which does not exist gives way only to one that exists.
        better = matched & (_exists(read) | ~has_format[pending])
        parts[pending[better]] = read[better]
        exists[pending] = _exists(read) & matched
        has_format[pending] |= matched
    unreadable = ~has_format
    words = fold(texts).to_arrow()
    not_given = unreadable & (is_listed(words, NOT_GIVEN) | as_flags(pc.equal(pc.binary_length(words), 0)))
    judged = _judged(parts, has_format, not_given, today)
    judged.verdicts[is_blank(values)] = 0
    return judged


def normalise_calendar_dates(values: pa.Date32Array, *, today: date) -> Judged:
    """Normalise distinct dates of a typed column, as Parquet files have them; `DATE_RULES`."""
    days = np.asarray(pc.cast(values, pa.int32()).to_numpy(zero_copy_only=False), np.int64).astype(
        "datetime64[D]"
    )
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]")
    parts = np.empty((days.size, 3), np.int64)
    parts[:, 0] = years.astype(np.int64) + 1970
    parts[:, 1] = (months - years).astype(np.int64) + 1
    parts[:, 2] = (days - months).astype(np.int64) + 1
    return _judged(parts, np.ones(days.size, np.bool_), np.zeros(days.size, np.bool_), today)


def _judged(
    parts: npt.NDArray[np.int64],
    has_format: npt.NDArray[np.bool_],
    not_given: npt.NDArray[np.bool_],
    today: date,
) -> Judged:
    numbers = parts @ np.array([10_000, 100, 1])
    latest = today.year * 10_000 + today.month * 100 + today.day
    exists = _exists(parts)
    placeholder = np.isin(numbers, [10_000 * year + 100 * month + day for year, month, day in _PLACEHOLDERS])
    flags = (
        (has_format & placeholder) | not_given,
        has_format & (parts[:, 1:] == 0).any(axis=1),
        has_format & ~exists,
        has_format & (numbers > latest),
        has_format & (numbers < latest - OLDEST_AGE * 10_000),
        ~has_format,
        has_format & (numbers % 10_000 == 101),
    )
    verdicts = first_match(numbers.size, *flags)
    # A day that does not exist was mistyped: what is right in it still speaks, so its digits are kept.
    missing = np.logical_or.reduce((*flags[:2], *flags[3:-1]))
    return Judged(values=_written(numbers).to_arrow(missing=missing), verdicts=verdicts, rules=DATE_RULES)


def _exists(parts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether year, month and day, int64 (n, 3), are a day of the Gregorian calendar, bool (n,)."""
    year, month, day = parts.T
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    month_days = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    last_day = month_days[np.where(month <= 12, month, 0)] + (leap & (month == 2))
    return np.asarray((year >= 1) & (day >= 1) & (day <= last_day))


def _written(numbers: npt.NDArray[np.int64]) -> ByteColumn:
    """Numbers of up to eight digits as eight characters."""
    digits = numbers[:, None] // 10 ** np.arange(7, -1, -1) % 10
    data = (digits + ord("0")).astype(np.uint8).ravel()
    return ByteColumn(data, np.arange(numbers.size + 1, dtype=np.int64) * 8)

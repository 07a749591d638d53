"""A column of a batch, normalised: the distinct values are normalised once, and counted over the rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.feeds.text_columns import as_text_or_dates
from encoders.normalise.addresses import normalise_addresses
from encoders.normalise.dates import normalise_calendar_dates, normalise_dates
from encoders.normalise.identifiers import normalise_nhs_numbers, normalise_upns
from encoders.normalise.names import normalise_names
from encoders.normalise.numbers import normalise_numbers
from encoders.normalise.outcome import Effect, Judged, as_flags
from encoders.normalise.phones import normalise_phones
from encoders.normalise.postcodes import normalise_postcodes
from encoders.normalise.sexes import normalise_sexes
from encoders.normalise.texts import normalise_texts
from encoders.normalise.wrong_formats import DateColumn, refuse_wrong_formats
from encoders.normalise.years import formats_with_years, with_days, years_of

__all__ = ["KINDS", "Normalised", "normalise"]

_DATE, _YEAR = "date", "year"
_OF_DATES = (_DATE, _YEAR)
_BY_KIND: Mapping[str, Callable[[pa.StringArray], Judged]] = {
    "name": normalise_names,
    "sex": normalise_sexes,
    "postcode": normalise_postcodes,
    "address": normalise_addresses,
    "nhs_number": normalise_nhs_numbers,
    "upn": normalise_upns,
    "phone": normalise_phones,
    "number": normalise_numbers,
    "text": normalise_texts,
}
# Looking for repeated values costs more here than it saves.
_NEARLY_DISTINCT = frozenset(("address", "nhs_number", "phone", "postcode", "upn"))
KINDS: tuple[str, ...] = (*_OF_DATES, *_BY_KIND)


@dataclass(frozen=True)
class Normalised:
    """A column of a batch after normalisation.

    Parameters
    ----------
    values
        (n_rows,) text of ``a-z``, ``0-9`` and single blanks, null where missing.
    rejected
        Positions inside the batch, int64, ascending, whose value breaks a rule that rejects the record.
    rules
        For each rejected position the rule's name, such as ``birth_date.impossible``.
    invalid
        Rows whose value became missing, by rule; rows that were empty are not counted.
    suspicious
        Rows whose value was kept although a rule doubts it, by rule.
    """

    values: pa.StringArray
    rejected: npt.NDArray[np.int64]
    rules: tuple[str, ...]
    invalid: Mapping[str, int]
    suspicious: Mapping[str, int] = dataclass_field(default_factory=dict)


def normalise(
    kind: str,
    column: "pa.Array[Any] | pa.ChunkedArray[Any]",
    *,
    field: str,
    date_formats: Sequence[str] = (),
    columns: Sequence[str] = (),
    today: date | None = None,
    first_row: int = 1,
) -> Normalised:
    """Normalise a column of a batch by the kind of its field.

    Parameters
    ----------
    kind
        One of `KINDS`.
    column
        Texts; for dates also typed dates and timestamps. Other types are read as the text that Arrow casts them to.
    field
        The field's name, which begins the names of rules.
    date_formats
        For dates and years, the formats of the source in the order in which to try them; see
        `encoders.normalise.date_formats`.
    columns
        The names of the feed's columns that make up the field, for messages.
    today
        What "future" is measured from; the current day (UTC) where not given.
    first_row
        Row of the feed that the batch begins with, for messages.

    Raises
    ------
    FeedRefused
        If the dates of the batch have none of the formats.
    """
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r}: expected one of {', '.join(KINDS)}")
    distinct, codes = _distinct(column, name=field, kind=kind)
    if kind not in _OF_DATES:
        return _over_rows(_BY_KIND[kind](distinct), codes, field=field)
    day = today or datetime.now(tz=UTC).date()
    if kind == _YEAR:
        # A year is read as its 2 January, and on New Year's Day people are born in the new year.
        day = max(day, date(day.year, 1, 2))
    if pa.types.is_date32(distinct.type):
        judged = normalise_calendar_dates(distinct, today=day)
    else:
        if kind == _YEAR:
            distinct, date_formats = with_days(distinct), formats_with_years(date_formats)
        judged = normalise_dates(distinct, date_formats, today=day)
        refuse_wrong_formats(
            DateColumn(field, columns, first_row), distinct, codes, judged, date_formats, day
        )
    return _over_rows(years_of(judged, day) if kind == _YEAR else judged, codes, field=field)


def _distinct(
    column: "pa.Array[Any] | pa.ChunkedArray[Any]", *, name: str, kind: str
) -> "tuple[pa.Array[Any], pa.Int32Array]":
    """The values without null, mostly distinct, and for each row the position of its value or null."""
    array = as_text_or_dates(column, name=name)
    if pa.types.is_date32(array.type) and kind not in _OF_DATES:
        array = array.cast(pa.string())
    if kind in _NEARLY_DISTINCT:
        stated = as_flags(array.is_valid())
        positions = np.cumsum(stated, dtype=np.int32) - np.int32(1)
        return array.drop_null(), pa.array(positions, mask=~stated)
    encoded = array.dictionary_encode()
    return encoded.dictionary, encoded.indices


def _over_rows(judged: Judged, codes: pa.Int32Array, *, field: str) -> Normalised:
    """Spread what was said of the distinct values over the rows, and count it."""
    stated = np.flatnonzero(as_flags(codes.is_valid()))
    verdicts = judged.verdicts[codes.drop_null().to_numpy()]
    counts = np.bincount(verdicts, minlength=len(judged.rules) + 1)[1:].tolist()
    by_effect: dict[Effect, dict[str, int]] = {effect: {} for effect in Effect}
    for rule, count in zip(judged.rules, counts, strict=True):
        if count:
            by_effect[rule.effect][f"{field}.{rule.name}"] = count
    rejecting = np.array([False, *(rule.effect is Effect.REJECTS_RECORD for rule in judged.rules)])
    rejects = rejecting[verdicts]
    return Normalised(
        values=judged.values.take(codes),
        rejected=stated[rejects].astype(np.int64),
        rules=tuple(f"{field}.{judged.rules[verdict - 1].name}" for verdict in verdicts[rejects].tolist()),
        invalid=by_effect[Effect.MISSING],
        suspicious=by_effect[Effect.KEPT],
    )

"""Dates that the formats of a source do not fit: refused as a column, with the rows and the format that would fit.

No date is told: rows, counts, and formats, which are not of anybody.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.normalise.date_formats import DEFAULT_DATE_FORMATS
from encoders.normalise.dates import DATE_RULES, normalise_dates
from encoders.normalise.outcome import Judged, as_flags
from linkage.exchange.errors import FeedRefused

__all__ = ["DateColumn", "fitting_formats", "refuse_wrong_formats"]

# Below this share of readable dates the format is wrong, not the dates; a small batch has to be wholly unreadable.
_READABLE_SHARE = 0.1
_FEWEST_TO_JUDGE = 3
_ENOUGH_FOR_A_SHARE = 30
_ROWS_SHOWN = 3
_FITS = 0.9
_MOST_TRIED = 1000
_DAY_NUMBER = "^[1-5][0-9]{4}([.][0-9]+)?$"
_LEFT_UNREAD = 0.005
_MOST_CHOSEN = 6
_KNOWN_FORMATS = (
    *("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%d%m%Y", "%m/%d/%Y", "%m-%d-%Y"),
    *(
        "%d %b %Y",
        "%d-%b-%Y",
        "%b %d, %Y",
        "%d/%b/%Y",
        "%d/%m/%y",
        "%d.%m.%y",
        "%d-%m-%y",
        "%d-%b-%y",
        "%d%b%Y",
    ),
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%y"),
)
_UNREADABLE, _IMPOSSIBLE = (
    [rule.name for rule in DATE_RULES].index(name) + 1 for name in ("unreadable", "impossible")
)


class DateColumn(NamedTuple):
    """Where the dates of a batch stand.

    Attributes
    ----------
    field, columns
        The field, and the feed's columns that make it up.
    first_row
        Row of the feed that the batch begins with, from 1.
    """

    field: str
    columns: Sequence[str]
    first_row: int

    @property
    def where(self) -> str:
        """For messages."""
        named = " ".join(repr(column) for column in self.columns)
        return f"{self.field} (column {named})" if named else self.field


def refuse_wrong_formats(
    column: DateColumn,
    distinct: pa.StringArray,
    codes: pa.Int32Array,
    judged: Judged,
    date_formats: Sequence[str],
    today: date,
) -> None:
    """Refuse a batch whose dates the formats do not fit; placeholders say nothing about them.

    Parameters
    ----------
    distinct, codes
        The distinct texts, and for each row the position of its text or null.
    judged
        What was said of each distinct text.

    Raises
    ------
    FeedRefused
        If nothing (of at least 3) or under a tenth (of at least 30) has one of the formats, or if more than half (of
        at least 30) have one but are no days that exist: then day and month are exchanged.
    """
    rows = np.flatnonzero(as_flags(codes.is_valid()))
    places = codes.drop_null().to_numpy()
    verdicts = judged.verdicts[places]
    unreadable, impossible = verdicts == _UNREADABLE, verdicts == _IMPOSSIBLE
    stated = as_flags(judged.values.is_valid())[places] | unreadable
    n_stated, n_unreadable, n_impossible = int(stated.sum()), int(unreadable.sum()), int(impossible.sum())
    n_readable = n_stated - n_unreadable
    wholly = n_readable == 0 and n_stated >= _FEWEST_TO_JUDGE
    nearly = n_stated >= _ENOUGH_FOR_A_SHARE and n_readable < _READABLE_SHARE * n_stated
    exchanged = n_stated >= _ENOUGH_FOR_A_SHARE and 2 * n_impossible > n_stated
    if not (wholly or nearly or exchanged):
        return
    formats = ", ".join(repr(date_format) for date_format in tuple(date_formats) or DEFAULT_DATE_FORMATS)
    faulty = unreadable if wholly or nearly else impossible
    fault = (
        f"expected {formats}, but {n_unreadable:,} of {n_stated:,} dates have none of these"
        if wholly or nearly
        else f"by {formats}, {n_impossible:,} of {n_stated:,} dates are days that do not exist"
    )
    raise FeedRefused(
        f"{column.where}: unreadable date format: {fault} ({_rows_text(rows[faulty] + column.first_row)}); "
        f"{_remedy(distinct, today)}"
    )


def _remedy(distinct: pa.StringArray, today: date) -> str:
    if (
        pc.mean(pc.match_substring_regex(distinct.slice(0, _MOST_TRIED), _DAY_NUMBER).cast(pa.int8())).as_py()
        > _FITS
    ):
        return "these look like the day numbers of a spreadsheet: write the column as dates, and export the feed again"
    place = "correct date_formats of the source in the specification"
    fitting = _fitting_format(distinct, today)
    return f"{fitting!r} would fit: {place}" if fitting else place


def _fitting_format(distinct: pa.StringArray, today: date) -> str | None:
    """The usual format that reads the most of the texts as days that exist; None if none reads nearly all."""
    sample = distinct.slice(0, _MOST_TRIED)
    best, best_share = None, _FITS
    for date_format in _KNOWN_FORMATS:
        judged = normalise_dates(sample, [date_format], today=today)
        unreadable = judged.verdicts == _UNREADABLE
        stated = as_flags(judged.values.is_valid()) | unreadable
        good = stated & ~unreadable & (judged.verdicts != _IMPOSSIBLE)
        share = good.sum() / max(int(stated.sum()), 1)
        if share > best_share:
            best, best_share = date_format, share
    return best


def fitting_formats(texts: pa.StringArray, today: date) -> tuple[list[str], list[str]]:
    """The usual formats that read a column's dates, and others that read the first kind of them as well, as other days.

    Parameters
    ----------
    texts
        (n,) dates as typed; a thousand are looked at.

    Returns
    -------
    tuple
        Formats to try in this order, fewest first; and those that cannot be told from the first of them, such as
        ``%m/%d/%Y`` where no day is over twelve.
    """
    left = pc.unique(texts.drop_null()).slice(0, _MOST_TRIED)
    fewest = _LEFT_UNREAD * len(left)
    chosen: list[str] = []
    rivals: list[str] = []
    while len(left) > fewest and len(chosen) < _MOST_CHOSEN:
        read = {known: _read(left, known, today) for known in _KNOWN_FORMATS if known not in chosen}
        best = max(read, key=lambda known: int(read[known].sum()))
        if not read[best].any():
            break
        if not chosen:
            # One that reads the same days, such as with a time of day behind them, is no rival.
            days = normalise_dates(left, [best], today=today).values
            rivals = [
                known
                for known, hits in read.items()
                if hits.sum() == read[best].sum()
                and normalise_dates(left, [known], today=today).values != days
            ]
        chosen.append(best)
        # A date of this form that does not exist is a wrong date, not one of another form.
        left = left.filter(pa.array(normalise_dates(left, [best], today=today).verdicts == _UNREADABLE))
    return chosen, rivals


def _read(texts: pa.StringArray, date_format: str, today: date) -> npt.NDArray[np.bool_]:
    """Which texts are days that exist by a format, bool (n,)."""
    judged = normalise_dates(texts, [date_format], today=today)
    exists: npt.NDArray[np.bool_] = judged.verdicts != _IMPOSSIBLE
    return exists & as_flags(judged.values.is_valid())


def _rows_text(rows: npt.NDArray[np.int64]) -> str:
    shown = ", ".join(str(row) for row in rows[:_ROWS_SHOWN].tolist())
    word = "row" if len(rows) == 1 else "rows"
    return f"{word} {shown}{', ...' if len(rows) > _ROWS_SHOWN else ''}"

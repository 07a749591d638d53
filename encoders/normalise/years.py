"""Years of birth: ``yyyy``, from years and from whole dates alike, so that feeds of either kind can be compared.

A year by itself is read as its 2 January, a day that no system puts where it knows only the year, and goes through the
rules for dates; of what they leave the year is kept.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from encoders.normalise.date_formats import DEFAULT_DATE_FORMATS
from encoders.normalise.dates import DATE_RULES, OLDEST_AGE
from encoders.normalise.folding import to_ascii
from encoders.normalise.outcome import Judged, as_flags, without

__all__ = ["formats_with_years", "with_days", "years_of"]

_YEAR = r"^\s*([12][0-9]{3})(?:\.0*)?\s*$"
_DAY = r"\1-01-02"
_IMPOSSIBLE, _TOO_OLD = (
    [rule.name for rule in DATE_RULES].index(name) + 1 for name in ("impossible", "too_old")
)


def with_days(values: pa.StringArray) -> pa.StringArray:
    """Distinct texts with a day behind each year that stands alone; other texts as they are."""
    texts = to_ascii(values)
    dated = pc.replace_substring_regex(texts, pattern=_YEAR, replacement=_DAY)
    return pc.if_else(pc.match_substring_regex(texts, _YEAR), dated, values)


def formats_with_years(date_formats: Sequence[str]) -> tuple[str, ...]:
    """The formats of the source, and that of the days that `with_days` gives."""
    return (*(tuple(date_formats) or DEFAULT_DATE_FORMATS), "%Y-%m-%d")


def years_of(judged: Judged, today: date) -> Judged:
    """The years of normalised dates; missing where no year by itself could be so."""
    years = pc.utf8_slice_codeunits(judged.values, 0, 4)
    number = pc.cast(years, pa.int64())
    born = pc.and_(pc.greater(number, today.year - OLDEST_AGE), pc.less_equal(number, today.year))
    lost = as_flags(pc.fill_null(pc.invert(born), fill_value=False))
    verdicts = np.where(lost & (judged.verdicts != _IMPOSSIBLE), _TOO_OLD, judged.verdicts)
    return replace(judged, values=without(years, lost), verdicts=verdicts.astype(np.uint8))

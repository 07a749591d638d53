"""Whole numbers (house numbers, years, codes of digits): digits without leading zeros.

A decimal point followed by zeros only is what data frames make of a column with gaps, and goes. Anything else that is
not a whole number of at most 18 digits (so that it fits a 64-bit integer) becomes missing: "12a" is an address or a
text, not a number.
"""

import pyarrow as pa
import pyarrow.compute as pc

from encoders.normalise.folding import to_ascii
from encoders.normalise.outcome import Judged, Rule, as_flags, first_match
from encoders.normalise.placeholders import is_blank

__all__ = ["normalise_numbers"]

_NUMBER = r"^\s*\+?0*(?P<digits>[0-9]{1,18})(?:\.0*)?\s*$"


def normalise_numbers(values: pa.StringArray) -> Judged:
    """Normalise distinct numbers; rule ``format``."""
    digits = pc.struct_field(pc.extract_regex(to_ascii(values), pattern=_NUMBER), "digits")
    unmatched = as_flags(pc.is_null(digits))
    return Judged(
        values=digits,
        verdicts=first_match(len(values), unmatched & ~is_blank(values)),
        rules=(Rule("format"),),
    )

"""Telephone numbers: digits, as dialled in the United Kingdom.

1. Of a text that holds more than a number ("mum 07700 900123 / 01632 960001") the first number counts.
2. A leading plus becomes 00; 0044, or 44 before nine or ten more digits, becomes 0, and so does "(0)" after it.
3. Ten digits that begin with 1, 2, 3 or 7 have lost their 0 to a spreadsheet and get it back.
4. Fewer than 6 or more than 17 digits, all the same digit, and counting numbers become missing.
"""

import pyarrow as pa
import pyarrow.compute as pc

from encoders.normalise.folding import digits_only, to_ascii, without_decimal_zero
from encoders.normalise.outcome import Judged, Rule, as_flags, first_match, without
from encoders.normalise.placeholders import is_blank

__all__ = ["normalise_phones"]

_PLAIN = r"^[0-9 ]*$"
_FIRST_NUMBER = r"(?P<number>[+]?[(]?[0-9][0-9 ().\-]*)"
# Most numbers are written as dialled and need none of the rewriting.
_AS_DIALLED = "^0[1-9]"
_REWRITING = (
    ("^(?:0044|44)0?([1-9][0-9]{8,9})$", r"0\1"),
    ("^([1237][0-9]{9})$", r"0\1"),
)
_PLACEHOLDER = "^(?:" + "|".join(f"{digit}+" for digit in range(10)) + "|0?123456789?0?)$"


def normalise_phones(values: pa.StringArray) -> Judged:
    """Normalise distinct telephone numbers; rules ``placeholder`` and ``length``."""
    digits = digits_only(_with_international_prefix(without_decimal_zero(to_ascii(values)))).to_arrow()
    digits = _as_dialled(digits)
    stated = ~is_blank(values)
    placeholder = as_flags(pc.match_substring_regex(digits, _PLACEHOLDER)) & stated
    lengths = pc.binary_length(digits)
    wrong_length = as_flags(pc.or_(pc.less(lengths, 6), pc.greater(lengths, 17)))
    return Judged(
        values=without(digits, placeholder | wrong_length),
        verdicts=first_match(len(values), placeholder, wrong_length & stated),
        rules=(Rule("placeholder"), Rule("length")),
    )


def _with_international_prefix(values: pa.StringArray) -> pa.StringArray:
    """The first number of each text, with 00 for a plus."""
    mixed = pc.invert(pc.match_substring_regex(values, _PLAIN))
    if not pc.any(mixed).as_py():
        return values
    first = pc.struct_field(pc.extract_regex(values.filter(mixed), pattern=_FIRST_NUMBER), "number")
    prefixed = pc.replace_substring(pc.fill_null(first, ""), pattern="+", replacement="00")
    return pc.replace_with_mask(values, mixed, prefixed)


def _as_dialled(digits: pa.StringArray) -> pa.StringArray:
    other = pc.invert(pc.match_substring_regex(digits, _AS_DIALLED))
    if not pc.any(other).as_py():
        return digits
    rewritten = digits.filter(other)
    for pattern, replacement in _REWRITING:
        rewritten = pc.replace_substring_regex(rewritten, pattern=pattern, replacement=replacement)
    return pc.replace_with_mask(digits, other, rewritten)

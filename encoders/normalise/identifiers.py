"""Identifiers with a check character: the NHS number and the Unique Pupil Number (UPN).

A wrong identifier does more harm than none, so whatever does not check becomes missing, by rule:

- NHS number (England, Wales, Isle of Man): 10 digits, the last a check digit modulo 11 (weights 10 to 2; NHS Data
  Dictionary). All the same digit is a placeholder, although such numbers check.
- UPN (England): a check letter modulo 23 over the other 12 characters (weights 2 to 13), then 11 digits and a digit;
  in a *temporary* UPN the last is a letter. A school gives those to a pupil whose number it does not know yet and the
  pupil has or gets another, so they are missing here. The local authority's number inside is not checked against a
  list: authorities are founded and merged.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.normalise.folding import compact, without_decimal_zero
from encoders.normalise.outcome import Judged, Rule, first_match
from encoders.normalise.placeholders import is_blank

__all__ = ["normalise_nhs_numbers", "normalise_upns"]

_NHS_WIDTH = 10
_UPN_WIDTH = 13
# The position in this alphabet is the value of a letter and, modulo 23, of a digit that follows it.
_UPN_LETTERS = "abcdefghjklmnpqrtuvwxyz"


def _upn_values() -> npt.NDArray[np.int16]:
    """The value of each byte in a UPN, -1 where it cannot stand in one."""
    table = np.full(256, -1, np.int16)
    for value, letter in enumerate(_UPN_LETTERS):
        table[ord(letter)] = value
    for digit in range(10):
        table[ord("0") + digit] = digit
    return table


_UPN_VALUES = _upn_values()


def normalise_nhs_numbers(values: pa.StringArray) -> Judged:
    """Normalise distinct NHS numbers; rules ``placeholder``, ``format`` and ``check_digit``."""
    column = compact(without_decimal_zero(values))
    (ten,) = column.by_length([_NHS_WIDTH])
    digits = ten.characters.astype(np.int16) - ord("0")
    numeric = np.asarray((digits <= 9).all(axis=0))
    same = np.asarray((digits == digits[0]).all(axis=0))
    weighed = (digits * np.arange(_NHS_WIDTH, 0, -1, dtype=np.int16)[:, None]).sum(axis=0)
    checks = ten.spread(np.asarray(weighed % 11 == 0))
    well_formed, placeholder = ten.spread(numeric), ten.spread(same & numeric)
    stated = ~is_blank(values)
    return Judged(
        values=column.to_arrow(missing=~(well_formed & checks) | placeholder),
        verdicts=first_match(len(values), placeholder, ~well_formed & stated, ~checks & stated),
        rules=(Rule("placeholder"), Rule("format"), Rule("check_digit")),
    )


def normalise_upns(values: pa.StringArray) -> Judged:
    """Normalise distinct UPNs; rules ``format``, ``check_letter`` and ``temporary``."""
    column = compact(values)
    (thirteen,) = column.by_length([_UPN_WIDTH])
    worth = _UPN_VALUES[thirteen.characters]
    is_digit = thirteen.characters <= ord("9")
    formed = (worth >= 0).all(axis=0) & ~is_digit[0] & is_digit[1:-1].all(axis=0)
    weighed = (worth[1:] * np.arange(2, _UPN_WIDTH + 1, dtype=np.int16)[:, None]).sum(axis=0)
    checks = thirteen.spread(weighed % 23 == worth[0])
    well_formed, temporary = thirteen.spread(formed), thirteen.spread(~is_digit[-1])
    stated = ~is_blank(values)
    return Judged(
        values=column.to_arrow(missing=~(well_formed & checks) | temporary),
        verdicts=first_match(len(values), ~well_formed & stated, ~checks & stated, temporary),
        rules=(Rule("format"), Rule("check_letter"), Rule("temporary")),
    )

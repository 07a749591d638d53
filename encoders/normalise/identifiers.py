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
    rows = column.lengths == _NHS_WIDTH
    digits = column.matrix_of(rows, _NHS_WIDTH).astype(np.int16) - ord("0")
    numeric = (digits <= 9).all(axis=1)
    checks = (digits @ np.arange(_NHS_WIDTH, 0, -1, dtype=np.int16)) % 11 == 0
    same = (digits[:, 1:] == digits[:, :1]).all(axis=1)
    well_formed, checked = _spread(rows, numeric), _spread(rows, np.asarray(checks))
    placeholder = _spread(rows, same & numeric)
    stated = ~is_blank(values)
    return Judged(
        values=column.to_arrow(missing=~(well_formed & checked) | placeholder),
        verdicts=first_match(len(values), placeholder, ~well_formed & stated, ~checked & stated),
        rules=(Rule("placeholder"), Rule("format"), Rule("check_digit")),
    )


def normalise_upns(values: pa.StringArray) -> Judged:
    """Normalise distinct UPNs; rules ``format``, ``check_letter`` and ``temporary``."""
    column = compact(values)
    rows = column.lengths == _UPN_WIDTH
    codes = column.matrix_of(rows, _UPN_WIDTH)
    worth = _UPN_VALUES[codes]
    is_digit = codes <= ord("9")
    formed = (worth >= 0).all(axis=1) & ~is_digit[:, 0] & is_digit[:, 1:-1].all(axis=1)
    checks = np.equal(worth[:, 1:] @ np.arange(2, _UPN_WIDTH + 1, dtype=np.int16) % 23, worth[:, 0])
    well_formed, checked, temporary = (_spread(rows, flags) for flags in (formed, checks, ~is_digit[:, -1]))
    stated = ~is_blank(values)
    return Judged(
        values=column.to_arrow(missing=~(well_formed & checked) | temporary),
        verdicts=first_match(len(values), ~well_formed & stated, ~checked & stated, temporary),
        rules=(Rule("format"), Rule("check_letter"), Rule("temporary")),
    )


def _spread(rows: npt.NDArray[np.bool_], flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Flags of the selected rows as flags of all rows, false elsewhere."""
    spread = np.zeros(rows.size, np.bool_)
    spread[rows] = flags
    return spread

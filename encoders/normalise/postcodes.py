"""UK postcodes, compact: "SW1A 1AA" becomes ``sw1a1aa``.

The pattern is that of the Royal Mail's programmers' guide (one or two letters, a digit, perhaps a digit or letter; a
digit and two letters that are none of C, I, K, M, O, V). Whether a postcode exists is not asked: new ones appear every
month. An O or I in the place of the digit of the second half is read as 0 or 1, and a 0 at the very beginning as O.
Postcodes in ZZ99 say "no fixed abode", "abroad" and the like: missing.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.normalise.byte_columns import ByteColumn
from encoders.normalise.folding import compact
from encoders.normalise.outcome import Judged, Rule, first_match
from encoders.normalise.placeholders import is_blank

__all__ = ["normalise_postcodes"]

_WIDTH = 7
_INWARD = 3


def _class_of(characters: str) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[np.frombuffer(characters.encode(), np.uint8)] = True
    return table


_LETTER = _class_of("abcdefghijklmnopqrstuvwxyz")
_DIGIT = _class_of("0123456789")
_INWARD_LETTER = _class_of("abdefghjlnpqrstuwxyz")


def normalise_postcodes(values: pa.StringArray) -> Judged:
    """Normalise distinct postcodes; rules ``placeholder``, ``incomplete`` (first half only) and ``format``."""
    column = compact(values)
    column = ByteColumn(column.data.copy(), column.offsets)
    n_values = len(values)
    valid, placeholder = np.zeros(n_values, np.bool_), np.zeros(n_values, np.bool_)
    for width in range(5, _WIDTH + 1):
        rows = column.lengths == width
        codes = column.matrix_of(rows, width)
        _mend(codes)
        column.data[column.per_byte(rows)] = codes.ravel()
        valid[rows] = _is_outward(codes[:, :-_INWARD]) & _is_inward(codes[:, -_INWARD:])
        placeholder[rows] = (codes[:, :4] == np.frombuffer(b"zz99", np.uint8)).all(axis=1)
    incomplete = np.zeros(n_values, np.bool_)
    for width in range(2, 5):
        rows = column.lengths == width
        incomplete[rows] = _is_outward(column.matrix_of(rows, width))
    valid |= _is_girobank(column)
    stated = ~is_blank(values)
    return Judged(
        values=column.to_arrow(missing=~valid | placeholder),
        verdicts=first_match(n_values, placeholder, incomplete, ~valid & stated),
        rules=(Rule("placeholder"), Rule("incomplete"), Rule("format")),
    )


def _mend(codes: npt.NDArray[np.uint8]) -> None:
    """Put digits and letters that look alike right where the place says which it is; in place."""
    digit_place = codes[:, -_INWARD]
    digit_place[digit_place == ord("o")] = ord("0")
    digit_place[digit_place == ord("i")] = ord("1")
    first = codes[:, 0]
    first[first == ord("0")] = ord("o")


def _is_outward(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Letter, digit; letter, digit, any; letter, letter, digit; letter, letter, digit, any."""
    letters, digits = _LETTER[codes], _DIGIT[codes]
    width = codes.shape[1]
    if width == 2:
        return letters[:, 0] & digits[:, 1]
    if width == 3:
        return (
            letters[:, 0] & (digits[:, 1] | (letters[:, 1] & digits[:, 2])) & (letters | digits).all(axis=1)
        )
    return letters[:, 0] & letters[:, 1] & digits[:, 2] & (letters[:, 3] | digits[:, 3])


def _is_inward(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    return _DIGIT[codes[:, 0]] & _INWARD_LETTER[codes[:, 1]] & _INWARD_LETTER[codes[:, 2]]


def _is_girobank(column: ByteColumn) -> npt.NDArray[np.bool_]:
    """GIR 0AA, the one postcode outside the pattern."""
    rows = column.lengths == 6
    flags = np.zeros(rows.size, np.bool_)
    flags[rows] = (column.matrix_of(rows, 6) == np.frombuffer(b"gir0aa", np.uint8)).all(axis=1)
    return flags

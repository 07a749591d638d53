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
    valid, placeholder, incomplete = (np.zeros(n_values, np.bool_) for _ in range(3))
    for same in column.by_length(range(2, 8)):
        if same.width < _INWARD + 2:
            incomplete |= same.spread(_is_outward(same.characters))
            continue
        _mend(same.characters)
        column.data[same.of_bytes] = same.characters.T.ravel()
        fits = _is_outward(same.characters[:-_INWARD]) & _is_inward(same.characters[-_INWARD:])
        valid |= same.spread(fits | _spells(same.characters, b"gir0aa"))
        placeholder |= same.spread(_spells(same.characters[:4], b"zz99"))
    stated = ~is_blank(values)
    return Judged(
        values=column.to_arrow(missing=~valid | placeholder),
        verdicts=first_match(n_values, placeholder, incomplete, ~valid & stated),
        rules=(Rule("placeholder"), Rule("incomplete"), Rule("format")),
    )


def _mend(characters: npt.NDArray[np.uint8]) -> None:
    """Put digits and letters that look alike right where the place says which it is; in place."""
    digit_place, first = characters[-_INWARD], characters[0]
    digit_place[digit_place == ord("o")] = ord("0")
    digit_place[digit_place == ord("i")] = ord("1")
    first[first == ord("0")] = ord("o")


def _is_outward(characters: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Letter, digit; letter, digit, any; letter, letter, digit; letter, letter, digit, any."""
    letters, digits = np.take(_LETTER, characters), np.take(_DIGIT, characters)
    if len(characters) == 2:
        flags = letters[0] & digits[1]
    elif len(characters) == 3:
        flags = letters[0] & ((digits[1] & (letters[2] | digits[2])) | (letters[1] & digits[2]))
    else:
        flags = letters[0] & letters[1] & digits[2] & (letters[3] | digits[3])
    return np.asarray(flags)


def _is_inward(characters: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    digit, letters = _DIGIT[characters[0]], _INWARD_LETTER[characters[1:]]
    return np.asarray(digit & letters[0] & letters[1])


def _spells(characters: npt.NDArray[np.uint8], text: bytes) -> npt.NDArray[np.bool_]:
    """Which rows are the given text, bool (n,)."""
    if len(characters) != len(text):
        return np.zeros(characters.shape[1], np.bool_)
    return np.asarray((characters == np.frombuffer(text, np.uint8)[:, None]).all(axis=0))

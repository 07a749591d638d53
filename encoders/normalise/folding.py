"""From any writing to the output alphabet: ``a-z``, ``0-9`` and single blanks between words.

NFKC, case folding and transliteration (anyascii) touch only the values that are not ASCII; NFKC leaves ASCII as it
is, and the table below folds its case. The encoding kernel relies on the alphabet: one byte is one character.
"""

import unicodedata
from string import ascii_lowercase, digits

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from anyascii import anyascii

from encoders.normalise.byte_columns import ByteColumn

__all__ = ["compact", "digits_only", "fold", "to_ascii", "without_decimal_zero"]

_BLANK = ord(" ")
_DROPPED = 0
# An acute accent standing alone is an apostrophe that somebody could not find; NFKC would make it a blank.
_LONE_ACUTE = {0xB4: "'"}


def _table(kept: str, *, other: int) -> npt.NDArray[np.uint8]:
    """What each byte becomes: the characters kept, letters in lower case, and `other` for the rest."""
    table = np.full(256, other, np.uint8)
    for character in kept:
        table[ord(character)] = table[ord(character.upper())] = ord(character)
    return table


_WORDS = _table(ascii_lowercase + digits, other=_BLANK)
_WORDS[[ord("'"), ord("`")]] = _DROPPED
_COMPACT = _table(ascii_lowercase + digits, other=_DROPPED)
_DIGITS = _table(digits, other=_DROPPED)


def to_ascii(values: pa.StringArray) -> pa.StringArray:
    """Fold the values that are not ASCII: NFKC, case folding, transliteration. No nulls in, none out."""
    data = ByteColumn.from_arrow(values).data
    if data.size == 0 or int(data.max()) < 128:
        return values
    foreign = pc.invert(pc.string_is_ascii(values))
    folded = _transliterated([text or "" for text in values.filter(foreign).to_pylist()])
    return pc.replace_with_mask(values, foreign, pa.array(folded, pa.string()))


def _transliterated(texts: list[str]) -> list[str]:
    """All texts in one pass; the character between them takes part in no composition and stays as it is."""
    separator = "\0"
    joined = separator.join(text.replace(separator, "") for text in texts).translate(_LONE_ACUTE)
    folded = unicodedata.normalize("NFKC", joined).casefold()
    # anyascii maps character by character: each distinct one is looked up once.
    letters = {ord(letter): anyascii(letter) for letter in set(folded)}
    return folded.translate(letters).split(separator)


def fold(values: pa.StringArray) -> ByteColumn:
    """Words in the output alphabet: apostrophes are closed up, other punctuation separates words.

    "O'Brien-Smith" becomes "obrien smith". Values of punctuation only become empty. Idempotent.
    """
    column = ByteColumn.from_arrow(to_ascii(values))
    mapped = _WORDS[column.data]
    return _single_blanks(ByteColumn(mapped, column.offsets).where(mapped != _DROPPED))


def compact(values: pa.StringArray) -> ByteColumn:
    """Letters and digits with nothing between them: "SW1A 1AA" becomes "sw1a1aa". Idempotent."""
    return _kept_by(_COMPACT, values)


def digits_only(values: pa.StringArray) -> ByteColumn:
    """Digits with nothing between them. Idempotent."""
    return _kept_by(_DIGITS, values)


def without_decimal_zero(values: pa.StringArray) -> pa.StringArray:
    """Take off the ".0" that spreadsheets and data frames append to numbers in a column with gaps."""
    ends = pc.ends_with(values, ".0")
    if not pc.any(ends).as_py():
        return values
    cleaned = pc.replace_substring_regex(
        values.filter(ends), pattern=r"^(\s*\+?[0-9]+)\.0$", replacement=r"\1"
    )
    return pc.replace_with_mask(values, ends, cleaned)


def _kept_by(table: npt.NDArray[np.uint8], values: pa.StringArray) -> ByteColumn:
    column = ByteColumn.from_arrow(to_ascii(values))
    mapped = table[column.data]
    return ByteColumn(mapped, column.offsets).where(mapped != _DROPPED)


def _single_blanks(column: ByteColumn) -> ByteColumn:
    blank = column.data == _BLANK
    if not blank.any():
        return column
    starts = column.offsets[:-1][column.lengths > 0]
    after_blank = np.empty_like(blank)
    after_blank[1:] = blank[:-1]
    # A blank at the start of a row is dropped like one after a blank.
    after_blank[starts] = True
    column = column.where(~(blank & after_blank))
    ends = column.offsets[1:][column.lengths > 0] - 1
    keep = np.ones(column.data.size, np.bool_)
    keep[ends] = column.data[ends] != _BLANK
    return column.where(keep)

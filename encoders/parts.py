"""Parts of normalised values, from which blocking keys and salts are made.

Phonetic codes are those of jellyfish. What Arrow or a kernel can do for a column is done so; the rest works on
distinct values only. `part_of_value` says of one value what all of these have to give.
"""

from collections.abc import Callable
from functools import partial

import jellyfish
import pyarrow as pa
import pyarrow.compute as pc

from encoders.soundex import soundex_column
from linkage.exchange.specification.encoding import BlockingPart

__all__ = ["part_of_column", "part_of_value"]


def part_of_column(values: pa.StringArray, part: str) -> pa.StringArray:
    """The part of each value.

    Parameters
    ----------
    values
        Normalised values; null is missing.
    part
        A `BlockingPart`.

    Returns
    -------
    A string array of the same length; null where the value is missing or too short to have the part.
    """
    wanted = BlockingPart(part)
    if wanted is BlockingPart.WHOLE:
        return values
    if wanted is BlockingPart.SOUNDEX:
        return soundex_column(values)
    if wanted in _PLACES:
        return _places_of_column(values, *_PLACES[wanted])
    encoded = values.dictionary_encode()
    take = partial(part_of_value, wanted)
    parts = pa.array([take(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return parts.take(encoded.indices)


def _places_of_column(values: pa.StringArray, start: int, stop: int, at_least: int) -> pa.StringArray:
    """A slice of each value; null where the value is shorter than `at_least` or the slice is empty."""
    # One byte is one character in normalised values.
    long_enough = pc.greater_equal(pc.binary_length(values), at_least)
    return pc.if_else(long_enough, pc.utf8_slice_codeunits(values, start, stop), pa.scalar(None, pa.string()))


def part_of_value(part: BlockingPart, value: str) -> str | None:
    """The part of one normalised value, or None where it has none."""
    return _PARTS[part](value) or None


def _words(value: str, code: Callable[[str], str]) -> str:
    """A phonetic code of the first word, since codes are defined for single words of letters."""
    first = value.split(" ", 1)[0]
    return code(first) if first.isalpha() else first


def _slice(value: str, start: int, stop: int) -> str:
    return value[start:stop] if len(value) >= stop else ""


_PARTS: dict[BlockingPart, Callable[[str], str]] = {
    BlockingPart.WHOLE: lambda value: value,
    BlockingPart.SOUNDEX: lambda value: _words(value, jellyfish.soundex),
    BlockingPart.METAPHONE: lambda value: _words(value, jellyfish.metaphone),
    BlockingPart.NYSIIS: lambda value: _words(value, jellyfish.nysiis),
    BlockingPart.FIRST_WORD: lambda value: value.split(" ", 1)[0],
    BlockingPart.INITIAL: lambda value: value[:1],
    BlockingPart.FIRST3: lambda value: value[:3],
    BlockingPart.FIRST4: lambda value: value[:4],
    BlockingPart.FIRST8: lambda value: _slice(value, 0, 8),
    BlockingPart.YEAR: lambda value: _slice(value, 0, 4),
    BlockingPart.MONTH: lambda value: _slice(value, 4, 6),
    BlockingPart.DAY: lambda value: _slice(value, 6, 8),
    BlockingPart.YEAR_MONTH: lambda value: _slice(value, 0, 6),
    BlockingPart.MONTH_DAY: lambda value: _slice(value, 4, 8),
    BlockingPart.OUTWARD: lambda value: value[:-3],
    BlockingPart.SECTOR: lambda value: value[:-2],
}

# First place, the place after the last, and how long a value has to be for the part to be there.
_PLACES: dict[BlockingPart, tuple[int, int, int]] = {
    BlockingPart.INITIAL: (0, 1, 1),
    BlockingPart.FIRST3: (0, 3, 1),
    BlockingPart.FIRST4: (0, 4, 1),
    BlockingPart.FIRST8: (0, 8, 8),
    BlockingPart.YEAR: (0, 4, 4),
    BlockingPart.MONTH: (4, 6, 6),
    BlockingPart.DAY: (6, 8, 8),
    BlockingPart.YEAR_MONTH: (0, 6, 6),
    BlockingPart.MONTH_DAY: (4, 8, 8),
    BlockingPart.OUTWARD: (0, -3, 4),
    BlockingPart.SECTOR: (0, -2, 3),
}

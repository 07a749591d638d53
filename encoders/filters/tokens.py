"""Normalised values cut into tokens.

Two kinds of tokens are small enough in number to be hashed once a run, before any record is read: the q-grams of
the alphabet (letters, digits, blank) and positional digits. For these a *gram plan* enumerates every token and a
kernel walks the Arrow buffers. The others (whole values, words, neighbourhoods of numbers) are listed for each
distinct value of a batch.

A blank counts as the padding symbol, so each word is padded by itself: the halves of a double-barrelled name and
the parts of an address are found wherever they stand.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
import numpy.typing as npt

from encoders.compiling import kernel
from linkage.exchange.specification.encoding import FieldKind, TokenKind

__all__ = [
    "DEFAULT_TOKENS",
    "MEAN_OF_TOKENS",
    "MEAN_TOKENS",
    "GramPlan",
    "Walk",
    "gram_plan",
    "or_grams",
    "tokens_of_value",
]

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
MAX_PLACES = 12
NEIGHBOURS = 2

DEFAULT_TOKENS = {
    FieldKind.NAME: TokenKind.BIGRAMS,
    FieldKind.DATE: TokenKind.DATE_PARTS,
    FieldKind.SEX: TokenKind.WHOLE,
    FieldKind.POSTCODE: TokenKind.POSITIONAL_BIGRAMS,
    FieldKind.ADDRESS: TokenKind.BIGRAMS,
    FieldKind.NHS_NUMBER: TokenKind.DIGITS,
    FieldKind.UPN: TokenKind.POSITIONAL_BIGRAMS,
    FieldKind.PHONE: TokenKind.POSITIONAL_BIGRAMS,
    FieldKind.NUMBER: TokenKind.NEIGHBOURHOOD,
    FieldKind.YEAR: TokenKind.NEIGHBOURHOOD,
    FieldKind.TEXT: TokenKind.BIGRAMS,
}
"""Tokens of a field unless the specification says otherwise."""

MEAN_TOKENS = {
    FieldKind.NAME: 7.0,
    FieldKind.DATE: 14.0,
    FieldKind.SEX: 1.0,
    FieldKind.POSTCODE: 6.0,
    FieldKind.ADDRESS: 26.0,
    FieldKind.NHS_NUMBER: 10.0,
    FieldKind.UPN: 12.0,
    FieldKind.PHONE: 10.0,
    FieldKind.NUMBER: 5.0,
    FieldKind.YEAR: 5.0,
    FieldKind.TEXT: 12.0,
}
"""Tokens that a value of average length has, from which the number of positions a token is set."""


MEAN_OF_TOKENS = {
    TokenKind.WHOLE: 1.0,
    TokenKind.NEIGHBOURHOOD: 5.0,
    TokenKind.WORDS: 2.0,
    TokenKind.DIGITS: 8.0,
    TokenKind.DATE_PARTS: 14.0,
}
"""The same for kinds of tokens whose number does not depend on the field."""


class Walk(IntEnum):
    """How `or_grams` moves along a value."""

    BIGRAMS = 0
    TRIGRAMS = 1
    POSITIONAL_BIGRAMS = 2
    DIGITS = 3


@dataclass(frozen=True)
class GramPlan:
    """Every token that a walk can meet; the position in `tokens` is the token's number in the kernel."""

    walk: Walk
    tokens: tuple[bytes, ...]


@cache
def gram_plan(kind: TokenKind) -> GramPlan | None:
    """The plan of a kind of token, or None for kinds whose tokens cannot be enumerated."""
    symbols = "_" + ALPHABET
    if kind == TokenKind.BIGRAMS:
        return GramPlan(Walk.BIGRAMS, tuple(f"2{a}{b}".encode() for a in symbols for b in symbols))
    if kind == TokenKind.TRIGRAMS:
        grams = (f"3{a}{b}{c}" for a in symbols for b in symbols for c in symbols)
        return GramPlan(Walk.TRIGRAMS, tuple(gram.encode() for gram in grams))
    if kind == TokenKind.POSITIONAL_BIGRAMS:
        places = (f"p{place:02d}{a}{b}" for place in range(MAX_PLACES) for a in symbols for b in symbols)
        return GramPlan(Walk.POSITIONAL_BIGRAMS, tuple(gram.encode() for gram in places))
    if kind == TokenKind.DIGITS:
        digits = (f"d{place:02d}{digit}" for place in range(MAX_PLACES) for digit in range(10))
        return GramPlan(Walk.DIGITS, tuple(digit.encode() for digit in digits))
    return None


def tokens_of_value(kind: TokenKind, value: str) -> list[bytes]:
    """The tokens of one normalised value, without repeats, for kinds that `gram_plan` does not enumerate.

    Raises
    ------
    ValueError
        For a kind that has a gram plan.
    """
    if kind == TokenKind.WHOLE:
        return [f"w{value}".encode()]
    if kind == TokenKind.DATE_PARTS:
        return _date_parts(value)
    if kind == TokenKind.WORDS:
        return [f"v{word}".encode() for word in dict.fromkeys(value.split())]
    if kind == TokenKind.NEIGHBOURHOOD:
        if not value.isdecimal():
            return [f"w{value}".encode()]
        number = int(value)
        return [f"n{number + step}".encode() for step in range(-NEIGHBOURS, NEIGHBOURS + 1)]
    raise ValueError(f"tokens of kind {kind} are enumerated by gram_plan")


def _date_parts(value: str) -> list[bytes]:
    """The digits of a date with their places, then year, month and day, and each two of these.

    A mistyped digit spoils three of the parts, and a day and month in exchange leave the year: unrelated dates agree
    in a few digits only, so a date is told better from its neighbours than by digits alone.
    """
    digits = [f"d{place:02d}{digit}" for place, digit in enumerate(value[:MAX_PLACES])]
    year, month, day = value[:4], value[4:6], value[6:8]
    parts = {"y": year, "m": month, "e": day, "ym": year + month, "md": month + day, "yd": year + day}
    return [token.encode() for token in [*digits, *(f"{name}{part}" for name, part in parts.items())]]


def symbol_codes() -> npt.NDArray[np.uint8]:
    """uint8, shape (256,): the number of each byte in the alphabet; a blank and anything else is the padding, 0."""
    codes = np.zeros(256, dtype=np.uint8)
    for number, symbol in enumerate(ALPHABET, start=1):
        codes[ord(symbol)] = number
    return codes


@kernel
def or_grams(  # noqa: C901 - a kernel branches in place
    walk: int,
    offsets: npt.NDArray[np.int32],
    data: npt.NDArray[np.uint8],
    present: npt.NDArray[np.bool_],
    codes: npt.NDArray[np.uint8],
    masks: npt.NDArray[np.uint64],
    out: npt.NDArray[np.uint64],
) -> None:
    """Set the bits of every token of every value.

    Parameters
    ----------
    walk
        A `Walk`.
    offsets, data
        The buffers of an Arrow string array: int32 (n + 1,) and uint8.
    present
        bool, shape (n,): rows that are null are left alone.
    codes
        From `symbol_codes`.
    masks
        uint64, shape (number of tokens of the plan, n_words).
    out
        uint64, shape (n, n_words), changed in place.
    """
    symbols = 37
    n_words = masks.shape[1]
    for row in range(len(present)):
        if not present[row]:
            continue
        start, stop = int(offsets[row]), int(offsets[row + 1])
        before, last = 0, 0
        end = stop + 1 if walk <= 1 else stop
        for place in range(start, end):
            code = int(codes[data[place]]) if place < stop else 0
            token = -1
            if walk == 0:
                if last != 0 or code != 0:
                    token = last * symbols + code
            elif walk == 1:
                if last != 0:
                    token = (before * symbols + last) * symbols + code
            elif walk == 2:
                if place > start:
                    token = (min(place - start - 1, 11) * symbols + last) * symbols + code
            elif 27 <= code <= 36:
                token = min(place - start, 11) * 10 + code - 27
            if token >= 0:
                for word in range(n_words):
                    out[row, word] |= masks[token, word]
            before, last = last, code

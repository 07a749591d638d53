"""How a child's id, or a recipient's pseudonym of it, is written for people and other systems.

128 bits in Crockford's base 32 (no I, L, O, U; upper or lower case; I and L read as 1, O as 0), 26 characters, in
groups separated by hyphens, and one check character: the number modulo 37, over Crockford's alphabet of 37, so
that every single wrong character and every swap of two neighbours is noticed.
Reference: Crockford, "Base 32", https://www.crockford.com/base32.html.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.errors import IndexRefused

__all__ = ["CHILD_ID_CHARACTERS", "format_child_id", "format_child_ids", "parse_child_id"]

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_ALPHABET = ALPHABET + "*~$=U"
N_DIGITS = 26
GROUPS = (7, 7, 6, 6)
CHILD_ID_CHARACTERS = N_DIGITS + len(GROUPS)
"""Length of the text: 26 digits, three hyphens and the check character."""

_SHIFTS = tuple(range(5 * (N_DIGITS - 1), -1, -5))
_GROUP_SLICES = ((0, 7), (7, 14), (14, 20), (20, 26))
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})


def format_child_id(id_bytes: bytes) -> str:
    """Write 16 bytes as text, such as ``0M9K2T4-...-X``.

    Raises
    ------
    ValueError
        If there are not 16 bytes.
    """
    if len(id_bytes) != 16:
        raise ValueError(f"a child id has 16 bytes, got {len(id_bytes)}")
    number = int.from_bytes(id_bytes, "big")
    digits = "".join([ALPHABET[number >> shift & 31] for shift in _SHIFTS])
    first, second, third, fourth = (digits[start:stop] for start, stop in _GROUP_SLICES)
    return f"{first}-{second}-{third}-{fourth}{CHECK_ALPHABET[number % 37]}"


def format_child_ids(ids: npt.NDArray[np.uint8]) -> pa.StringArray:
    """Write many ids; the same text as `format_child_id`, about a million in a second.

    Parameters
    ----------
    ids
        uint8, shape (n, 16): the bytes of each id, most significant first.

    Returns
    -------
    pa.StringArray
        n texts of `CHILD_ID_CHARACTERS` characters.
    """
    halves = np.ascontiguousarray(ids).view(">u8").astype(np.uint64)
    high, low = halves[:, 0], halves[:, 1]
    text = np.full((len(ids), CHILD_ID_CHARACTERS), ord("-"), dtype=np.uint8)
    letters = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
    for digit, place in enumerate(_places()):
        text[:, place] = letters[_digit(high, low, 5 * (N_DIGITS - 1 - digit))]
    # 2**64 modulo 37 is 12: the check number without 128-bit arithmetic.
    check = ((high % np.uint64(37)) * np.uint64(12) + low % np.uint64(37)) % np.uint64(37)
    text[:, -1] = np.frombuffer(CHECK_ALPHABET.encode(), dtype=np.uint8)[check]
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * CHILD_ID_CHARACTERS
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(offsets), pa.py_buffer(text))


def parse_child_id(text: str) -> bytes:
    """Read an id back; case and hyphens do not matter.

    Raises
    ------
    IndexRefused
        If it is not 26 digits and a check character, or the check character does not fit: a typing error.
    """
    plain = text.strip().upper().replace("-", "").translate(_READ_AS)
    digits = plain[:-1]
    expected = f"a child id has {N_DIGITS} letters or digits and a check character"
    if len(plain) != N_DIGITS + 1:
        raise IndexRefused(f"{expected}, got {len(plain)} characters")
    if any(digit not in ALPHABET for digit in digits) or plain[-1] not in CHECK_ALPHABET:
        raise IndexRefused(f"{expected}; a character in it belongs to no id")
    number = 0
    for digit in digits:
        number = number << 5 | ALPHABET.index(digit)
    if number >> 128 or CHECK_ALPHABET[number % 37] != plain[-1]:
        raise IndexRefused("the check character of the child id does not fit: compare it with the original")
    return number.to_bytes(16, "big")


def _places() -> list[int]:
    """Positions of the digits in the text: hyphens stand between the groups, the check follows the last."""
    places: list[int] = []
    start = 0
    for size in GROUPS:
        places += range(start, start + size)
        start += size + 1
    return places


def _digit(high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64], shift: int) -> npt.NDArray[np.uint64]:
    """Bits ``shift .. shift + 4`` of the numbers ``high * 2**64 + low``."""
    if shift >= 64:
        bits = high >> np.uint64(shift - 64)
    elif shift > 59:
        bits = low >> np.uint64(shift) | high << np.uint64(64 - shift)
    else:
        bits = low >> np.uint64(shift)
    return bits & np.uint64(31)

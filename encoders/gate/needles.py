"""What must not be found in a package: every value of a feed, in every form that is easily made of it.

Forms: as written, in lower, upper and title case, without blanks and punctuation, backwards; as a number of eight
bytes; filled up to eight bytes; hashed without a key by MD5, SHA-1 or SHA-256. (Forms that are undone on the side of
the data, base64, hex, UTF-16 and compression, are in ``hidden_bytes``.) Only windows are kept, never the values.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.gate.byte_windows import LONGEST_WINDOW, Keys, each_once, windows_of

__all__ = ["Form", "FormKind", "NeedleWindows", "forms_of"]

LEAST_TEXT = 3
LEAST_DIGITS = 7
MOST_DIGITS = 18
DIGESTS = (hashlib.md5, hashlib.sha1, hashlib.sha256)


class FormKind(IntEnum):
    """How long a form has to be, and where it is looked for."""

    TEXT = 0
    EXACT = 1
    FILLED = 2


@dataclass(frozen=True, repr=False)
class Form:
    """One way to write all values of a column.

    Attributes
    ----------
    name
        For the report, such as ``"sha-256"``.
    kind
        TEXT forms may be of any length; EXACT forms are looked for by their first eight bytes; FILLED
        ones are eight bytes of which zeros make up some, so that chance meets them beside a column of small numbers.
    values
        Binary, one for each value that has the form; null where it has not.
    """

    name: str
    kind: FormKind
    values: pa.BinaryArray


def forms_of(values: pa.StringArray, *, least_padded: int) -> Iterator[Form]:
    """Every form of some values, distinct ones at best.

    Parameters
    ----------
    least_padded
        Bytes that a short value must have to be looked for filled up with zeros: shorter ones look like bucket codes.
    """
    plain = pc.replace_substring_regex(pc.utf8_lower(values), pattern=r"[^\p{L}\p{N}]+", replacement="")
    texts = {
        "as written": values,
        "lower case": pc.utf8_lower(values),
        "upper case": pc.utf8_upper(values),
        "title case": pc.utf8_title(values),
        "letters and digits only": plain,
    }
    for name, form in texts.items():
        yield Form(name, FormKind.TEXT, form.cast(pa.binary()))
        yield Form(f"{name}, backwards", FormKind.TEXT, pc.utf8_reverse(form).cast(pa.binary()))
        yield Form(f"{name}, filled up", FormKind.FILLED, _filled(form, least_padded))
    yield from _numbers(plain)
    for name in ("as written", "lower case", "letters and digits only"):
        yield from _digests(name, texts[name])


class NeedleWindows:
    """The windows of all forms of all values, gathered batch by batch."""

    def __init__(self, *, least_padded: int) -> None:
        self._least_padded = least_padded
        self._texts: dict[int, list[Keys]] = {length: [] for length in range(LEAST_TEXT, LONGEST_WINDOW + 1)}
        self._exact: list[Keys] = []
        self._filled: list[Keys] = []

    def add(self, values: pa.StringArray) -> None:
        """Take the values of a column; nulls and repeats are of no account."""
        distinct = pc.drop_null(pc.unique(values))
        if not len(distinct):
            return
        for form in forms_of(distinct, least_padded=self._least_padded):
            keys, lengths = _windows(form.values)
            if form.kind != FormKind.TEXT:
                held = self._filled if form.kind == FormKind.FILLED else self._exact
                held.append(each_once(keys[lengths == LONGEST_WINDOW]))
                continue
            for length, texts in self._texts.items():
                texts.append(each_once(keys[lengths == length]))

    def exact(self) -> Keys:
        """Windows of eight bytes of the exact and the filled forms: uint64, sorted, each once."""
        return each_once(np.concatenate([_merged(self._exact), self.filled()]))

    def filled(self) -> Keys:
        """Windows of eight bytes of the filled forms: uint64, sorted, each once."""
        return _merged(self._filled)

    def texts(self, length: int) -> Keys:
        """Windows of texts of exactly `length` bytes, or of eight and more: uint64, sorted, each once."""
        return _merged(self._texts[length])


def _merged(parts: list[Keys]) -> Keys:
    if not parts:
        return np.zeros(0, dtype=np.uint64)
    merged = each_once(np.concatenate(parts)) if len(parts) > 1 else parts[0]
    parts[:] = [merged]
    return merged


def _windows(values: pa.BinaryArray) -> tuple[Keys, npt.NDArray[np.uint8]]:
    present = pc.drop_null(values)
    if not len(present):
        return np.zeros(0, np.uint64), np.zeros(0, np.uint8)
    _, offsets, data = present.buffers()
    starts = np.frombuffer(offsets, dtype=np.int32)[present.offset : present.offset + len(present) + 1]
    flat = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return windows_of(starts, flat)


def _filled(values: pa.StringArray, least: int) -> pa.BinaryArray:
    binary = values.cast(pa.binary())
    length = pc.binary_length(binary)
    short = pc.and_(pc.greater_equal(length, least), pc.less(length, LONGEST_WINDOW))
    kept = binary.filter(short).to_pylist()
    return pa.array([value.ljust(LONGEST_WINDOW, b"\0") for value in kept], pa.binary())


def _numbers(values: pa.StringArray) -> Iterator[Form]:
    pattern = rf"^[0-9]{{{LEAST_DIGITS},{MOST_DIGITS}}}$"
    read = (int(text) for text in values.filter(pc.match_substring_regex(values, pattern)).to_pylist())
    numbers = [number for number in read if not _like_a_bucket(number)]
    for order in ("little", "big"):
        encoded = [
            number.to_bytes(LONGEST_WINDOW, "little" if order == "little" else "big") for number in numbers
        ]
        yield Form(
            f"a number of eight bytes, {order}-endian", FormKind.FILLED, pa.array(encoded, pa.binary())
        )


def _like_a_bucket(number: int) -> bool:
    """Whether all of a number stands in three neighbouring bytes, as a bucket's or a missing value's does."""
    low = max((number & -number).bit_length() - 1, 0)
    return number >> (low // 8 * 8) < 1 << 24


def _digests(name: str, values: pa.StringArray) -> Iterator[Form]:
    texts = [text.encode() for text in pc.unique(values).to_pylist()]
    for digest in DIGESTS:
        hashed = [digest(text, usedforsecurity=False).digest() for text in texts]
        yield Form(f"{digest().name} of the value {name}", FormKind.EXACT, pa.array(hashed, pa.binary()))

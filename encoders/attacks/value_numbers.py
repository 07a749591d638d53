"""Values and codes as numbers, so that frequencies can be counted without holding texts or filters."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.attacks.token_knowledge import Columns
from encoders.blocking_keys import key_texts
from encoders.filters.stand_ins import filters_made
from encoders.parts import part_of_column
from linkage.exchange.specification.encoding import BlockingKeyRule, FilterRule

__all__ = [
    "MISSING",
    "code_numbers",
    "code_sums",
    "combined",
    "numbers_of_sums",
    "value_numbers_of",
    "value_numbers_of_filter",
    "value_numbers_of_key",
]

MISSING = -1
Numbers = npt.NDArray[np.int64]


def value_numbers_of(values: pa.StringArray) -> Numbers:
    """A number for each distinct value of a column: int64, shape (n,), `MISSING` where it is null."""
    return np.asarray(values.dictionary_encode().indices.fill_null(MISSING)).astype(np.int64)


def combined(parts: Sequence[Numbers]) -> Numbers:
    """A number for each distinct combination of several columns; `MISSING` where any of them is."""
    numbers = parts[0]
    for part in parts[1:]:
        missing = (numbers < 0) | (part < 0)
        _, numbers = np.unique(numbers * (int(part.max(initial=0)) + 1) + part, return_inverse=True)
        numbers = np.where(missing, MISSING, numbers).astype(np.int64)
    return numbers


def value_numbers_of_filter(rule: FilterRule, columns: Columns, n_rows: int) -> Numbers:
    """A number for each distinct combination of the fields (and salts) of a filter.

    A missing field that the filter may lack is a value of its own.
    """
    parts = []
    present = np.zeros((len(rule.fields), n_rows), dtype=np.bool_)
    for row, member in enumerate(rule.fields):
        values = columns.get(member.field)
        numbers = value_numbers_of(values) if values is not None else np.full(n_rows, MISSING, np.int64)
        present[row] = numbers >= 0
        parts.append(numbers + 1)
        if member.salt is not None:
            parts.append(_part_numbers(member.salt, columns, n_rows) + 1)
    return np.where(filters_made(rule, present), combined(parts), MISSING)


def value_numbers_of_key(rule: BlockingKeyRule, columns: Columns, n_rows: int) -> Numbers:
    """A number for each distinct value of a blocking key before it is hashed."""
    texts = key_texts(rule, columns, {})
    return np.full(n_rows, MISSING, dtype=np.int64) if texts is None else value_numbers_of(texts)


def code_numbers(codes: npt.NDArray[np.uint64]) -> Numbers:
    """A number for each distinct code of shape (n, words): int64, shape (n,), `MISSING` where it is all zero."""
    return numbers_of_sums(code_sums(codes))


def numbers_of_sums(sums: npt.NDArray[np.uint64]) -> Numbers:
    """A number for each distinct sum of `code_sums`: int64, shape (n,), `MISSING` where it is 0."""
    _, numbers = np.unique(sums, return_inverse=True)
    return np.where(sums != 0, numbers, MISSING).astype(np.int64)


def code_sums(codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Codes of shape (n, words) as numbers of 64 bits by which they can be told apart.

    Words times odd constants, summed: among a million codes two different ones fall together with a chance of one in
    thirty million.

    Returns
    -------
    uint64, shape (n,); 0 where all words are 0.
    """
    drawn: npt.NDArray[np.uint64] = np.random.default_rng(0).integers(
        0, 2**63, size=(codes.shape[1],), dtype=np.uint64
    )
    # Word by word, so that a million wide codes need no second copy of themselves.
    sums = np.zeros(len(codes), dtype=np.uint64)
    for place in range(codes.shape[1]):
        word = codes[:, place]
        sums += (word ^ (word >> np.uint64(29))) * (drawn[place] * np.uint64(2) + np.uint64(1))
    return np.where(codes.any(axis=1), np.maximum(sums, np.uint64(1)), np.uint64(0))


def _part_numbers(part: str, columns: Columns, n_rows: int) -> Numbers:
    field, _, transform = part.partition(":")
    if field not in columns:
        return np.full(n_rows, MISSING, dtype=np.int64)
    return value_numbers_of(part_of_column(columns[field], transform))

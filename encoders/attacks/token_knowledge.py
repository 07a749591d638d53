"""What the attacker knows of a person: the tokens that a filter hashes, without the key.

The specification is public, so the attacker normalises and cuts a population list exactly as the sources do. A salt
makes equal tokens of different salts different tokens.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from encoders.attacks.token_matrix import TokenMatrix, indicator, side_by_side
from encoders.filters.stand_ins import filters_made
from encoders.filters.tokens import (
    DEFAULT_TOKENS,
    Walk,
    gram_plan,
    or_grams,
    symbol_codes,
    tokens_of_value,
)
from encoders.parts import part_of_column
from linkage.exchange.specification.encoding import FieldRule, FilterRule, TokenKind

__all__ = ["token_indicators"]

VALUES_AT_ONCE = 4096
Columns = Mapping[str, pa.StringArray]


def token_indicators(
    rule: FilterRule, fields: Mapping[str, FieldRule], columns: Columns, n_rows: int
) -> TokenMatrix:
    """Which tokens each person has under one filter.

    Parameters
    ----------
    rule, fields
        The filter's section of the specification, and the specification's fields.
    columns
        Normalised values by field, each of `n_rows`; absent fields are missing.

    Returns
    -------
    Sparse float32 of 0 and 1, shape (n_rows, distinct tokens that occur); the row of a person whose filter is
    missing is empty.
    """
    present = np.zeros((len(rule.fields), n_rows), dtype=np.bool_)
    blocks = []
    for row, member in enumerate(rule.fields):
        values = columns.get(member.field)
        if values is None:
            continue
        present[row] = np.asarray(values.is_valid())
        kind = member.tokens or DEFAULT_TOKENS[fields[member.field].kind]
        block = _tokens_of_column(kind, values)
        if member.salt is not None:
            block = _salted(block, member.salt, columns, n_rows)
        blocks.append(_weighted(block, member.weight))
    if not blocks:
        return _empty(n_rows)
    joined = side_by_side(blocks)
    joined.data *= np.repeat(filters_made(rule, present), np.diff(joined.indptr))
    joined.eliminate_zeros()
    return joined


def _empty(n_rows: int) -> TokenMatrix:
    nothing = np.zeros(0, dtype=np.int64)
    return indicator(nothing, nothing, (n_rows, 1))


def _weighted(block: TokenMatrix, weight: float) -> TokenMatrix:
    """Tokens of a weight set more positions, so they count for more when codes are compared."""
    block.data *= np.float32(np.sqrt(weight))
    return block


def _tokens_of_column(kind: TokenKind, values: pa.StringArray) -> TokenMatrix:
    encoded = values.dictionary_encode()
    listed = encoded.dictionary.to_pylist()
    plan = gram_plan(kind)
    if plan is None:
        by_value = _listed_tokens(kind, listed)
    else:
        by_value = _walked_tokens(plan.walk, len(plan.tokens), encoded.dictionary)
    indices = np.asarray(encoded.indices.fill_null(0)).astype(np.int64)
    block = by_value[indices] if len(listed) else _empty(len(values))
    block.data *= np.repeat(np.asarray(values.is_valid()), np.diff(block.indptr))
    block.eliminate_zeros()
    return block


def _listed_tokens(kind: TokenKind, values: list[str]) -> TokenMatrix:
    numbers: dict[bytes, int] = {}
    rows, places = [], []
    for row, value in enumerate(values):
        for token in tokens_of_value(kind, value):
            rows.append(row)
            places.append(numbers.setdefault(token, len(numbers)))
    return indicator(
        np.array(rows, np.int64), np.array(places, np.int64), (len(values), max(len(numbers), 1))
    )


def _walked_tokens(walk: Walk, n_tokens: int, values: pa.StringArray) -> TokenMatrix:
    """Hash every token to a bit of its own, so that the encoder's own walk says which tokens occur."""
    n_words = -(-n_tokens // 64)
    masks = np.zeros((n_tokens, n_words), dtype=np.uint64)
    numbers = np.arange(n_tokens)
    masks[numbers, numbers >> 6] = np.left_shift(np.uint64(1), (numbers & 63).astype(np.uint64))
    _, offset_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offset_buffer, dtype=np.int32)[values.offset : values.offset + len(values) + 1]
    has_data = data_buffer is not None and data_buffer.size
    data = np.frombuffer(data_buffer, dtype=np.uint8) if has_data else np.zeros(1, dtype=np.uint8)
    rows, places = [], []
    for start in range(0, len(values), VALUES_AT_ONCE):
        part = offsets[start : start + VALUES_AT_ONCE + 1]
        out = np.zeros((len(part) - 1, n_words), dtype=np.uint64)
        or_grams(int(walk), part, data, np.ones(len(part) - 1, np.bool_), symbol_codes(), masks, out)
        found = np.nonzero(np.unpackbits(out.view(np.uint8), axis=1, bitorder="little"))
        rows.append(found[0] + start)
        places.append(found[1])
    if not rows:
        return _empty(0)
    flat = np.concatenate(places)
    used, compact = np.unique(flat, return_inverse=True)
    return indicator(np.concatenate(rows), compact, (len(values), max(len(used), 1)))


def _salted(block: TokenMatrix, part: str, columns: Columns, n_rows: int) -> TokenMatrix:
    """Tokens of each salt in columns of their own; a missing salt is a salt too."""
    field, _, transform = part.partition(":")
    if field in columns:
        coded = part_of_column(columns[field], transform).dictionary_encode()
        salts = np.asarray(coded.indices.fill_null(-1)).astype(np.int64) + 1
    else:
        salts = np.zeros(n_rows, dtype=np.int64)
    found = block.tocoo()
    salted = salts[found.row] * block.shape[1] + found.col
    used, compact = np.unique(salted, return_inverse=True)
    return indicator(found.row, compact, (n_rows, max(len(used), 1)))

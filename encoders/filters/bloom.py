"""Bloom filters over one or more fields: attribute-level, combination and record-level are one concept.

A filter is the union of the positions of all tokens of its fields (Schnell, Bachteler, Reiher 2009), each field
hashed under its own key. How many positions a token gets follows from the wanted fill and the tokens of an average
value, so that it depends on the specification alone and every source computes the same.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.filters.listed_masks import ListedMasks
from encoders.filters.positions import masks_of
from encoders.filters.salting import Salting
from encoders.filters.stand_ins import add_stand_ins, filters_made
from encoders.filters.tokens import (
    DEFAULT_TOKENS,
    MEAN_OF_TOKENS,
    MEAN_TOKENS,
    Walk,
    gram_plan,
    or_grams,
    symbol_codes,
)
from linkage.exchange.specification.encoding import FieldKind, FieldRule, FilterField, FilterRule, TokenKind

__all__ = ["FilterEncoder", "positions_a_token"]

Columns = Mapping[str, pa.StringArray]
HashingKeys = Callable[[str], bytes]


def positions_a_token(rule: FilterRule, fields: Mapping[str, FieldRule]) -> list[int]:
    """Positions that a token of each member field sets, so that an average record reaches the wanted fill.

    With K positions drawn in all, a share 1 - (1 - 1/l)**K of the l bits is set; K is shared among the fields in
    proportion to weight, a token of weight 2 setting twice as many positions as one of weight 1.
    """
    wanted = math.log1p(-rule.fill) / math.log1p(-1 / rule.bits)
    shares = [member.weight * _mean_tokens(member, fields[member.field].kind) for member in rule.fields]
    return [min(rule.bits, max(1, round(member.weight * wanted / sum(shares)))) for member in rule.fields]


@dataclass(frozen=True)
class _Member:
    """One field of a filter, ready to encode."""

    rule: FilterField
    tokens: TokenKind
    k: int
    key_label: str
    stand_in: int
    """Positions that stand for the field where it is missing."""


class FilterEncoder:
    """Encodes batches of normalised values into one filter, before hardening.

    Parameters
    ----------
    rule
        The filter's section of the specification.
    fields
        The specification's fields.
    hashing_key
        Gives the hashing key of a label; held for the run, never printed.
    """

    def __init__(self, rule: FilterRule, fields: Mapping[str, FieldRule], hashing_key: HashingKeys) -> None:
        self._rule = rule
        self._hashing_key = hashing_key
        self._codes = symbol_codes()
        self._masks: dict[tuple[str, TokenKind, int], npt.NDArray[np.uint64]] = {}
        self._listed: dict[tuple[str, TokenKind, int], ListedMasks] = {}
        self._members = [
            _Member(
                member,
                member.tokens or DEFAULT_TOKENS[fields[member.field].kind],
                k,
                _key_label(rule, member),
                0
                if rule.least_fields is None
                else round(rule.made_up * k * _mean_tokens(member, fields[member.field].kind)),
            )
            for member, k in zip(rule.fields, positions_a_token(rule, fields), strict=True)
        ]

    def __repr__(self) -> str:
        return f"FilterEncoder({self._rule.name!r}, {self._rule.bits} bits)"

    def encode(
        self, columns: Columns, n_rows: int, record_ids: npt.NDArray[np.uint8] | None = None
    ) -> npt.NDArray[np.uint64]:
        """Encode a batch.

        Parameters
        ----------
        columns
            Normalised values by field, each of `n_rows`; a field that the source does not have may be absent.
        n_rows
            Rows of the batch.
        record_ids
            uint8, shape (n_rows, 16): what stands for a missing field is drawn per record id; filters that need all
            their fields do without.

        Returns
        -------
        uint64, shape (n_rows, bits / 64); all zero where the filter is missing, which is where fewer fields are present
        than its rule asks for: those that are not optional, or `least_fields` of them.
        """
        out = np.zeros((n_rows, self._rule.bits // 64), dtype=np.uint64)
        present = np.zeros((len(self._members), n_rows), dtype=np.bool_)
        for row, member in enumerate(self._members):
            values = columns.get(member.rule.field)
            if values is not None:
                present[row] = _present(values)
                self._add(member, values, present[row], columns, out)
        made = filters_made(self._rule, present)
        for row, member in enumerate(self._members):
            lacking = np.flatnonzero(made & ~present[row])
            if member.stand_in and len(lacking):
                if record_ids is None:
                    raise ValueError(
                        f"filter {self._rule.name!r}: expected record ids, since fields may be missing"
                    )
                key = self._hashing_key(f"stand-in/{self._rule.name}/{member.rule.field}")
                add_stand_ins(key, record_ids, lacking, member.stand_in, out)
        out[~made] = 0
        return out

    def complete(self, columns: Columns, n_rows: int) -> npt.NDArray[np.bool_]:
        """Which records have every field of the filter, bool (n_rows,)."""
        has_all = np.ones(n_rows, dtype=np.bool_)
        for member in self._members:
            values = columns.get(member.rule.field)
            has_all &= False if values is None else _present(values)
        return has_all

    def _add(
        self,
        member: _Member,
        values: pa.StringArray,
        present: npt.NDArray[np.bool_],
        columns: Columns,
        out: npt.NDArray[np.uint64],
    ) -> None:
        if member.rule.salt is None:
            self._add_under(member, member.key_label, values, present, out)
            return
        for label, rows in Salting(member.rule.salt).groups(columns, present):
            self._add_under(member, f"{member.key_label}/{label}", values, present & rows, out)

    def _add_under(
        self,
        member: _Member,
        key_label: str,
        values: pa.StringArray,
        present: npt.NDArray[np.bool_],
        out: npt.NDArray[np.uint64],
    ) -> None:
        plan = gram_plan(member.tokens)
        if plan is None:
            self._add_listed(member, key_label, values, present, out)
            return
        masks = self._plan_masks(member, key_label, list(plan.tokens))
        offsets, data = _string_buffers(values)
        or_grams(int(Walk(plan.walk)), offsets, data, present, self._codes, masks, out)

    def _plan_masks(self, member: _Member, key_label: str, tokens: list[bytes]) -> npt.NDArray[np.uint64]:
        at = (key_label, member.tokens, member.k)
        if at not in self._masks:
            key = self._hashing_key(key_label)
            self._masks[at] = masks_of(key, tokens, n_bits=self._rule.bits, k=member.k)
        return self._masks[at]

    def _add_listed(
        self,
        member: _Member,
        key_label: str,
        values: pa.StringArray,
        present: npt.NDArray[np.bool_],
        out: npt.NDArray[np.uint64],
    ) -> None:
        rows = np.flatnonzero(present)
        encoded = values.take(pa.array(rows)).dictionary_encode()
        at = (key_label, member.tokens, member.k)
        if at not in self._listed:
            self._listed[at] = ListedMasks(
                member.tokens, self._hashing_key(key_label), n_bits=self._rule.bits, k=member.k
            )
        out[rows] |= self._listed[at].of(encoded.dictionary)[np.asarray(encoded.indices)]


def _key_label(rule: FilterRule, member: FilterField) -> str:
    """Fields of one filter, and filters of one field, have keys of their own unless a shared key is named."""
    return f"shared/{member.key}" if member.key else f"filter/{rule.name}/{member.field}"


def _mean_tokens(member: FilterField, kind: FieldKind) -> float:
    if member.mean_tokens is not None:
        return member.mean_tokens
    return MEAN_OF_TOKENS.get(member.tokens, MEAN_TOKENS[kind]) if member.tokens else MEAN_TOKENS[kind]


def _present(values: pa.StringArray) -> npt.NDArray[np.bool_]:
    return np.asarray(values.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)


def _string_buffers(values: pa.StringArray) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    _, offsets, data = values.buffers()
    start = values.offset
    flat = (
        np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(1, dtype=np.uint8)
    )
    return np.frombuffer(offsets, dtype=np.int32)[start : start + len(values) + 1], flat

"""A sample of people with their codes: what the attacks are made on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.attacks.code_bits import present_rows, signs_of
from encoders.attacks.similarity import bit_correlation, code_dice, normal_scores, people_dice
from encoders.attacks.token_knowledge import token_indicators
from encoders.attacks.token_matrix import TokenMatrix, side_by_side
from encoders.attacks.value_numbers import (
    Numbers,
    code_numbers,
    value_numbers_of,
    value_numbers_of_filter,
    value_numbers_of_key,
)
from encoders.parts import part_of_column
from linkage.exchange.schema import Column, ColumnKind
from linkage.exchange.specification import Specification
from linkage.exchange.specification.encoding import FilterRule

__all__ = [
    "EncodedPeople",
    "FilterTarget",
    "Scores",
    "all_signs",
    "all_tokens",
    "exact_columns",
    "filter_targets",
]

Scores = npt.NDArray[np.float32]
Values = Callable[[], Numbers]


@dataclass(frozen=True, repr=False)
class EncodedPeople:
    """Records of one source with their normalised values.

    Attributes
    ----------
    specification
        What was encoded, and how.
    words
        uint64, shape (n, schema.n_words).
    columns
        Normalised values by field, each of length n; fields that the source does not have are absent.
    """

    specification: Specification
    words: npt.NDArray[np.uint64]
    columns: Mapping[str, pa.StringArray]

    def __len__(self) -> int:
        return len(self.words)

    def take(self, rows: Numbers) -> "EncodedPeople":
        """The people at the given rows."""
        at = pa.array(rows)
        return EncodedPeople(
            self.specification,
            self.words[rows],
            {name: values.take(at) for name, values in self.columns.items()},
        )

    @cached_property
    def exact(self) -> dict[str, tuple[Numbers, Numbers]]:
        """See `exact_columns`; counted once, since several attacks and measures ask for it."""
        return _exact_columns(self)

    def codes(self, column: Column) -> npt.NDArray[np.uint64]:
        """The codes of one column of the schema: uint64, shape (n, column.n_words)."""
        return self.words[:, column.offset : column.stop]


@dataclass(frozen=True, repr=False)
class FilterTarget:
    """One filter of a sample of people.

    Attributes
    ----------
    rule
        The filter's section of the specification.
    people
        The sample.
    """

    rule: FilterRule
    people: EncodedPeople

    @cached_property
    def codes(self) -> npt.NDArray[np.uint64]:
        """Everybody's code: uint64, shape (n, words)."""
        schema = self.people.specification.record_schema
        # A record has a code in one of the columns, and the others are all zero.
        columns = [self.people.codes(schema.column(kind, self.rule.name)) for kind in self.rule.kinds]
        return np.ascontiguousarray(np.bitwise_or.reduce(columns))

    @cached_property
    def tokens(self) -> TokenMatrix:
        """What the attacker knows of each person: sparse, shape (n, tokens)."""
        people = self.people
        return token_indicators(self.rule, people.specification.fields, people.columns, len(people))

    @property
    def diffused(self) -> bool:
        """Whether codes are compared by Hamming distance."""
        return any(step.kind in ("diffuse", "resample", "balance") for step in self.rule.hardening)

    @property
    def signs(self) -> Scores:
        """Bits as -1 and +1: float32, shape (n, bits)."""
        return signs_of(self.codes)

    def code_scores(self, rows: Numbers) -> Scores:
        """Normal scores of the codes' similarities among some rows."""
        codes = self.codes[rows]
        return normal_scores(bit_correlation(codes) if self.diffused else code_dice(codes))

    def people_scores(self, rows: Numbers) -> Scores:
        """Normal scores of the people's similarities among some rows."""
        return normal_scores(people_dice(self.tokens[rows]))


def filter_targets(people: EncodedPeople, *, present_share: float = 0.5) -> list[FilterTarget]:
    """The filters that at least a share of the people have."""
    targets = [FilterTarget(rule, people) for rule in people.specification.filters]
    return [
        target for target in targets if len(people) and present_rows(target.codes).mean() >= present_share
    ]


def exact_columns(people: EncodedPeople) -> dict[str, tuple[Numbers, Numbers]]:
    """Codes and values, as numbers, of each filter, token, blocking key and cohort that occurs, by column's label."""
    return people.exact


def _exact_columns(people: EncodedPeople) -> dict[str, tuple[Numbers, Numbers]]:
    specification, n = people.specification, len(people)
    values: dict[str, Values] = {
        f"{kind}.{rule.name}": partial(value_numbers_of_filter, rule, people.columns, n)
        for rule in specification.filters
        for kind in rule.kinds
    }
    values |= {
        f"{ColumnKind.TOKEN}.{token.name}": partial(value_numbers_of, people.columns[token.field])
        for token in specification.tokens
        if token.field in people.columns
    }
    values |= {
        f"{ColumnKind.BLOCK}.{key.name}": partial(value_numbers_of_key, key, people.columns, n)
        for key in specification.blocking_keys
    }
    if specification.cohort is not None and specification.cohort.field in people.columns:
        cohort = specification.cohort
        values[f"{ColumnKind.COHORT}.{cohort.field}"] = lambda: value_numbers_of(
            part_of_column(people.columns[cohort.field], cohort.part)
        )
    found = {}
    for column in specification.record_schema.columns:
        codes = code_numbers(people.codes(column))
        if column.label in values and (codes >= 0).any():
            found[column.label] = (codes, values[column.label]())
    return found


def all_tokens(targets: list[FilterTarget]) -> TokenMatrix:
    """The tokens of all filters side by side."""
    return side_by_side([target.tokens for target in targets])


def all_signs(targets: list[FilterTarget]) -> Scores:
    """The bits of all filters side by side."""
    return np.hstack([target.signs for target in targets])

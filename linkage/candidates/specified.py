"""The block spaces that a specification asks for."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from linkage.candidates.lsh import LshTables, tables_needed
from linkage.candidates.spaces import BlockSpace
from linkage.exchange.errors import InputRefused
from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification import Specification

__all__ = ["EVERY_PAIR", "AddedColumns", "added_columns", "spaces_of"]

EVERY_PAIR = "every pair"
_WORD_BITS = 64


def spaces_of(specification: Specification) -> tuple[BlockSpace, ...]:
    """One space for each name, in the order in which the specification first names it: the order of the strata."""
    offsets: dict[str, list[int]] = {}
    for rule in specification.blocking_keys:
        column = specification.record_schema.column(ColumnKind.BLOCK, rule.name)
        offsets.setdefault(rule.space_name, []).append(column.offset)
    return tuple(BlockSpace(name, tuple(places)) for name, places in offsets.items())


class EvidenceWords(Protocol):
    """Words to be compared that the unit works out from those of a record."""

    @property
    def n_words(self) -> int:
        """Words a record."""

    def words(self, words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """The words of records, uint64 (n, n_words)."""


@dataclass(frozen=True)
class AddedColumns:
    """What the unit works out itself and puts behind the words of a record: evidence first, then block columns.

    Attributes
    ----------
    n_words
        Words of a stored record.
    every_pair
        Whether there is one more column, the same for every record: whoever shares no key is met there, and only there.
    tables
        Tables of near filters; none where every pair is compared anyway.
    evidence
        Words to be compared, if there are any.
    """

    n_words: int
    every_pair: bool
    tables: tuple[LshTables, ...]
    evidence: EvidenceWords | None = None

    @property
    def n_compared(self) -> int:
        """Words of a record with what is compared behind them."""
        return self.n_words + (self.evidence.n_words if self.evidence else 0)

    @property
    def spaces(self) -> tuple[BlockSpace, ...]:
        """The spaces of these columns, to come after those of the blocking keys."""
        found, offset = [], self.n_compared
        for tables in self.tables:
            found.append(tables.space(offset))
            offset += tables.n_tables
        return (*found, BlockSpace(EVERY_PAIR, (offset,))) if self.every_pair else tuple(found)

    @property
    def n_added(self) -> int:
        """Words behind those of a stored record."""
        tables = sum(table.n_tables for table in self.tables)
        return self.n_compared - self.n_words + tables + self.every_pair

    def fill(self, wide: npt.NDArray[np.uint64]) -> None:
        """Work out what stands behind the words of records that have room for it, uint64 (n, n_words + n_added)."""
        offset = self.n_words
        if self.evidence:
            wide[:, offset : self.n_compared] = self.evidence.words(wide)
            offset = self.n_compared
        for tables in self.tables:
            wide[:, offset : offset + tables.n_tables] = tables.keys(wide)
            offset += tables.n_tables
        if self.every_pair:
            wide[:, offset] = 1

    def compared(self, words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """The records, uint64 (n, n_words), with words to be compared behind theirs, and no block columns."""
        if not self.evidence or not self.evidence.n_words:
            return words
        return np.hstack([words, self.evidence.words(words)])

    def extend(self, words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """The records, uint64 (n, n_words), with everything behind their words."""
        if not self.n_added:
            return words
        wide = np.zeros((len(words), self.n_words + self.n_added), dtype=np.uint64)
        wide[:, : self.n_words] = words
        self.fill(wide)
        return wide


def added_columns(
    specification: Specification, *, every_pair: bool, evidence: EvidenceWords | None = None
) -> AddedColumns:
    """The columns that a specification asks the unit for, and words of evidence before them.

    Raises
    ------
    InputRefused
        If a rule under ``candidates.near`` would need too many tables.
    """
    schema = specification.record_schema
    tables = []
    for rule in () if every_pair else specification.candidates.near:
        column = schema.column(ColumnKind.FILTER, rule.filter)
        try:
            needed = tables_needed(
                _WORD_BITS * column.n_words, rule.similarity, rule.recall, rule.sampled_bits
            )
        except ValueError as fault:
            raise InputRefused(f"candidates.near, filter {rule.filter!r}: {fault}") from None
        tables.append(LshTables(rule.filter, column.offset, column.n_words, rule.sampled_bits, needed))
    return AddedColumns(schema.n_words, every_pair, tuple(tables), evidence)

"""Which records some others come near, part by part: for fresh records of a night, and around shielded children.

All pairs of a few records (the seeds) with many are compared without holding the many in memory: who shares no key
with a seed is left out before its words are read, and the rest is read in parts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from linkage.candidates import BlockSpace, CandidatePlan, EmittedPairs, SeedJoin, emit_pairs, plan_candidates
from linkage.candidates.key_scan import rows_with_keys
from linkage.candidates.ordering import comparison_order
from linkage.candidates.specified import AddedColumns, added_columns, spaces_of
from linkage.comparison.specified import plan_of, rare_words_of
from linkage.exchange.schema import Column, ColumnKind
from linkage.exchange.specification import Specification, compares_every_pair
from linkage.kernels.running import available_threads
from pipelines.at_unit.linking.evidence import Scores

__all__ = ["Meeting", "Met", "parts_of"]

PART_BYTES = 512 << 20
"""Of the encoded records that seeds are compared with, in memory at a time."""

JOIN_BYTES = 128 << 20
"""Of the encoded records that others look up: with their tables they take some four times as much."""

ROWS_AT_ONCE = 1 << 18

Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, repr=False)
class Met:
    """Pairs of records that were compared together, by their places among these.

    Attributes
    ----------
    pairs
        Those that reach the cutoff.
    weights
        float64: the whole log2 odds, in full precision.
    n_compared
        Pairs that were looked at.
    """

    pairs: EmittedPairs
    weights: npt.NDArray[np.float64]
    n_compared: int


@dataclass(frozen=True, repr=False)
class Meeting:
    """How records meet under a specification and a model.

    Attributes
    ----------
    n_live
        Live records, which decides whether every pair is compared.
    cutoff
        The weight from which pairs are told.
    whole
        Whether that is meant of the whole odds, rather than of what resolution makes of them where twins are the risk.
    """

    specification: Specification
    scores: Scores
    n_sources: int
    n_live: int
    cutoff: float
    threads: int | None = None
    whole: bool = False

    @property
    def every_pair(self) -> bool:
        """Whether all records meet all."""
        return compares_every_pair(self.specification, self.n_live)

    @property
    def added(self) -> AddedColumns:
        """The block columns that the unit works out itself."""
        rare = rare_words_of(self.specification, self.scores.common)
        return added_columns(self.specification, every_pair=self.every_pair, evidence=rare)

    @property
    def key_columns(self) -> list[list[Column]]:
        """The stored block columns of each space."""
        columns = self.specification.record_schema.of_kind(ColumnKind.BLOCK)
        by_offset = {column.offset: column for column in columns}
        return [[by_offset[offset] for offset in space.offsets] for space in spaces_of(self.specification)]

    def near(self, column: Callable[[Column], Words], rows: Rows, seeds: Words) -> npt.NDArray[np.bool_]:
        """Which rows share a key of a near filter with a seed: bool, shape (len(rows),).

        Parameters
        ----------
        column
            Gives a stored column by row.
        seeds
            uint64, shape (n, n_words).
        """
        found = np.zeros(len(rows), dtype=np.bool_)
        for tables in self.added.tables:
            stored = next(
                each for each in self.specification.record_schema.columns if each.offset == tables.offset
            )
            view, wanted = column(stored), tables.keys(seeds)
            for start in range(0, len(rows), ROWS_AT_ONCE):
                part = slice(start, start + ROWS_AT_ONCE)
                keys = replace(tables, offset=0).keys(np.asarray(view[rows[part]]))
                for number in range(tables.n_tables):
                    found[part] |= rows_with_keys([keys[:, number]], wanted[:, number])
        return found

    @property
    def spaces(self) -> tuple[BlockSpace, ...]:
        """The spaces of the blocking keys, and of what the unit adds."""
        return (*spaces_of(self.specification), *self.added.spaces)

    @property
    def table(self) -> npt.NDArray[np.float64]:
        """The weight of every pattern that is held against the cutoff, by pair class."""
        return self.scores.odds if self.whole else self.scores.table

    def join(
        self, seeds: Words, sources: npt.NDArray[np.int16], some: Words, some_sources: npt.NDArray[np.int16]
    ) -> SeedJoin | None:
        """Seeds as others look them up; None where every pair is compared, or the seeds are too many to be held so.

        Parameters
        ----------
        seeds, sources
            uint64 (n, n_words) and int16 (n,): with all words of the unit behind those of a stored record.
        some, some_sources
            A sample of the others, which tells what is best compared first.
        """
        if self.every_pair or seeds.nbytes > JOIN_BYTES:
            return None
        plan = plan_of(self.specification, self.scores.common)
        sample = plan_candidates(
            np.concatenate([seeds, some]),
            np.concatenate([sources, some_sources]),
            self.spaces,
            n_sources=self.n_sources,
            fresh=np.arange(len(seeds) + len(some)) < len(seeds),
        )
        order = comparison_order(sample, plan, self.table, self.cutoff, short_first=True)
        return SeedJoin.of(seeds, sources, self.spaces, plan, self.table, self.cutoff, order)

    def candidates(
        self, words: Words, sources: npt.NDArray[np.int16], is_seed: npt.NDArray[np.bool_]
    ) -> CandidatePlan:
        """The pairs of which one is a seed, among records in memory."""
        return plan_candidates(
            self.added.extend(words),
            sources,
            self.spaces,
            n_sources=self.n_sources,
            fresh=is_seed,
            threads=self.threads or available_threads(),
        )

    def compare(self, words: Words, sources: npt.NDArray[np.int16], is_seed: npt.NDArray[np.bool_]) -> Met:
        """Compare the pairs of which one is a seed, among records in memory."""
        candidates = self.candidates(words, sources, is_seed)
        plan = plan_of(self.specification, self.scores.common)
        chunks = emit_pairs(candidates, plan, self.table, self.cutoff, threads=self.threads)
        pairs = EmittedPairs.concatenate(list(chunks))
        weights = self.scores.log_odds(sources[pairs.left], sources[pairs.right], pairs.patterns)
        return Met(pairs, weights, candidates.n_pairs)


def parts_of(rows: Rows, n_words: int, at_least: int = 1) -> Iterator[Rows]:
    """Rows in parts that fit into memory, of at least so many; one empty part if there are none."""
    n_part = max(at_least, PART_BYTES // (8 * n_words))
    for start in range(0, max(1, len(rows)), n_part):
        yield rows[start : start + n_part]

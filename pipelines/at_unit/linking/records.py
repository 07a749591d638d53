"""The live records of an index in memory, and how they are compared."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from linkage.candidates import (
    BlockSpace,
    CandidatePlan,
    DistinctPairs,
    EmittedPairs,
    LargeBlock,
    SpaceBlocks,
    SpaceCost,
    blocks_of_keys,
    count_patterns,
    distinct_pairs,
    draw_pairs,
    emit_pairs,
    plan_candidates,
)
from linkage.candidates.specified import EVERY_PAIR, AddedColumns, added_columns, spaces_of
from linkage.comparison import (
    CommonValues,
    ComparisonPlan,
    PatternTable,
    View,
    find_common_values,
    random_pair_table,
)
from linkage.comparison.plan import MAX_PATTERNS
from linkage.comparison.specified import countable_comparisons, plan_of, rare_words_of
from linkage.exchange.errors import IndexRefused
from linkage.exchange.specification import Specification, compares_every_pair
from linkage.index import Index, LiveRows
from linkage.kernels.running import available_threads
from pipelines.at_unit.linking.checkpoints import Checkpoints, digest_of
from pipelines.at_unit.linking.comparable import Comparable
from pipelines.at_unit.linking.fit_sample import FIT_PAIRS, sampled_blocks, scaled
from pipelines.at_unit.linking.memory import default_memory_mb, fits_whole, rows_at_once
from pipelines.at_unit.linking.model_choice import model_in_use
from pipelines.at_unit.linking.resources import Resources
from pipelines.at_unit.linking.streamed import StreamedRecords
from pipelines.progress import Progress

__all__ = [
    "ComparableRecords",
    "checkpoints_of",
    "common_values",
    "live_records",
    "near_blocks",
    "open_records",
    "read_records",
    "space_blocks",
]

RANDOM_PAIRS = 1 << 24
RANDOM_SEED = 1
COUNTED_RECORDS = 2_000_000
# Blocking keys: each takes some words a record while it is sorted.
SORTED_AT_ONCE = 2
# Tables of patterns may grow by this factor for rare values: three comparisons of six levels.
RARE_PATTERNS = 1.6


@dataclass(frozen=True, repr=False)
class ComparableRecords:
    """Live records, their candidates, and the comparison plan.

    Attributes
    ----------
    live
        Row ids, source numbers and flags.
    words
        uint64, shape (n, n_words).
    sources
        Names of the sources, by number.
    plan, candidates
        How, and which pairs.
    common
        The values that the plan takes for common.
    """

    live: LiveRows
    words: npt.NDArray[np.uint64]
    sources: tuple[str, ...]
    plan: ComparisonPlan
    candidates: CandidatePlan
    common: tuple[CommonValues, ...] = ()
    fit_pairs: int = FIT_PAIRS

    @property
    def n_words(self) -> int:
        """Words of a record."""
        return int(self.words.shape[1])

    @property
    def n_pairs(self) -> int:
        """Pairs to look at."""
        return self.candidates.n_pairs

    def distinct(self) -> DistinctPairs:
        """About how many different pairs these are; exactly, where every pair is compared."""
        if self.candidates.spaces[-1].name == EVERY_PAIR:
            every = len(self.live) * (len(self.live) - 1) // 2
            return DistinctPairs(every, every, every)
        drawn = draw_pairs(self.candidates.blocks)
        lefts, rights = self.words[drawn.left], self.words[drawn.right]
        return distinct_pairs(self.n_pairs, drawn, lefts, rights, self.candidates.spaces)

    @property
    def costs(self) -> list[SpaceCost]:
        """The cost of each space, in order."""
        return self.candidates.costs

    def largest(self, n: int) -> list[LargeBlock]:
        """The blocks with the most pairs."""
        return self.candidates.largest(n)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Live records of each source."""
        return np.bincount(self.live.sources, minlength=len(self.sources))

    def count_patterns(self, progress: Progress, threads: int | None) -> PatternTable:
        """The patterns of the candidate pairs; of very many from a sample of the blocks, multiplied."""
        every = [int(blocks.n_pairs.sum()) for blocks in self.candidates.blocks]
        blocks = sampled_blocks(self.candidates.blocks, self.fit_pairs)
        counted = [int(own.n_pairs.sum()) for own in blocks]
        candidates = replace(self.candidates, blocks=blocks)
        with progress.stage("compare", total=candidates.n_pairs, unit="pairs") as stage:
            table = count_patterns(
                candidates,
                self.plan,
                threads=threads,
                progress=lambda done, _: stage.reach(done),
                # Only samples are multiplied, each by a factor of its own.
                by_stratum=counted != every,
            )
        return scaled(table, counted, every) if counted != every else table

    def sampled(self, n_pairs: int, space: int | None = None) -> "ComparableRecords":
        """Only about so many of the pairs, in whole blocks; of one space only, if it is given."""
        blocks = sampled_blocks(self.candidates.blocks, n_pairs, space)
        return replace(self, candidates=replace(self.candidates, blocks=blocks))

    def fitted_to(self, n_pairs: int) -> "ComparableRecords":
        """All pairs, of which about so many are counted for a fit."""
        return replace(self, fit_pairs=n_pairs)

    def random_patterns(self, threads: int | None = None) -> PatternTable:
        """The patterns of random pairs, the same on each run over the same records."""
        return random_pair_table(
            self.words,
            self.live.sources,
            self.plan,
            RANDOM_PAIRS,
            RANDOM_SEED,
            n_sources=len(self.sources),
            threads=threads,
        )

    def emit(
        self, score: npt.NDArray[np.float64], cutoff: float, progress: Progress, threads: int | None
    ) -> EmittedPairs:
        """The candidate pairs whose score, by pair class and pattern, reaches the cutoff."""
        with progress.stage("link", total=self.candidates.n_pairs, unit="pairs") as stage:
            chunks = emit_pairs(
                self.candidates,
                self.plan,
                score,
                cutoff,
                threads=threads,
                progress=lambda done, _: stage.reach(done),
            )
            return EmittedPairs.concatenate(list(chunks))

    def pair_classes(self, pairs: EmittedPairs) -> npt.NDArray[np.int64]:
        """The pair class of each pair."""
        sources = self.live.sources
        return self.candidates.class_table[sources[pairs.left], sources[pairs.right]]


@contextmanager
def open_records(
    index: Index,
    specification: Specification,
    resources: Resources | None = None,
    common: tuple[CommonValues, ...] | None = None,
) -> Iterator[Comparable]:
    """Give the live records of an index and what they cost: in memory if they fit, streamed from disk if not.

    What a streamed run did so far is kept in the index until a run is published.

    Parameters
    ----------
    resources
        Of which the memory counts here; the defaults if None.
    common
        Values that are common for a model that is in use; None to find them.

    Raises
    ------
    IndexRefused
        If there are none.
    InputRefused
        If the memory is too small for so many records.
    """
    live = live_records(index)
    memory_mb = (resources or Resources()).memory_mb or default_memory_mb()
    every_pair = compares_every_pair(specification, len(live))
    common = common_values(index, specification, live) if common is None else common
    added = _added(specification, common, every_pair=every_pair)
    n_words = added.n_compared
    if every_pair or fits_whole(len(live), n_words, memory_mb):
        yield _in_memory(index, specification, live, common, added)
        return
    rows_in_memory = rows_at_once(len(live), n_words, memory_mb)
    plan, keyed = plan_of(specification, common), spaces_of(specification)
    spaces = (*keyed, *added.spaces)
    with index.row_file(live.rows) as file:
        yield StreamedRecords(
            live=live,
            sources=index.sources,
            plan=plan,
            common=common,
            spaces=spaces,
            file=file,
            added=added,
            blocks=(*(space_blocks(index, live, space) for space in keyed), *near_blocks(index, live, added)),
            rows_at_once=rows_in_memory,
            checkpoints=checkpoints_of(index, live, plan, spaces, common),
            n_words=n_words,
            random_pairs=RANDOM_PAIRS,
            random_seed=RANDOM_SEED,
        )


def checkpoints_of(
    index: Index,
    live: LiveRows,
    plan: ComparisonPlan,
    spaces: tuple[BlockSpace, ...],
    common: tuple[CommonValues, ...],
) -> Checkpoints:
    """What is kept of an earlier run over the same records, compared in the same way."""
    values = json.dumps([each.to_json() for each in common])
    state = digest_of(
        "2",
        index.fingerprint,
        repr(plan),
        repr(spaces),
        values,
        live.rows.tobytes(),
        live.sources.tobytes(),
    )
    return Checkpoints(index.linking_folder, state)


def read_records(index: Index, specification: Specification) -> ComparableRecords:
    """Read the live records of an index into memory and plan their comparison, as by the model in use.

    Raises
    ------
    IndexRefused
        If there are none.
    """
    live = live_records(index)
    decided = model_in_use(index).decided
    common = () if decided is None else decided.common
    added = _added(specification, common, every_pair=compares_every_pair(specification, len(live)))
    return _in_memory(index, specification, live, common, added)


def live_records(index: Index) -> LiveRows:
    """The live rows of an index that is not empty."""
    live = index.live_rows()
    if not len(live):
        raise IndexRefused("the index holds no records yet; load packages with `childindex load`")
    return live


def common_values(index: Index, specification: Specification, live: LiveRows) -> tuple[CommonValues, ...]:
    """The common values of the live records, where the specification lets them be counted.

    Of very many records evenly spaced ones are counted.
    """
    if specification.decision.rare_values == "ignore":
        return ()
    columns = {column.offset: column for column in index.schema.columns}
    rows = live.rows[:: -(-len(live) // COUNTED_RECORDS)]

    def filters(view: View) -> npt.NDArray[np.uint64]:
        return np.asarray(index.column(columns[view.left_offset])[rows])

    room = min(RARE_PATTERNS, MAX_PATTERNS / plan_of(specification).n_patterns)
    return find_common_values(countable_comparisons(specification), filters, most_patterns=room)


def _added(
    specification: Specification, common: tuple[CommonValues, ...], *, every_pair: bool
) -> AddedColumns:
    return added_columns(specification, every_pair=every_pair, evidence=rare_words_of(specification, common))


def _in_memory(
    index: Index,
    specification: Specification,
    live: LiveRows,
    common: tuple[CommonValues, ...],
    added: AddedColumns,
) -> ComparableRecords:
    words = index.words(live.rows, spare=added.n_added)
    added.fill(words)
    spaces = (*spaces_of(specification), *added.spaces)
    candidates = plan_candidates(
        words,
        live.sources,
        spaces,
        n_sources=len(index.sources),
        threads=min(available_threads(), SORTED_AT_ONCE),
    )
    plan = plan_of(specification, common)
    return ComparableRecords(live, words, index.sources, plan, candidates, common)


def space_blocks(index: Index, live: LiveRows, space: BlockSpace) -> SpaceBlocks:
    """The blocks of one space, from its key columns alone."""
    columns = [column for column in index.schema.columns if column.offset in space.offsets]
    keys = np.stack([np.asarray(index.column(column)[live.rows, 0]) for column in columns], axis=1)
    return blocks_of_keys(keys, live.sources, len(index.sources))


def near_blocks(index: Index, live: LiveRows, added: AddedColumns) -> Iterator[SpaceBlocks]:
    """The blocks of near filters, one space after the other."""
    for tables in added.tables:
        column = next(column for column in index.schema.columns if column.offset == tables.offset)
        keys = replace(tables, offset=0).keys(np.asarray(index.column(column)[live.rows]))
        yield blocks_of_keys(keys, live.sources, len(index.sources))

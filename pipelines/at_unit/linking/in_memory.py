"""Live records in memory, and how their candidate pairs are counted and emitted."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from linkage.candidates import (
    CandidatePlan,
    DistinctPairs,
    EmittedPairs,
    LargeBlock,
    SpaceCost,
    count_patterns,
    distinct_pairs,
    draw_pairs,
    emit_pairs,
)
from linkage.candidates.specified import EVERY_PAIR
from linkage.comparison import CommonValues, ComparisonPlan, PatternTable, random_pair_table
from linkage.index import LiveRows
from pipelines.at_unit.linking.fit_sample import FIT_PAIRS, sampled_blocks, scaled
from pipelines.progress import Progress

__all__ = ["RANDOM_PAIRS", "RANDOM_SEED", "ComparableRecords"]

RANDOM_PAIRS = 1 << 24
RANDOM_SEED = 1


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

"""The live records of an index in memory, and how they are compared."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.candidates import (
    BlockSpace,
    CandidatePlan,
    EmittedPairs,
    count_patterns,
    emit_pairs,
    plan_candidates,
)
from linkage.candidates.specified import spaces_of
from linkage.comparison import ComparisonPlan, PatternTable, random_pair_table
from linkage.comparison.specified import plan_of
from linkage.exchange.errors import IndexRefused
from linkage.exchange.specification import Specification
from linkage.index import Index, LiveRows
from pipelines.progress import Progress

__all__ = ["EVERY_PAIR", "ComparableRecords", "compares_every_pair", "read_records"]

RANDOM_PAIRS = 3_000_000
RANDOM_SEED = 1
EVERY_PAIR = "every pair"


@dataclass(frozen=True, repr=False)
class ComparableRecords:
    """Live records, their candidates, and the comparison plan.

    Attributes
    ----------
    live
        Row ids, source numbers and flags.
    words
        uint64, shape (n, n_words).
    record_ids
        uint8, shape (n, 16).
    sources
        Names of the sources, by number.
    plan, candidates
        How, and which pairs.
    """

    live: LiveRows
    words: npt.NDArray[np.uint64]
    record_ids: npt.NDArray[np.uint8]
    sources: tuple[str, ...]
    plan: ComparisonPlan
    candidates: CandidatePlan

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Live records of each source."""
        return np.bincount(self.live.sources, minlength=len(self.sources))

    def count_patterns(self, progress: Progress, threads: int | None) -> PatternTable:
        """The patterns of all candidate pairs, counted."""
        with progress.stage("compare", total=self.candidates.n_pairs, unit="pairs") as stage:
            return count_patterns(
                self.candidates, self.plan, threads=threads, progress=lambda done, _: stage.reach(done)
            )

    def random_patterns(self) -> PatternTable:
        """The patterns of random pairs, the same on each run over the same records."""
        return random_pair_table(
            self.words, self.live.sources, self.plan, RANDOM_PAIRS, RANDOM_SEED, n_sources=len(self.sources)
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


def compares_every_pair(specification: Specification, n_records: int) -> bool:
    """Whether records are so few that every pair of them is compared."""
    return n_records * (n_records - 1) // 2 <= specification.candidates.every_pair_up_to


def read_records(index: Index, specification: Specification) -> ComparableRecords:
    """Read the live records of an index and plan their comparison.

    Raises
    ------
    IndexRefused
        If there are none.
    """
    live = index.live_rows()
    if not len(live):
        raise IndexRefused("the index holds no records yet; load packages with `childindex load`")
    words = index.words(live.rows)
    spaces = spaces_of(specification)
    if compares_every_pair(specification, len(live)):
        # One more block column, the same for every record: whoever shares no key is met there, and only there.
        spaces = (*spaces, BlockSpace(EVERY_PAIR, (words.shape[1],)))
        words = np.hstack([words, np.ones((len(words), 1), dtype=np.uint64)])
    candidates = plan_candidates(words, live.sources, spaces, n_sources=len(index.sources))
    record_ids = index.record_ids(live.rows)
    return ComparableRecords(live, words, record_ids, index.sources, plan_of(specification), candidates)

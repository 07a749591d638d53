"""What linking needs of the records, wherever they are: in memory, streamed from disk, or in a cluster."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from linkage.candidates import DistinctPairs, EmittedPairs, LargeBlock, SpaceCost
from linkage.comparison import CommonValues, ComparisonPlan, PatternTable
from linkage.index import LiveRows
from pipelines.progress import Progress

__all__ = ["Comparable"]


class Comparable(Protocol):
    """Live records, their candidates, and the passes over them; rows are positions among the live ones."""

    @property
    def live(self) -> LiveRows:
        """Row ids, source numbers and flags."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources, by number."""

    @property
    def plan(self) -> ComparisonPlan:
        """How pairs are compared."""

    @property
    def common(self) -> tuple[CommonValues, ...]:
        """The values that the plan takes for common."""

    @property
    def n_words(self) -> int:
        """Words of a record."""

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Live records of each source."""

    @property
    def n_pairs(self) -> int:
        """Pairs to look at; one that shares several keys is looked at under each."""

    @property
    def fit_pairs(self) -> int:
        """Pairs up to which `count_patterns` counts every one."""

    def distinct(self) -> DistinctPairs:
        """About how many different pairs these are."""

    @property
    def costs(self) -> list[SpaceCost]:
        """The cost of each space, in order."""

    def largest(self, n: int) -> list[LargeBlock]:
        """The blocks with the most pairs."""

    def count_patterns(self, progress: Progress, threads: int | None) -> PatternTable:
        """The patterns of the candidate pairs, counted; from a sample of the blocks where there are very many.

        Strata are kept apart or not: they mean nothing to the model.
        """

    def sampled(self, n_pairs: int, space: int | None = None) -> "Comparable":
        """Only about so many of the pairs, in whole blocks; of one space only, if it is given."""

    def fitted_to(self, n_pairs: int) -> "Comparable":
        """All pairs, of which about so many are counted for a fit."""

    def random_patterns(self, threads: int | None = None) -> PatternTable:
        """The patterns of random pairs, the same on each run over the same records."""

    def emit(
        self, score: npt.NDArray[np.float64], cutoff: float, progress: Progress, threads: int | None
    ) -> EmittedPairs:
        """The candidate pairs whose score, by pair class and pattern, reaches the cutoff."""

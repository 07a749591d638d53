"""More live records than fit into memory: their words stay on disk, and are fetched block by block."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from linkage.candidates import (
    BlockSpace,
    CandidatePlan,
    DistinctPairs,
    EmittedPairs,
    LargeBlock,
    Segment,
    SpaceBlocks,
    SpaceCost,
    count_patterns,
    cut_segments,
    distinct_pairs,
    draw_pairs,
    emit_pairs,
    segment_candidates,
)
from linkage.candidates.specified import AddedColumns
from linkage.comparison import (
    CommonValues,
    ComparisonPlan,
    PatternTable,
    count_random_groups,
    draw_random_groups,
    n_pair_classes,
)
from linkage.index import LiveRows, RowFile
from linkage.kernels.running import available_threads
from pipelines.at_unit.linking.checkpoints import Checkpoints, digest_of
from pipelines.at_unit.linking.fit_sample import FIT_PAIRS, sampled_blocks, scaled
from pipelines.progress import Progress, Stage

__all__ = ["StreamedRecords"]

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False, kw_only=True)
class StreamedRecords:
    """Live records on disk, their blocks, and the comparison plan; see `Comparable`.

    Attributes
    ----------
    file
        The words of the live rows, by position.
    added
        Words of evidence and block columns that are worked out as words are read.
    blocks
        Of each space, in order.
    rows_at_once
        Records whose words may be in memory at a time.
    checkpoints
        Where to keep what is done; None to keep nothing.
    """

    live: LiveRows
    sources: tuple[str, ...]
    plan: ComparisonPlan
    common: tuple[CommonValues, ...]
    spaces: tuple[BlockSpace, ...]
    file: RowFile
    added: AddedColumns
    blocks: tuple[SpaceBlocks, ...]
    rows_at_once: int
    checkpoints: Checkpoints | None
    n_words: int
    random_pairs: int
    random_seed: int
    fit_pairs: int = field(default=FIT_PAIRS)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Live records of each source."""
        return np.bincount(self.live.sources, minlength=len(self.sources))

    @cached_property
    def _space_pairs(self) -> list[int]:
        return [int(blocks.n_pairs.sum()) for blocks in self.blocks]

    @property
    def n_pairs(self) -> int:
        """Pairs to look at."""
        return sum(self._space_pairs)

    def distinct(self) -> DistinctPairs:
        """About how many different pairs these are."""
        drawn = draw_pairs(self.blocks)
        rows = np.unique(np.concatenate([drawn.left, drawn.right]))
        words = self.added.extend(self.file.gather(rows, threads=available_threads()))
        lefts, rights = (words[np.searchsorted(rows, side)] for side in (drawn.left, drawn.right))
        return distinct_pairs(self.n_pairs, drawn, lefts, rights, self.spaces)

    @cached_property
    def _outline(self) -> CandidatePlan:
        """The blocks without the records: enough to tell what they cost."""
        none = np.empty((0, self.n_words), dtype=np.uint64)
        classes = np.zeros((len(self.sources), len(self.sources)), dtype=np.int64)
        return CandidatePlan(none, np.empty(0, dtype=np.int16), self.spaces, self.blocks, classes)

    @property
    def costs(self) -> list[SpaceCost]:
        """The cost of each space, in order."""
        return self._outline.costs

    def largest(self, n: int) -> list[LargeBlock]:
        """The blocks with the most pairs."""
        return self._outline.largest(n)

    def count_patterns(self, progress: Progress, threads: int | None) -> PatternTable:
        """The patterns of the candidate pairs; of very many from a sample of the blocks, multiplied."""
        sampled = sampled_blocks(self.blocks, self.fit_pairs)
        counted = [int(blocks.n_pairs.sum()) for blocks in sampled]
        shape = (len(self.spaces), n_pair_classes(len(self.sources)), self.plan.n_patterns)
        counts = np.zeros(shape, dtype=np.int64)
        with progress.stage("compare", total=sum(counted), unit="pairs") as stage:
            done = 0
            for space, blocks in enumerate(sampled):
                step = f"counts-{space}-{self.fit_pairs}"
                kept = self.checkpoints.load(step) if self.checkpoints else None
                if kept is not None:
                    counts[space].reshape(-1)[kept["cells"]] = kept["counts"]
                else:
                    self._count_space(blocks, space, counts, (stage, done), threads)
                    cells = np.flatnonzero(counts[space])
                    if self.checkpoints:
                        self.checkpoints.save(
                            step, {"cells": cells, "counts": counts[space].reshape(-1)[cells]}
                        )
                done += counted[space]
        return scaled(PatternTable(self.plan.n_levels, counts), counted, self._space_pairs)

    def sampled(self, n_pairs: int, space: int | None = None) -> "StreamedRecords":
        """Only about so many of the pairs, of one space if it is given, in whole blocks; nothing of it is kept."""
        return replace(self, blocks=sampled_blocks(self.blocks, n_pairs, space), checkpoints=None)

    def fitted_to(self, n_pairs: int) -> "StreamedRecords":
        """All pairs, of which about so many are counted for a fit."""
        return replace(self, fit_pairs=n_pairs, checkpoints=None)

    def _count_space(
        self,
        blocks: SpaceBlocks,
        space: int,
        counts: npt.NDArray[np.int64],
        told: tuple[Stage, int],
        threads: int | None,
    ) -> None:
        stage, before = told
        for segment in cut_segments(blocks, space, self.rows_at_once):
            start = before
            candidates = self._candidates(blocks, segment, _rows_of(blocks, segment), threads)

            def reach(done: int, _planned: int, start: int = start) -> None:
                stage.reach(start + done)

            counts[space] += count_patterns(candidates, self.plan, threads=threads, progress=reach).counts[
                space
            ]
            before += segment.n_pairs

    def _candidates(
        self, blocks: SpaceBlocks, segment: Segment, rows: Rows, threads: int | None
    ) -> CandidatePlan:
        words = self.added.extend(self.file.gather(rows, threads=threads or available_threads()))
        sources = self.live.sources[rows]
        return segment_candidates(words, rows, sources, self.spaces, blocks, segment, len(self.sources))

    def random_patterns(self, threads: int | None = None) -> PatternTable:
        """The patterns of random pairs, the same on each run over the same records."""
        n_sources = len(self.sources)
        groups = draw_random_groups(self.live.sources, n_sources, self.random_pairs, self.random_seed)
        rows = np.unique(groups.rows)
        words = self.added.compared(self.file.gather(rows, threads=threads or available_threads()))
        places = replace(groups, rows=np.searchsorted(rows, groups.rows))
        sources = self.live.sources[rows]
        return count_random_groups(words, sources, places, self.plan, n_sources, threads=threads)

    def emit(
        self, score: npt.NDArray[np.float64], cutoff: float, progress: Progress, threads: int | None
    ) -> EmittedPairs:
        """The candidate pairs whose score reaches the cutoff; what an earlier attempt found is not sought again."""
        model = digest_of(np.ascontiguousarray(score).tobytes(), repr(cutoff))
        found: list[EmittedPairs] = []
        done = 0
        with progress.stage("link", total=self.n_pairs, unit="pairs") as stage:
            for space, blocks in enumerate(self.blocks):
                for segment in cut_segments(blocks, space, self.rows_at_once):
                    step = f"pairs-{model}-{space}-{segment.first}-{segment.stop}"
                    pairs = self.checkpoints.load_pairs(step) if self.checkpoints else None
                    if pairs is None:
                        pairs = self._emit_segment(blocks, segment, score, cutoff, (stage, done), threads)
                        if self.checkpoints:
                            self.checkpoints.save_pairs(step, pairs)
                    found.append(pairs)
                    done += segment.n_pairs
                    stage.reach(done)
        return EmittedPairs.concatenate(found)

    def _emit_segment(
        self,
        blocks: SpaceBlocks,
        segment: Segment,
        score: npt.NDArray[np.float64],
        cutoff: float,
        told: tuple[Stage, int],
        threads: int | None,
    ) -> EmittedPairs:
        stage, before = told
        rows = _rows_of(blocks, segment)
        candidates = self._candidates(blocks, segment, rows, threads)
        chunks = emit_pairs(
            candidates,
            self.plan,
            score,
            cutoff,
            threads=threads,
            progress=lambda done, _: stage.reach(before + done),
        )
        local = EmittedPairs.concatenate(list(chunks))
        return EmittedPairs(rows[local.left], rows[local.right], local.patterns, local.strata)


def _rows_of(blocks: SpaceBlocks, segment: Segment) -> Rows:
    """The rows of a segment, ascending, each once."""
    rows = blocks.rows[blocks.starts[segment.first] : blocks.starts[segment.stop]]
    marks = np.zeros(int(rows.max(initial=-1)) + 1, dtype=np.bool_)
    marks[rows] = True
    return np.flatnonzero(marks)

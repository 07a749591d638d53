"""The candidate pairs above a match weight, in chunks."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.candidates.kernel_input import block_arrays, check_width, chunk_part
from linkage.candidates.ordering import comparison_order, emission_tables
from linkage.candidates.plan import CandidatePlan
from linkage.candidates.work import Chunk, Progress, cut_chunks
from linkage.comparison import ComparisonPlan, n_pair_classes
from linkage.comparison.tiling import packed_plan
from linkage.kernels.block_emission import EmissionPass, Emitted, emit_blocks
from linkage.kernels.running import available_threads, stream_in_order

__all__ = ["EmittedPairs", "emit_pairs"]

_LEAST_BUFFER = 128


@dataclass(frozen=True, repr=False)
class EmittedPairs:
    """Pairs above the cutoff, each once.

    Attributes
    ----------
    left, right
        int64 (n,): rows, left < right.
    patterns
        int64 (n,): pattern codes.
    strata
        int16 (n,): the space under which the pair was compared.
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    patterns: npt.NDArray[np.int64]
    strata: npt.NDArray[np.int16]

    def __len__(self) -> int:
        return self.left.size

    @classmethod
    def concatenate(cls, parts: list["EmittedPairs"]) -> "EmittedPairs":
        """Put chunks behind each other; none gives no pairs."""
        return cls(
            np.concatenate([np.empty(0, np.int64), *(part.left for part in parts)]),
            np.concatenate([np.empty(0, np.int64), *(part.right for part in parts)]),
            np.concatenate([np.empty(0, np.int64), *(part.patterns for part in parts)]),
            np.concatenate([np.empty(0, np.int16), *(part.strata for part in parts)]),
        )


def emit_pairs(
    candidates: CandidatePlan,
    plan: ComparisonPlan,
    score: npt.NDArray[np.float64],
    cutoff: float,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    buffer_pairs: int = 1 << 20,
) -> Generator[EmittedPairs, None, None]:
    """Give the candidate pairs whose score reaches the cutoff, in chunks and always in the same order.

    Parameters
    ----------
    candidates, plan
        What to compare, and how.
    score
        float64 (n_pair_classes, n_patterns), or (n_patterns,) for all classes: match weight of each pattern.
        NaN never reaches the cutoff.
    cutoff
        Pairs with ``score >= cutoff`` are emitted.
    threads
        By default all processors. The result does not depend on it.
    progress
        Called with the pairs done and the pairs planned.
    buffer_pairs
        Most pairs in a chunk. Memory is bounded by it and the number of threads, also when every pair is
        emitted.

    Yields
    ------
    EmittedPairs, none empty.
    """
    if buffer_pairs < _LEAST_BUFFER:
        raise ValueError(f"buffer_pairs: expected {_LEAST_BUFFER} or more, got {buffer_pairs}")
    score = _checked_score(candidates, plan, score)
    emission = _Emission(candidates, plan, score, float(cutoff), buffer_pairs)
    return emission.stream(threads or available_threads(), progress)


class _Emission:
    """One pass: what every chunk needs, prepared once."""

    def __init__(
        self,
        candidates: CandidatePlan,
        plan: ComparisonPlan,
        score: npt.NDArray[np.float64],
        cutoff: float,
        buffer_pairs: int,
    ) -> None:
        self._candidates = candidates
        order = comparison_order(candidates, plan, score, cutoff)
        ordered = ComparisonPlan(tuple(plan.comparisons[place] for place in order), plan.stop_error)
        self._plan = packed_plan(ordered)
        self._spaces = [block_arrays(candidates, space, ordered) for space in range(len(candidates.spaces))]
        self._tables = emission_tables(plan, order, score, cutoff, self._spaces[0][1].groups)
        self._buffer_pairs = buffer_pairs

    def stream(self, threads: int, progress: Progress | None) -> Generator[EmittedPairs, None, None]:
        """Run the chunks and give what they emit."""
        done = 0
        for chunk, pairs, finished in stream_in_order(cut_chunks(self._candidates), self._run, threads):
            if finished:
                done += chunk.n_pairs
                if progress is not None:
                    progress(done, self._candidates.n_pairs)
            if len(pairs):
                yield pairs

    def _run(
        self, chunk: Chunk, cursor: npt.NDArray[np.int64] | None
    ) -> tuple[EmittedPairs, npt.NDArray[np.int64] | None]:
        """Emit from the cursor on until the buffer is full; the second result is where to go on."""
        if cursor is None:
            cursor = np.array([chunk.first, -1, -1, -1], dtype=np.int64)
        n = self._buffer_pairs
        emitted = Emitted(np.empty((n, 2), np.int64), np.empty(n, np.int64), np.zeros(1, np.int64))
        blocks, layout = self._spaces[chunk.space]
        emission = EmissionPass(self._plan, layout, self._tables)
        emit_blocks(blocks, chunk_part(chunk), emission, cursor, emitted)
        found = int(emitted.written[0])
        pairs = EmittedPairs(
            emitted.rows[:found, 0].copy(),
            emitted.rows[:found, 1].copy(),
            emitted.patterns[:found].copy(),
            np.full(found, chunk.space, dtype=np.int16),
        )
        return pairs, None if cursor[0] == chunk.stop else cursor


def _checked_score(
    candidates: CandidatePlan, plan: ComparisonPlan, score: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    check_width(candidates, plan)
    shape = (n_pair_classes(candidates.n_sources), plan.n_patterns)
    if score.shape not in (shape, shape[1:]):
        raise ValueError(f"score: expected shape {shape} or {shape[1:]}, got {score.shape}")
    return np.ascontiguousarray(np.broadcast_to(score, shape), dtype=np.float64)

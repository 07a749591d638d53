"""The candidate pairs above a match weight, in chunks."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.candidates.counting import block_arrays, chunk_part
from linkage.candidates.plan import CandidatePlan
from linkage.candidates.work import Chunk, Progress, cut_chunks, default_threads
from linkage.comparison import ComparisonPlan, n_pair_classes
from linkage.kernels.block_patterns import emit_blocks

__all__ = ["EmittedPairs", "emit_pairs"]


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
    threads = threads or default_threads()
    passes = _Emission(candidates, plan, _full_score(candidates, plan, score), cutoff, buffer_pairs)
    done, planned = 0, candidates.n_pairs
    waiting: deque[tuple[Chunk, Future[tuple[EmittedPairs, npt.NDArray[np.int64] | None]]]] = deque()
    chunks = iter(cut_chunks(candidates))
    pool = ThreadPoolExecutor(threads, thread_name_prefix="childindex")
    try:
        while True:
            while len(waiting) < 2 * threads and (chunk := next(chunks, None)) is not None:
                waiting.append((chunk, pool.submit(passes.run, chunk, None)))
            if not waiting:
                return
            chunk, future = waiting.popleft()
            pairs, cursor = future.result()
            if cursor is not None:
                waiting.appendleft((chunk, pool.submit(passes.run, chunk, cursor)))
            else:
                done += chunk.n_pairs
                if progress is not None:
                    progress(done, planned)
            if len(pairs):
                yield pairs
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


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
        if candidates.words.shape[1] < plan.n_words:
            raise ValueError(
                f"words: expected rows of at least {plan.n_words} words, got {candidates.words.shape[1]}"
            )
        if buffer_pairs < 64:
            raise ValueError(f"buffer_pairs: expected 64 or more, got {buffer_pairs}")
        self._plan = plan.arrays
        self._score = score
        self._cutoff = float(cutoff)
        self._buffer_pairs = buffer_pairs
        self._blocks = [block_arrays(candidates, space) for space in range(len(candidates.spaces))]

    def run(
        self, chunk: Chunk, cursor: npt.NDArray[np.int64] | None
    ) -> tuple[EmittedPairs, npt.NDArray[np.int64] | None]:
        """Emit from the cursor on until the buffer is full; the second result is where to go on."""
        if cursor is None:
            cursor = np.array([chunk.first, 0, 0], dtype=np.int64)
        rows = np.empty((self._buffer_pairs, 2), dtype=np.int64)
        patterns = np.empty(self._buffer_pairs, dtype=np.int64)
        part = chunk_part(chunk)
        blocks = self._blocks[chunk.space]
        n = emit_blocks(blocks, part, self._plan, self._score, self._cutoff, cursor, rows, patterns)
        strata = np.full(n, chunk.space, dtype=np.int16)
        pairs = EmittedPairs(rows[:n, 0].copy(), rows[:n, 1].copy(), patterns[:n].copy(), strata)
        return pairs, None if cursor[0] == chunk.stop else cursor


def _full_score(
    candidates: CandidatePlan, plan: ComparisonPlan, score: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    shape = (n_pair_classes(candidates.n_sources), plan.n_patterns)
    if score.shape not in (shape, shape[1:]):
        raise ValueError(f"score: expected shape {shape} or {shape[1:]}, got {score.shape}")
    return np.ascontiguousarray(np.broadcast_to(score, shape), dtype=np.float64)

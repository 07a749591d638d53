"""Small resolution problems, at random and as arrays: what the tests of resolution share."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from oracle_resolution import Problem, ordered

from linkage.resolution import LinkRules, ResolutionOptions


@dataclass(frozen=True)
class Arrays:
    """A problem as `resolve` takes it; `ranks[row]` is the number of the row's record in the problem."""

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    sources: npt.NDArray[np.int16]
    record_ids: npt.NDArray[np.uint8]
    must: npt.NDArray[np.int64]
    cannot: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int64]

    def partition(self, labels: npt.NDArray[np.int64]) -> set[frozenset[int]]:
        """Clusters as sets of records of the problem."""
        return {frozenset(self.ranks[labels == label].tolist()) for label in np.unique(labels)}


def as_arrays(problem: Problem, seed: int | None = None) -> Arrays:
    """Arrays of a problem: in its own order, or with rows, edges and their directions shuffled."""
    n = len(problem.sources)
    rng = np.random.default_rng(seed)
    ranks = np.arange(n) if seed is None else rng.permutation(n)
    rows = np.argsort(ranks)
    pairs = np.array(list(problem.weights), dtype=np.int64).reshape(-1, 2)
    weights = np.array(list(problem.weights.values()), dtype=np.float64)
    must = np.array(problem.must, dtype=np.int64).reshape(-1, 2)
    cannot = np.array(sorted(problem.cannot), dtype=np.int64).reshape(-1, 2)
    if seed is not None:
        order = rng.permutation(len(pairs))
        pairs, weights = rng.permuted(pairs[order], axis=1), weights[order]
        must, cannot = rng.permuted(rng.permutation(must), axis=1), rng.permuted(cannot, axis=1)
    record_ids = np.zeros((n, 16), dtype=np.uint8)
    record_ids[:, 7] = ranks % 2  # the order of ids is neither that of their last bytes ...
    record_ids[:, 0] = ranks // 2  # ... nor that of one word
    return Arrays(
        rows[pairs[:, 0]],
        rows[pairs[:, 1]],
        weights,
        np.array(problem.sources, dtype=np.int16)[ranks],
        record_ids,
        rows[must],
        rows[cannot],
        ranks,
    )


def options_of(problem: Problem, *, exact_limit: int = 8, component_limit: int = 1_000) -> ResolutionOptions:
    """Options that say what the problem says."""
    return ResolutionOptions(
        LinkRules(np.array(problem.thresholds, dtype=np.float64), np.array(problem.several, dtype=np.bool_)),
        absent_penalty=problem.penalty,
        bridge_side=problem.bridge_side,
        largest_cluster=problem.largest,
        component_limit=component_limit,
        exact_limit=exact_limit,
    )


@st.composite
def problems(draw: st.DrawFn, *, most_records: int = 7, known_links: bool = True) -> Problem:
    """Problems with few sources, whole weights with many ties, and every kind of rule."""
    n_sources = draw(st.integers(1, 3))
    n = draw(st.integers(1, most_records))
    sources = draw(st.lists(st.integers(0, n_sources - 1), min_size=n, max_size=n))
    every_pair = list(combinations(range(n), 2))
    weight = st.none() | st.integers(-3, 6).map(float)
    drawn = draw(st.lists(weight, min_size=len(every_pair), max_size=len(every_pair)))
    weights = {pair: value for pair, value in zip(every_pair, drawn, strict=True) if value is not None}
    thresholds = [[0.0] * n_sources for _ in range(n_sources)]
    several = [[draw(st.integers(0, 4)) == 0 for _ in range(n_sources)] for _ in range(n_sources)]
    for source in range(n_sources):
        thresholds[source][source] = draw(st.sampled_from([0.0, 1.0, 3.0, np.inf]))
    known = st.lists(st.sampled_from(every_pair), max_size=2) if every_pair and known_links else st.just([])
    return Problem(
        sources,
        weights,
        thresholds,
        several,
        must=draw(known),
        cannot={ordered(*pair) for pair in draw(known)},
        penalty=float(draw(st.sampled_from([0, 1, 2, 4]))),
        bridge_side=draw(st.integers(1, 3)),
        largest=draw(st.sampled_from([1, 2, 3, 5, 100])),
    )

"""Record tables with block columns: shared keys, missing keys, one key in two columns, keys shared twice."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import oracle_candidates
import oracle_cases
from hypothesis import strategies as st

from linkage.candidates import BlockSpace, CandidatePlan, plan_candidates

FILTER_WORDS = 10


@dataclass(frozen=True)
class Case:
    """Words of ten filter columns and then four block columns in three spaces, the second of two columns."""

    words: npt.NDArray[np.uint64]
    sources: npt.NDArray[np.int16]
    n_sources: int
    fresh: npt.NDArray[np.bool_] | None
    classes: npt.NDArray[np.bool_] | None
    spaces: tuple[tuple[int, ...], ...] = ((10,), (11, 12), (13,))

    @property
    def pairs(self) -> list[tuple[int, int, int, int]]:
        """Candidate pairs (left, right, stratum, pair class) of the oracle."""
        return oracle_candidates.candidate_pairs(
            self.words,
            self.sources.tolist(),
            self.spaces,
            self.n_sources,
            fresh=None if self.fresh is None else self.fresh.tolist(),
            classes=None if self.classes is None else self.classes.tolist(),
        )

    @property
    def plan(self) -> CandidatePlan:
        """The same candidates, planned."""
        spaces = [BlockSpace(f"space_{place}", offsets) for place, offsets in enumerate(self.spaces)]
        return plan_candidates(
            self.words,
            self.sources,
            spaces,
            n_sources=self.n_sources,
            fresh=self.fresh,
            classes=self.classes,
        )


def make_case(
    seed: int,
    n_rows: int,
    n_keys: int,
    n_sources: int = 3,
    *,
    some_fresh: bool = False,
    some_classes: bool = False,
) -> Case:
    """Draw a case; few keys make large blocks."""
    rng = np.random.default_rng(seed)
    words = oracle_cases.record_words(seed, n_rows, FILTER_WORDS)
    keys = rng.integers(0, n_keys + 1, size=(n_rows, 4)).astype(np.uint64)
    # Large keys too: they are unsigned.
    keys[keys == 1] = 2**64 - 1
    n_classes = n_sources * (n_sources + 1) // 2
    return Case(
        np.ascontiguousarray(np.hstack([words, keys])),
        rng.integers(n_sources, size=n_rows).astype(np.int16),
        n_sources,
        rng.random(n_rows) < 0.3 if some_fresh else None,
        rng.random(n_classes) < 0.7 if some_classes else None,
    )


def cases() -> st.SearchStrategy[Case]:
    """Cases from none to a few dozen rows, with blocks from tiny to everything."""
    return st.builds(
        make_case,
        st.integers(0, 2**32),
        st.sampled_from([0, 1, 2, 3, 7, 20, 40]),
        st.sampled_from([1, 3, 12]),
        st.integers(1, 3),
        some_fresh=st.booleans(),
        some_classes=st.booleans(),
    )

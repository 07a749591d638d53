"""Candidate pairs by looking at every pair of records: sets of keys, no blocks, no order."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from linkage.comparison import pair_class


def _keys(row: npt.NDArray[np.uint64], offsets: Sequence[int]) -> set[int]:
    return {int(row[offset]) for offset in offsets} - {0}


def candidate_pairs(
    words: npt.NDArray[np.uint64],
    sources: Sequence[int],
    spaces: Sequence[Sequence[int]],
    n_sources: int,
    *,
    fresh: Sequence[bool] | None = None,
    classes: Sequence[bool] | None = None,
) -> list[tuple[int, int, int, int]]:
    """Pairs (left, right, stratum, pair class), left < right, ascending."""
    pairs = []
    for left in range(len(words)):
        for right in range(left + 1, len(words)):
            if fresh is not None and not (fresh[left] or fresh[right]):
                continue
            index = pair_class(sources[left], sources[right], n_sources)
            if classes is not None and not classes[index]:
                continue
            for stratum, offsets in enumerate(spaces):
                if _keys(words[left], offsets) & _keys(words[right], offsets):
                    pairs.append((left, right, stratum, index))
                    break
    return pairs


def pairs_to_look_at(
    words: npt.NDArray[np.uint64],
    sources: Sequence[int],
    offsets: Sequence[int],
    n_sources: int,
    *,
    fresh: Sequence[bool] | None = None,
    classes: Sequence[bool] | None = None,
) -> int:
    """Pairs of one space, counted once for every key that they share."""
    total = 0
    for left in range(len(words)):
        for right in range(left + 1, len(words)):
            wanted = classes is None or classes[pair_class(sources[left], sources[right], n_sources)]
            if wanted and (fresh is None or fresh[left] or fresh[right]):
                total += len(_keys(words[left], offsets) & _keys(words[right], offsets))
    return total

"""About how many different pairs a plan has: pairs that share several keys are looked at several times.

To know exactly is to look at every pair. A sample of the pairs to look at, each with the same chance, says how many of
them were met before; its share carries over, with the interval of Wilson (JASA 22, 1927) at 95 percent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.candidates.spaces import BlockSpace, SpaceBlocks

__all__ = ["DistinctPairs", "DrawnPairs", "distinct_pairs", "draw_pairs"]

_SAMPLE_PAIRS = 100_000
_Z95 = 1.959964


@dataclass(frozen=True, repr=False)
class DrawnPairs:
    """Pairs to look at, drawn with the same chance each, with repeats: rows, the space, and the block's key."""

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    spaces: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]

    def __len__(self) -> int:
        return self.left.size


@dataclass(frozen=True)
class DistinctPairs:
    """An estimate of the number of different pairs, and its interval; equal where nothing is left to chance."""

    estimate: int
    low: int
    high: int


def draw_pairs(blocks: Sequence[SpaceBlocks], n: int = _SAMPLE_PAIRS, seed: int = 0) -> DrawnPairs:
    """Draw from blocks all of whose pairs are candidates: every record fresh, every pair class wanted."""
    rng = np.random.default_rng(seed)
    totals = np.array([own.n_pairs.sum() for own in blocks], dtype=np.int64)
    if not totals.sum():
        none = np.empty(0, dtype=np.int64)
        return DrawnPairs(none, none, none, none.astype(np.uint64))
    counts = rng.multinomial(n, totals / totals.sum())
    left, right, keys = [], [], []
    for own, count in zip(blocks, counts.tolist(), strict=True):
        ends = np.cumsum(own.n_pairs)
        drawn = (
            np.searchsorted(ends, rng.integers(max(int(ends[-1]), 1), size=count), "right") if count else []
        )
        which = np.asarray(drawn, dtype=np.int64)
        sizes, starts = own.sizes[which], own.starts[which]
        a, b = rng.integers(sizes), rng.integers(sizes - 1)
        left.append(own.rows[starts + a])
        right.append(own.rows[starts + b + (b >= a)])
        keys.append(own.keys[which])
    spaces = np.repeat(np.arange(len(blocks)), counts)
    return DrawnPairs(np.concatenate(left), np.concatenate(right), spaces, np.concatenate(keys))


def distinct_pairs(
    n_pairs: int,
    pairs: DrawnPairs,
    lefts: npt.NDArray[np.uint64],
    rights: npt.NDArray[np.uint64],
    spaces: Sequence[BlockSpace],
) -> DistinctPairs:
    """Carry the share of drawn pairs that were not met before over to all.

    Parameters
    ----------
    n_pairs
        Pairs to look at.
    lefts, rights
        uint64 (len(pairs), n_words): the drawn records.
    """
    met = np.zeros(len(pairs), dtype=np.bool_)
    for number, space in enumerate(spaces):
        for a, b in space.meetings:
            shared = (lefts[:, a] == rights[:, b]) & (lefts[:, a] != 0)
            met |= shared & (pairs.spaces > number)
            met |= shared & (pairs.spaces == number) & (lefts[:, a] < pairs.keys)
    n, n_met = len(pairs), int(met.sum())
    if n_met == 0 and len(spaces) == 1 and len(spaces[0].meetings) == 1:
        return DistinctPairs(n_pairs, n_pairs, n_pairs)
    if n == 0:
        return DistinctPairs(0, 0, 0)
    share = 1 - n_met / n
    centre = (share + _Z95**2 / (2 * n)) / (1 + _Z95**2 / n)
    half = _Z95 / (1 + _Z95**2 / n) * (share * (1 - share) / n + _Z95**2 / (4 * n * n)) ** 0.5
    low, high = (round(n_pairs * edge) for edge in (centre - half, min(centre + half, 1.0)))
    return DistinctPairs(round(n_pairs * share), low, high)

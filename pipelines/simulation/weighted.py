"""Drawing words from many weighted lists at once.

A *pool* is a list of words with weights (the forenames of girls of one origin and birth year, say). All pools lie
end to end in one array of running shares, pool p in [p, p + 1), so one binary search draws from many pools.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Pools", "pools_of"]

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Pools:
    """Weighted lists, end to end; within a pool the words stand in alphabetical order.

    Attributes
    ----------
    codes
        int32 (n,): code of the word at each position.
    cumulative
        float64 (n,): number of the pool plus the share of its weight up to and with this position.
    starts
        int64 (n_pools + 1,): first position of each pool.
    alike_first, alike_end
        int32 (n,): the positions of the same pool whose words begin with the same letters.
    """

    codes: Codes
    cumulative: npt.NDArray[np.float64]
    starts: Ints
    alike_first: Codes
    alike_end: Codes

    def draw(self, rng: np.random.Generator, pools: Ints) -> Ints:
        """Draw one position from each pool named.

        Parameters
        ----------
        rng
            Source of randomness.
        pools
            int64 (n,): numbers of pools.

        Returns
        -------
        int64 (n,)
            Positions; `codes` turns them into words.
        """
        found = np.searchsorted(self.cumulative, pools + rng.random(len(pools)), side="right")
        return np.minimum(found, self.starts[pools + 1] - 1)

    def draw_alike(self, rng: np.random.Generator, positions: Ints) -> Ints:
        """Draw, for each position, one whose word begins like it (possibly itself)."""
        first, end = self.alike_first[positions], self.alike_end[positions]
        pool = np.searchsorted(self.starts, positions, side="right") - 1
        low = np.where(first > self.starts[pool], self.cumulative[np.maximum(first - 1, 0)], pool)
        high = self.cumulative[end - 1]
        found = np.searchsorted(
            self.cumulative, low + rng.random(len(positions)) * (high - low), side="right"
        )
        return np.clip(found, first, end - 1)

    def neighbour(self, positions: Ints) -> Ints:
        """The next position of the same pool, round its end: another word, wherever the pool has two."""
        pool = np.searchsorted(self.starts, positions, side="right") - 1
        following = positions + 1
        return np.where(following == self.starts[pool + 1], self.starts[pool], following)


def pools_of(
    lists: Sequence[tuple[Codes, npt.NDArray[np.float64]]], texts: Sequence[str], n_alike: int = 2
) -> Pools:
    """Lay weighted lists end to end.

    Parameters
    ----------
    lists
        For each pool the codes of its words, each once, and their weights; positive, in any scale.
    texts
        Every word, by code.
    n_alike
        How many letters words share to be alike.

    Raises
    ------
    ValueError
        A pool is empty.
    """
    order_of = np.empty(len(texts), np.int64)
    order_of[np.argsort(np.array(texts, dtype=object), kind="stable")] = np.arange(len(texts))
    prefix_of = np.unique(
        np.array([text[:n_alike].casefold() for text in texts], dtype=object), return_inverse=True
    )[1]
    codes, cumulative, first, end, starts = [], [], [], [], [0]
    for number, (members, weights) in enumerate(lists):
        if len(members) == 0:
            raise ValueError(f"pool {number} is empty: expected at least one word")
        order = np.argsort(order_of[members])
        running = np.cumsum(weights[order])
        prefixes = prefix_of[members[order]]
        changes = np.flatnonzero(np.diff(prefixes, prepend=-1))
        run = np.searchsorted(changes, np.arange(len(members)), side="right") - 1
        ends = np.append(changes[1:], len(members))
        codes.append(members[order].astype(np.int32))
        cumulative.append(number + running / running[-1])
        first.append(starts[-1] + changes[run])
        end.append(starts[-1] + ends[run])
        starts.append(starts[-1] + len(members))
    return Pools(
        codes=np.concatenate(codes),
        cumulative=np.concatenate(cumulative),
        starts=np.array(starts, np.int64),
        alike_first=np.concatenate(first).astype(np.int32),
        alike_end=np.concatenate(end).astype(np.int32),
    )

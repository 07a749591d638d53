"""Drawing words from many weighted lists at once.

A *pool* is a list of words with weights (the forenames of girls of one origin and birth year, say). All pools lie
end to end in one array of running shares, pool p in [p, p + 1), so one binary search draws from many pools.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Alphabet", "Pools", "alphabet_of", "pools_of"]

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
        # The shares are sums of rounded numbers: a draw at the very edge of a pool could fall beyond it.
        return np.clip(found, self.starts[pools], self.starts[pools + 1] - 1)

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


@dataclass(frozen=True)
class Alphabet:
    """Words in order: `rank` int64 (n_words,), and `beginning` int64 (n_words,), equal if words begin alike."""

    rank: Ints
    beginning: Ints


def alphabet_of(texts: Sequence[str], n_alike: int = 2) -> Alphabet:
    """Put words in order.

    Parameters
    ----------
    texts
        Every word, by code.
    n_alike
        How many letters words share to be alike.
    """
    rank = np.empty(len(texts), np.int64)
    rank[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
    numbers: dict[str, int] = {}
    beginning = [numbers.setdefault(text[:n_alike].casefold(), len(numbers)) for text in texts]
    return Alphabet(rank=rank, beginning=np.array(beginning, np.int64))


def pools_of(lists: Sequence[tuple[Codes, npt.NDArray[np.float64]]], alphabet: Alphabet) -> Pools:
    """Lay weighted lists end to end.

    Parameters
    ----------
    lists
        For each pool the codes of its words, each once, and their weights; positive, in any scale.
    alphabet
        The order of the words.

    Raises
    ------
    ValueError
        A pool is empty.
    """
    sizes = np.array([len(members) for members, _ in lists])
    if not sizes.all():
        raise ValueError(f"pool {int(np.argmin(sizes))} is empty: expected at least one word")
    starts = np.append(0, np.cumsum(sizes))
    pool = np.repeat(np.arange(len(lists)), sizes)
    members = np.concatenate([members for members, _ in lists])
    weights = np.concatenate([weights / weights.sum() for _, weights in lists])
    order = np.lexsort((alphabet.rank[members], pool))
    codes = members[order]
    # A run of words that are alike ends where the beginning or the pool changes.
    changed = (np.diff(alphabet.beginning[codes]) != 0) | (np.diff(pool) != 0)
    bounds = np.concatenate([[0], np.flatnonzero(changed) + 1, [len(codes)]])
    run = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    return Pools(
        codes=codes.astype(np.int32),
        # Each pool's weights add up to one, so the running sum is the number of the pool plus the share within it.
        cumulative=np.cumsum(weights[order]),
        starts=starts.astype(np.int64),
        alike_first=bounds[run].astype(np.int32),
        alike_end=bounds[run + 1].astype(np.int32),
    )

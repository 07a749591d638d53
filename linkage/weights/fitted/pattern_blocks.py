"""The patterns that are scored, block by block: those of a block share the first comparison's level.

A model tells far more patterns apart than occur: of 100,000 records one in seventy does. So a block holds all of its
patterns, or those that somebody asks for. Odds do not depend on which others are asked for, to the last bit: a later
night may meet a pattern that was not scored when the threshold was chosen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

__all__ = ["PatternBlock", "pattern_blocks"]

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

# Linear algebra takes a multiple of so many patterns alike, and sums up the few behind them in another order.
LANES = 64


@dataclass(frozen=True, repr=False)
class PatternBlock:
    """Patterns that begin with one level of the first comparison.

    Attributes
    ----------
    first_level
        That level.
    codes
        Their pattern codes: a slice where they are all, else int64 (n,); some may stand there twice.
    n_levels
        Levels of every comparison.
    levels
        int64 (n_comparisons - 1, n): their levels in the comparisons behind the first; None where they are all.
    """

    first_level: int
    codes: slice | Codes
    n_levels: tuple[int, ...]
    levels: Codes | None

    def of(self, table: Floats, comparisons: Sequence[int]) -> Floats:
        """What a table has at the levels of each pattern.

        Parameters
        ----------
        table
            An axis for each of the comparisons, in their order; none of them is the first.

        Returns
        -------
        float64 (n,), or, where these are all patterns, what broadcasts to the levels of all comparisons but the first.
        """
        if self.levels is not None:
            return np.asarray(table[tuple(self.levels[number - 1] for number in comparisons)])
        return table.reshape(
            [self.n_levels[number] if number in comparisons else 1 for number in range(1, len(self.n_levels))]
            or 1
        )

    def spread(self, table: Floats) -> Floats:
        """Of every pattern what broadcasts to it, float64 (n,)."""
        if self.levels is not None:
            return np.broadcast_to(table, self.levels.shape[1:])
        return np.broadcast_to(table, self.n_levels[1:] or (1,)).ravel()


def pattern_blocks(n_levels: tuple[int, ...], patterns: Codes | None) -> Iterator[PatternBlock]:
    """Every block with all of its patterns, or with those asked for and some more.

    Parameters
    ----------
    patterns
        int64 (n,): pattern codes, in any order; None for all.
    """
    size = prod(n_levels[1:])
    for first_level in range(n_levels[0]):
        start = first_level * size
        if patterns is None:
            yield PatternBlock(first_level, slice(start, start + size), n_levels, None)
            continue
        inside = _as_among_all(patterns[patterns // size == first_level] - start, size)
        levels = np.array(np.unravel_index(inside, n_levels[1:] or (1,)), dtype=np.int64)
        yield PatternBlock(first_level, start + inside, n_levels, levels)


def _as_among_all(places: Codes, size: int) -> Codes:
    """Places in a block of so many patterns, with some more, so that sums of each are those in the whole block."""
    whole = size - size % LANES
    chosen = places[places < whole]
    n_lanes = max(1, -(-len(chosen) // LANES)) if whole else 0
    lanes = np.zeros(n_lanes * LANES, dtype=np.int64)
    lanes[: len(chosen)] = chosen
    return np.concatenate([lanes, np.arange(whole, size)])

"""Patterns of agreement levels: their codes, and tables that count them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

__all__ = [
    "PatternTable",
    "decode_patterns",
    "encode_patterns",
    "n_pair_classes",
    "pair_class",
    "pair_class_members",
    "pair_classes",
]


def n_pair_classes(n_sources: int) -> int:
    """Number of unordered pairs of sources, a source with itself included."""
    return n_sources * (n_sources + 1) // 2


def pair_class(source: int, other: int, n_sources: int) -> int:
    """Index of the pair class of two sources, in either order."""
    a, b = min(source, other), max(source, other)
    return a * n_sources - a * (a - 1) // 2 + (b - a)


def pair_class_members(n_sources: int) -> list[tuple[int, int]]:
    """The two sources, smaller first, of each pair class in order."""
    return [(a, b) for a in range(n_sources) for b in range(a, n_sources)]


def pair_classes(n_sources: int) -> npt.NDArray[np.int64]:
    """Pair class of every two sources, int64 (n_sources, n_sources), symmetric."""
    table = np.zeros((n_sources, n_sources), dtype=np.int64)
    for index, (a, b) in enumerate(pair_class_members(n_sources)):
        table[a, b] = table[b, a] = index
    return table


def encode_patterns(levels: npt.NDArray[np.integer], n_levels: Sequence[int]) -> npt.NDArray[np.int64]:
    """Mixed-radix codes, int64 (n,), of levels (n, n_comparisons); the first comparison is most significant.

    Raises
    ------
    ValueError
        If the shapes do not fit or a level is outside its comparison's range.
    """
    levels = np.asarray(levels)
    if levels.ndim != 2 or levels.shape[1] != len(n_levels):
        raise ValueError(f"levels: expected shape (n, {len(n_levels)}), got {levels.shape}")
    if levels.size and ((levels < 0).any() or (levels >= np.asarray(n_levels)).any()):
        raise ValueError("levels: a level lies outside its comparison's range")
    codes = np.zeros(len(levels), dtype=np.int64)
    for column, radix in enumerate(n_levels):
        codes = codes * radix + levels[:, column]
    return codes


def decode_patterns(codes: npt.NDArray[np.integer], n_levels: Sequence[int]) -> npt.NDArray[np.int8]:
    """Levels, int8 (n, n_comparisons), of pattern codes (n,).

    Raises
    ------
    ValueError
        If a code is negative or not less than the number of patterns.
    """
    rest = np.asarray(codes).astype(np.int64)
    if rest.size and (rest.min() < 0 or rest.max() >= prod(n_levels)):
        raise ValueError(f"codes: expected 0 to {prod(n_levels) - 1}")
    levels = np.empty((len(rest), len(n_levels)), dtype=np.int8)
    for column in range(len(n_levels) - 1, -1, -1):
        rest, level = np.divmod(rest, n_levels[column])
        levels[:, column] = level
    return levels


@dataclass(frozen=True, repr=False)
class PatternTable:
    """How many pairs show each pattern.

    Attributes
    ----------
    n_levels
        Levels of each comparison, missing (0) included.
    counts
        int64 (n_strata, n_pair_classes, n_patterns).
    """

    n_levels: tuple[int, ...]
    counts: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.counts.ndim != 3 or self.counts.shape[2] != prod(self.n_levels):
            expected = f"(n_strata, n_pair_classes, {prod(self.n_levels)})"
            raise ValueError(f"counts: expected shape {expected}, got {self.counts.shape}")

    def __add__(self, other: "PatternTable") -> "PatternTable":
        if self.n_levels != other.n_levels or self.counts.shape != other.counts.shape:
            raise ValueError("pattern tables of different shape cannot be added")
        return PatternTable(self.n_levels, self.counts + other.counts)

    def __repr__(self) -> str:
        strata, classes, patterns = self.counts.shape
        shape = f"{strata} strata, {classes} pair classes, {patterns} patterns"
        return f"PatternTable({self.n_pairs} pairs, {shape})"

    @property
    def n_pairs(self) -> int:
        """Pairs counted, over all strata and pair classes."""
        return int(self.counts.sum())

    def occurring(self) -> npt.NDArray[np.int64]:
        """Codes, int64 ascending, of the patterns that occur in any stratum and pair class."""
        return np.flatnonzero(self.counts.any(axis=(0, 1)))

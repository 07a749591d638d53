"""How common a value is, without the value: equal filters are counted, and full agreement is told apart by it.

Two records agree on a rare surname far less often by chance than on a common one. A filter over one field is equal for
equal values, so a record's filter is *common* or not as its value is. Full agreement then has several levels instead of
one: equal and common, equal and rare. They are levels like any other: the kernels count and emit them, the fit finds
what each is worth.

No kernel knows of it. Behind the words of a record stand further words, one a boundary: a digest of the filter where
its value is rarer than that, 0 (missing) where not. They are views of the same comparison, equal where the values are.

Which values are common is found once, when a model is fitted, and goes with the model: a value that becomes common
later stays rare until the next fit, so that scoring a pair again gives what it gave before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.comparison.plan import Comparison, ComparisonPlan, View

__all__ = ["CommonValues", "RareWords", "find_common_values", "split_by_rarity"]

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

# Values that fewer records share are never listed: neither worth it, nor anybody's business.
LEAST_RECORDS = 10
# Most values of a list, and most boundaries: a second one told nothing more on any data set, and patterns multiply.
MOST_VALUES = 1024
MOST_BOUNDARIES = 1
# A boundary is drawn where it tells matches from strangers by this much more, in bits an agreeing pair.
LEAST_BITS = 0.1
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_ROWS_AT_ONCE = 1 << 18


@dataclass(frozen=True, repr=False)
class CommonValues:
    """The common values of one comparison, as digests of their filters.

    Attributes
    ----------
    comparison
        Its name.
    groups
        uint64 ascending, one array a boundary, the most common first. What is in none is rare.
    shares
        Share of the records that hold a value of each group, and behind them of those that hold a rare one.
    """

    comparison: str
    groups: tuple[Words, ...]
    shares: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """As a document."""
        digests = [[f"{digest:016x}" for digest in group.tolist()] for group in self.groups]
        return {"comparison": self.comparison, "groups": digests, "shares": list(self.shares)}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "CommonValues":
        """Read a document back.

        Raises
        ------
        ValueError, KeyError, TypeError
            If it is not one.
        """
        groups = tuple(
            np.sort(np.array([int(digest, 16) for digest in group], dtype=np.uint64))
            for group in document["groups"]
        )
        shares = tuple(float(share) for share in document["shares"])
        if len(shares) != len(groups) + 1 or not groups or not all(0 < share < 1 for share in shares):
            raise ValueError("expected a share of each group and of rare values")
        return cls(str(document["comparison"]), groups, shares)


@dataclass(frozen=True, repr=False)
class RareWords:
    """The words that stand behind those of a record; see the head of this file.

    Attributes
    ----------
    columns
        First word and width of a compared filter, and the digests of values that are not rare enough, one entry a word.
    """

    columns: tuple[tuple[int, int, Words], ...] = ()

    @classmethod
    def of(cls, plan: ComparisonPlan, common: Sequence[CommonValues]) -> "RareWords":
        """The words for common values, where `plan` is the plan that does not know of them."""
        views = {comparison.name: comparison.views[0] for comparison in plan.comparisons}
        columns = []
        for values in common:
            view, so_far = views[values.comparison], np.empty(0, dtype=np.uint64)
            for group in values.groups:
                so_far = np.sort(np.concatenate([so_far, group]))
                columns.append((view.left_offset, view.n_words, so_far))
        return cls(tuple(columns))

    @property
    def n_words(self) -> int:
        """Words a record."""
        return len(self.columns)

    def words(self, words: Words) -> Words:
        """The words of records, uint64 (n, n_words)."""
        made = np.empty((len(words), self.n_words), dtype=np.uint64)
        for start in range(0, len(words), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            digests: dict[int, Words] = {}
            for number, (offset, width, common) in enumerate(self.columns):
                if offset not in digests:
                    digests[offset] = digests_of(words[part, offset : offset + width])
                own = digests[offset]
                place = np.minimum(np.searchsorted(common, own), len(common) - 1)
                made[part, number] = np.where(common[place] == own, np.uint64(0), own)
        return made

    def extend(self, words: Words) -> Words:
        """Records with these words behind their own."""
        return np.hstack([words, self.words(words)]) if self.columns else words


def digests_of(filters: Words) -> Words:
    """A number for each filter, uint64 (n,), equal for equal ones; 0 for an all-zero filter, which is missing."""
    digests = np.zeros(len(filters), dtype=np.uint64)
    present = np.zeros(len(filters), dtype=np.bool_)
    for column in filters.T:
        digests = (digests ^ column) * _MULTIPLIER
        digests ^= digests >> _SHIFT
        present |= column != 0
    return np.where(present, np.maximum(digests, np.uint64(1)), np.uint64(0))


def split_by_rarity(plan: ComparisonPlan, common: Sequence[CommonValues], n_words: int) -> ComparisonPlan:
    """The plan for records of `n_words` words that have `RareWords` behind them."""
    split: dict[str, Comparison] = {}
    for values in common:
        comparison = next(each for each in plan.comparisons if each.name == values.comparison)
        top, below = comparison.n_levels - 1, (1,) * (comparison.n_raw_levels - 2)
        n_rare = len(values.groups)
        rare = tuple(
            View(n_words + word, n_words + word, 1, (0, *below, top + 1 + word)) for word in range(n_rare)
        )
        split[values.comparison] = replace(
            comparison,
            views=(*comparison.views, *rare),
            n_levels=comparison.n_levels + n_rare,
            equal_shares=values.shares,
        )
        n_words += n_rare
    return replace(plan, comparisons=tuple(split.get(each.name, each) for each in plan.comparisons))


def find_common_values(
    comparisons: Sequence[Comparison], filters: Callable[[View], Words], *, most_patterns: float
) -> tuple[CommonValues, ...]:
    """Which values are common, for comparisons where that tells matches from strangers.

    Parameters
    ----------
    comparisons
        Those whose equal filters are equal values of one field.
    filters
        Gives the filters of all records, uint64 (n, n_words), that the first view of a comparison looks at.
    most_patterns
        Patterns may become this many times as many at the most; what tells least is left out.
    """
    found = [
        (bits, values, comparison.n_levels)
        for comparison in comparisons
        for bits, values in [_common_values(comparison.name, digests_of(filters(comparison.views[0])))]
        if values is not None
    ]
    found.sort(key=lambda item: -item[0])
    kept, times = [], 1.0
    for _, values, n_levels in found:
        more = (n_levels + len(values.groups)) / n_levels
        if times * more <= most_patterns:
            kept.append(values)
            times *= more
    order = [comparison.name for comparison in comparisons]
    return tuple(sorted(kept, key=lambda values: order.index(values.comparison)))


def _common_values(name: str, digests: Words) -> tuple[float, CommonValues | None]:
    """The boundaries that tell most, and how much they tell in bits."""
    values, counts = np.unique(digests[digests != 0], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    values, counts = values[order], counts[order].astype(np.float64)
    # Shares of matches, who hold a value as often as records do, and of the strangers who agree on it.
    matches = np.concatenate([[0.0], np.cumsum(counts)]) / max(counts.sum(), 1.0)
    strangers = np.cumsum(counts * (counts - 1.0))
    if not strangers.size or strangers[-1] <= 0:
        return 0.0, None
    strangers = np.concatenate([[0.0], strangers]) / strangers[-1]
    # A boundary lies between two counts, never among values that are held as often.
    ends = np.flatnonzero(np.diff(counts) < 0) + 1
    ends = ends[(counts[ends - 1] >= LEAST_RECORDS) & (ends <= MOST_VALUES)]
    chosen: list[int] = []
    told = 0.0
    while len(chosen) < MOST_BOUNDARIES and ends.size:
        cuts = np.sort([[*chosen, end] for end in ends.tolist()], axis=1)
        bits = _divergences(matches, strangers, cuts)
        best = int(np.argmax(bits))
        if bits[best] < told + LEAST_BITS:
            break
        told = float(bits[best])
        chosen.append(int(ends[best]))
    if not chosen:
        return 0.0, None
    bounds = [0, *sorted(chosen)]
    groups = tuple(np.sort(values[a:b]) for a, b in pairwise(bounds))
    shares = tuple(float(share) for share in np.diff([*matches[bounds], 1.0]))
    return told, CommonValues(name, groups, shares)


def _divergences(matches: Floats, strangers: Floats, cuts: npt.NDArray[np.int64]) -> Floats:
    """Bits by which classes of frequency tell an agreeing match from agreeing strangers (Kullback, Leibler).

    `cuts` (n, n_boundaries), ascending in each row, are several choices of classes.
    """
    of_matches, of_strangers = (
        np.diff(shares[cuts], axis=1, prepend=0.0, append=1.0) for shares in (matches, strangers)
    )
    used = of_matches > 0
    counted = used & ~(used & (of_strangers <= 0)).any(axis=1, keepdims=True)
    ratio = np.divide(of_matches, of_strangers, out=np.ones_like(of_matches), where=counted)
    return np.asarray((of_matches * np.log2(ratio)).sum(axis=1))

"""In which order an emitting pass compares, and which codes it may drop on the way."""

from functools import cache
from itertools import permutations

import numpy as np
import numpy.typing as npt

from linkage.candidates.plan import CandidatePlan
from linkage.comparison import ComparisonPlan, compare_pairs, decode_patterns
from linkage.kernels.emission_tables import EmissionTables

__all__ = ["comparison_order", "emission_tables", "sample_candidates"]

_SAMPLE_PAIRS = 4096
_LISTED_CODES = 64


def sample_candidates(
    candidates: CandidatePlan, n_pairs: int = _SAMPLE_PAIRS
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows of about `n_pairs` pairs, blocks drawn by their pairs; the same for the same plan."""
    rng = np.random.default_rng(0)
    total = max(candidates.n_pairs, 1)
    left, right = [], []
    for blocks in candidates.blocks:
        if not blocks.n_pairs.size:
            continue
        ends = np.cumsum(blocks.n_pairs)
        drawn = np.searchsorted(
            ends, rng.integers(ends[-1], size=-(-n_pairs * int(ends[-1]) // total)), "right"
        )
        a = rng.integers(blocks.sizes[drawn])
        b = rng.integers(blocks.sizes[drawn] - 1)
        left.append(blocks.rows[blocks.starts[drawn] + a])
        right.append(blocks.rows[blocks.starts[drawn] + b + (b >= a)])
    none = np.empty(0, dtype=np.int64)
    return np.concatenate([none, *left]), np.concatenate([none, *right])


def comparison_order(
    candidates: CandidatePlan,
    plan: ComparisonPlan,
    score: npt.NDArray[np.float64],
    cutoff: float,
    *,
    short_first: bool = False,
) -> list[int]:
    """Order the comparisons so that a sample of the candidates is dropped at the least cost.

    The first two are the pair that drops most for the words it reads; then whichever drops most. With `short_first`,
    of those that drop the same the short ones come first, for passes that fetch a record as far as it is read.
    """
    left, right = sample_candidates(candidates)
    levels = decode_patterns(compare_pairs(candidates.words, left, right, plan), plan.n_levels)
    reaches = (score >= cutoff).any(axis=0).reshape(plan.n_levels)
    costs = [sum(view.n_words + 2 for view in comparison.views) for comparison in plan.comparisons]
    everything = range(len(plan.comparisons))

    @cache
    def may_reach(chosen: frozenset[int]) -> npt.NDArray[np.bool_]:
        # One axis less than a table that other sets are made of as well: the whole table is seldom gone through.
        others = [place for place in everything if place not in chosen]
        if not others:
            return np.asarray(reaches)
        return np.asarray(may_reach(chosen | {others[-1]}).any(axis=others[-1], keepdims=True))

    @cache
    def kept(chosen: frozenset[int]) -> int:
        columns = tuple(levels[:, place] if place in chosen else 0 for place in everything)
        return int(np.count_nonzero(may_reach(chosen)[columns]))

    def cost(first: int, second: int) -> float:
        rest = sum(costs) - costs[first] - costs[second]
        n = len(left)
        return (
            n * costs[first]
            + kept(frozenset((first,))) * costs[second]
            + kept(frozenset((first, second))) * rest
        )

    if len(costs) < 2:
        return [0]
    order = list(
        min(
            permutations(everything, 2),
            key=lambda pair: (cost(*pair), sum(costs[place] for place in pair) if short_first else 0, pair),
        )
    )
    while len(order) < len(costs):
        rest = [place for place in everything if place not in order]
        order.append(min(rest, key=lambda place: (kept(frozenset((*order, place))), costs[place], place)))
    return order


def emission_tables(
    plan: ComparisonPlan,
    order: list[int],
    score: npt.NDArray[np.float64],
    cutoff: float,
    groups: npt.NDArray[np.int64],
) -> EmissionTables:
    """Tables of the codes that may still reach the cutoff, for comparisons in the given order.

    `score` is (n_pair_classes, n_patterns) in the order of the plan; `groups` are those of the ordered
    layout.
    """
    n_classes = len(score)
    n_levels = np.array(plan.n_levels, dtype=np.int64)[order]
    axes = (0, *(place + 1 for place in order))
    reaches = (score >= cutoff).reshape(n_classes, *plan.n_levels).transpose(axes)
    reaches = np.concatenate([reaches, reaches.any(axis=0, keepdims=True)])
    tables: list[npt.NDArray[np.bool_]] = []
    for _ in order:
        tables.append(reaches)
        reaches = np.asarray(reaches.any(axis=-1), dtype=np.bool_)
    flat = [table.reshape(n_classes + 1, -1) for table in reversed(tables)]
    sizes = np.array([table.shape[1] for table in flat], dtype=np.int64)
    listed = np.zeros((len(order), n_classes + 1), dtype=np.uint64)
    n_listed = int(np.count_nonzero(sizes <= _LISTED_CODES))
    for place in range(n_listed):
        bits = np.zeros((n_classes + 1, _LISTED_CODES), dtype=np.uint8)
        bits[:, : sizes[place]] = flat[place]
        listed[place] = np.packbits(bits, axis=1, bitorder="little").view("<u8")[:, 0]
    codes = np.arange(plan.n_patterns, dtype=np.int64).reshape(plan.n_levels)
    return EmissionTables(
        n_levels,
        np.cumsum([0, *(table.size for table in flat[:-1])]).astype(np.int64),
        sizes,
        np.concatenate([table.ravel() for table in flat]).astype(np.uint8),
        listed,
        n_listed,
        np.cumprod([1, *np.where(groups == 1, n_levels, 1)]).astype(np.int64),
        np.array([table.all(axis=1) for table in flat]),
        _plain_codes(n_levels, groups),
        np.ascontiguousarray(codes.transpose(order)).ravel(),
    )


def _plain_codes(n_levels: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Codes of both groups, int64 (n_comparisons, 2), where every level so far is 1: present and disagreeing."""
    codes = np.zeros((n_levels.size, 2), dtype=np.int64)
    now = [0, 0]
    for place, (n, group) in enumerate(zip(n_levels.tolist(), groups.tolist(), strict=True)):
        now[group] = now[group] * n + 1
        codes[place] = now
    return codes

"""The patterns of random pairs, from which the probabilities of chance agreement are learned.

Not pair by pair: rows are drawn into groups, and every pair of a group is counted by the kernel that counts blocks.
That is some twenty times as fast as fetching two rows a pair, so many more pairs can be counted, and each row is read
once.

Pairs of one group are not independent: a row with a common name meets all others of its group. With p the probability
of an agreement, q_x that of one with row x, n pairs of a class and r rows drawn of either source, the variance of the
estimate is about ``p / n + 2 Var(q_x) / r``; the second part is nothing where every value is as frequent as any other.
Measured over ten seeds on three simulated feeds of 100,000 records: with 16.8 million pairs in groups of 510 the full
agreement of surnames (8 in 10,000 pairs) has a standard error of 1.5 to 3 % a pair class, that of birth dates 4 to 5 %
(0.07 bits), of postcodes (1 in 20,000) 5 to 13 %. Three million pairs drawn one by one had twice that, and took four
times as long.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from linkage.comparison.patterns import PatternTable, n_pair_classes, pair_classes
from linkage.comparison.plan import ComparisonPlan
from linkage.comparison.shared_tables import fill_table
from linkage.comparison.tiling import packed_plan, tile_layout
from linkage.kernels.block_patterns import count_blocks
from linkage.kernels.blocks import BlockArrays
from linkage.kernels.running import available_threads

__all__ = ["RandomGroups", "count_random_groups", "draw_random_groups", "random_pair_table"]

Rows = npt.NDArray[np.int64]

GROUP_ROWS = 512
"""A panel of queries: larger groups gain no speed, and have fewer different rows."""
GROUPS_A_PART = 8
_EVERYTHING = np.iinfo(np.int64).max


@dataclass(frozen=True, repr=False)
class RandomGroups:
    """Groups of rows whose pairs stand for random pairs.

    Attributes
    ----------
    rows
        int64 (n,): of all groups, one behind the other; in a group each once.
    starts
        int64 (n_groups + 1,).
    """

    rows: Rows
    starts: Rows


def draw_random_groups(
    sources: npt.NDArray[np.integer], n_sources: int, n_pairs: int, seed: int
) -> RandomGroups:
    """Draw groups with as many rows of every source, none twice before all of its source were drawn.

    Where there are no more pairs than that, all rows make one group, and every pair is counted once.

    Parameters
    ----------
    sources
        integer (n,): number of each record's source.
    n_pairs
        About how many pairs the groups hold.
    seed
        Of the draw; nothing secret depends on it.
    """
    numbers = np.asarray(sources)
    if len(numbers) * (len(numbers) - 1) // 2 <= n_pairs:
        order = np.argsort(numbers, kind="stable").astype(np.int64)
        return RandomGroups(order, np.array([0, order.size], dtype=np.int64))
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(numbers == source) for source in range(n_sources)]
    share = max(2, GROUP_ROWS // max(1, sum(own.size > 0 for own in rows)))
    drawn = [min(share, own.size) for own in rows]
    n_group = sum(drawn)
    n_groups = max(1, -(-n_pairs // (n_group * (n_group - 1) // 2)))
    columns = [_drawn(own, n, n_groups, rng) for own, n in zip(rows, drawn, strict=True)]
    starts = np.arange(0, n_groups * n_group + 1, n_group, dtype=np.int64)
    return RandomGroups(np.concatenate(columns, axis=1).ravel(), starts)


def _drawn(rows: Rows, n: int, n_groups: int, rng: np.random.Generator) -> Rows:
    """`n` different rows for each group, int64 (n_groups, n); rounds of all rows as often as it takes."""
    rounds, wanted = [np.empty((0, n), dtype=np.int64)], n_groups
    while n and wanted:
        groups = min(wanted, rows.size // n)
        rounds.append(rows[rng.choice(rows.size, groups * n, replace=False)].reshape(groups, n))
        wanted -= groups
    return np.concatenate(rounds) if n else np.empty((n_groups, 0), dtype=np.int64)


def count_random_groups(
    words: npt.NDArray[np.uint64],
    sources: npt.NDArray[np.integer],
    groups: RandomGroups,
    plan: ComparisonPlan,
    n_sources: int,
    *,
    threads: int | None = None,
) -> PatternTable:
    """Count the patterns of all pairs inside the groups, exact whatever the plan's `stop_error`.

    Parameters
    ----------
    words, sources
        uint64 (n, n_words) and integer (n,): records that the rows of the groups point to.
    threads
        By default all processors.

    Returns
    -------
    PatternTable with one stratum.
    """
    plan = replace(plan, stop_error=0.0)
    layout, rows_plan = tile_layout(plan, ()), packed_plan(plan)
    counts = np.zeros((n_pair_classes(n_sources) + 1, plan.n_patterns), dtype=np.int64)
    n_groups = groups.starts.size - 1
    nothing_met = np.empty((0, 2), dtype=np.int64)
    blocks = BlockArrays(
        np.ascontiguousarray(words),
        np.asarray(sources).astype(np.int16),
        groups.rows,
        groups.starts,
        np.diff(groups.starts),
        np.ones(n_groups, dtype=np.uint64),
        nothing_met,
        nothing_met,
        layout.n_filter_words,
        pair_classes(n_sources),
    )

    def count(first: int, table: npt.NDArray[np.int64]) -> None:
        stop = min(first + GROUPS_A_PART, n_groups)
        count_blocks(blocks, (first, stop, 0, _EVERYTHING, 0, _EVERYTHING), rows_plan, layout, table)

    for _ in fill_table(range(0, n_groups, GROUPS_A_PART), count, counts, threads or available_threads()):
        pass
    return PatternTable(plan.n_levels, counts[np.newaxis, :-1])


def random_pair_table(
    words: npt.NDArray[np.uint64],
    sources: npt.NDArray[np.integer],
    plan: ComparisonPlan,
    n_pairs: int,
    seed: int,
    *,
    n_sources: int | None = None,
    threads: int | None = None,
) -> PatternTable:
    """Count the patterns of random pairs, almost all of which are non-matches.

    Parameters
    ----------
    words, sources
        uint64 (n, n_words) and integer (n,): the records and the number of each one's source.
    n_pairs, seed
        Pairs to draw, about, and the seed of the draw; see `draw_random_groups`.
    n_sources
        Number of sources where not every one occurs.
    threads
        By default all processors.

    Returns
    -------
    PatternTable with one stratum.
    """
    n_sources = n_sources if n_sources is not None else int(np.max(sources, initial=0)) + 1
    groups = draw_random_groups(sources, n_sources, n_pairs, seed)
    return count_random_groups(words, sources, groups, plan, n_sources, threads=threads)

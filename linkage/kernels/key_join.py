"""Joining many records with few: each of the many looks the few up by its keys, and is compared with whom it finds.

The few (the *seeds*) lie in the cache, the many are gone through once, in the order in which they lie in memory. Where
most blocks hold a handful of seeds, this costs a fraction of sorting the many into blocks, for which each of them is
fetched once for every key it has. Pairs, patterns and strata are those of `linkage.kernels.block_emission`.

Work goes in steps over a batch of rows: places in the tables, who is found there, and the pairs, each step asking for
the memory of the next.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import inline_kernel, inner_kernel, kernel, popcount
from linkage.kernels.emission_tables import EmissionTables
from linkage.kernels.key_table import KeyTable, holders_of, place_of
from linkage.kernels.plan_arrays import OVERLAP, PlanArrays
from linkage.kernels.prefetching import prefetch

__all__ = ["PAIRS_AT_ONCE", "JoinKeys", "JoinPass", "Joined", "Seeds", "fill_heads", "join_rows"]

ROWS_AT_ONCE = 64
PAIRS_AT_ONCE = 256
PAIRS_AHEAD = 16
"""How many pairs ahead of the one that is compared the seed is asked for."""

_LINE_WORDS = 8


class Joined(NamedTuple):
    """Buffer of pairs that reach the cutoff: seed, row, pattern and space, int64 (capacity, 4), and how many."""

    pairs: npt.NDArray[np.int64]
    written: npt.NDArray[np.int64]


class Seeds(NamedTuple):
    """The few records.

    Attributes
    ----------
    words
        uint64 (n, n_words).
    packed
        uint64 (n, n_packed): a head, and what is compared of them side by side, in the order of the comparisons.
    pieces
        The same as uint16 (n, 4 * n_packed). The first are the head: the source, and the set bits of what each view
        sees on the left.
    """

    words: npt.NDArray[np.uint64]
    packed: npt.NDArray[np.uint64]
    pieces: npt.NDArray[np.uint16]


class JoinKeys(NamedTuple):
    """Where the keys lie in a row, in the order of the spaces.

    Attributes
    ----------
    offsets, spaces
        int64 (n_columns,): word offset and space of each block column.
    first_rivals
        int64 (n_columns,): first column of the same space that may hold the same key.
    meetings
        int64 (n, 2): word offsets of two block columns of one space whose keys can meet.
    first_meetings
        int64 (n_spaces + 1,): where those of each space start.
    """

    offsets: npt.NDArray[np.int64]
    spaces: npt.NDArray[np.int64]
    first_rivals: npt.NDArray[np.int64]
    meetings: npt.NDArray[np.int64]
    first_meetings: npt.NDArray[np.int64]


class JoinPass(NamedTuple):
    """What does not change from row to row.

    `plan` has the comparisons in the order of `tables`, its left sides in packed seeds, its right sides in whole rows;
    `classes` int64 (n_sources, n_sources) are the pair classes; of most seeds, `n_lines` cache lines are read.
    """

    table: KeyTable
    keys: JoinKeys
    seeds: Seeds
    plan: PlanArrays
    tables: EmissionTables
    classes: npt.NDArray[np.int64]
    n_lines: int


class _Batch(NamedTuple):
    """Room for one batch: places in the tables; who was found by which row and column; pairs; bits of a row."""

    places: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]
    pairs: npt.NDArray[np.int64]
    bits: npt.NDArray[np.int64]


@kernel
def fill_heads(seeds: Seeds, sources: npt.NDArray[np.int16], plan: PlanArrays) -> None:
    """Write the head of every seed, whose filters are packed already."""
    for seed in range(sources.size):
        seeds.pieces[seed, 0] = sources[seed]
        for view in range(plan.left.size):
            n_bits = 0
            for word in range(plan.left[view], plan.left[view] + plan.n_words[view]):
                n_bits += popcount(seeds.packed[seed, word])
            seeds.pieces[seed, 1 + view] = n_bits


@kernel
def join_rows(
    words: npt.NDArray[np.uint64],
    sources: npt.NDArray[np.int16],
    join: JoinPass,
    cursor: npt.NDArray[np.int64],
    joined: Joined,
) -> None:
    """Compare rows, uint64 (n, n_words), with the seeds that share a key, until the buffer is full or all is done.

    `cursor` int64 (4,) is where to go on, all zeros for the start: first row of the batch, how many of the keys found
    in it are done, how many of the seeds under the next; and how many pairs were looked at so far. The row is
    ``len(words)`` when all is done. The buffer must hold at least PAIRS_AT_ONCE pairs.
    """
    n_looked_up = ROWS_AT_ONCE * join.keys.offsets.size
    batch = _Batch(
        np.empty(n_looked_up, dtype=np.int64),
        np.empty((n_looked_up, 4), dtype=np.int64),
        np.empty((PAIRS_AT_ONCE, 3), dtype=np.int64),
        np.empty(join.plan.left.size, dtype=np.int64),
    )
    _join(words, sources, join, batch, cursor, joined)


@inner_kernel
def _join(
    words: npt.NDArray[np.uint64],
    sources: npt.NDArray[np.int16],
    join: JoinPass,
    batch: _Batch,
    cursor: npt.NDArray[np.int64],
    joined: Joined,
) -> None:
    n_rows = words.shape[0]
    for first_row in range(cursor[0], n_rows, ROWS_AT_ONCE):
        n_found = _look_up(words, first_row, min(first_row + ROWS_AT_ONCE, n_rows), join, batch)
        while cursor[1] < n_found:
            if joined.pairs.shape[0] - joined.written[0] < PAIRS_AT_ONCE:
                cursor[0] = first_row
                return
            n_listed = _list_pairs(join, batch, n_found, cursor)
            _compare_listed(words, sources, join, batch, n_listed, joined)
        cursor[1] = 0
    cursor[0] = n_rows


@inline_kernel
def _look_up(
    words: npt.NDArray[np.uint64], first_row: int, stop_row: int, join: JoinPass, batch: _Batch
) -> int:
    """List row, column, first and stop of the seeds that hold the keys of some rows; how many there are."""
    keys, n_columns = join.keys, join.keys.offsets.size
    for row in range(first_row, stop_row):
        for column in range(n_columns):
            key = words[row, keys.offsets[column]]
            place = place_of(join.table, keys.spaces[column], key)
            batch.places[(row - first_row) * n_columns + column] = place
            prefetch(join.table.slots, 2 * place)
    n_found = 0
    for row in range(first_row, stop_row):
        for column in range(n_columns):
            key = words[row, keys.offsets[column]]
            if key == 0 or _is_repeated(words, row, keys, column, key):
                continue
            place = batch.places[(row - first_row) * n_columns + column]
            first, stop = holders_of(join.table, keys.spaces[column], key, place)
            if first < stop:
                prefetch(join.table.members, first)
                batch.found[n_found, 0] = row
                batch.found[n_found, 1] = column
                batch.found[n_found, 2] = first
                batch.found[n_found, 3] = stop
                n_found += 1
    return n_found


@inline_kernel
def _is_repeated(
    words: npt.NDArray[np.uint64], row: int, keys: JoinKeys, column: int, key: np.uint64
) -> bool:
    """Whether the row holds the key in an earlier column of the space: it is in the block once."""
    found = False
    for earlier in range(keys.first_rivals[column], column):
        found = found or words[row, keys.offsets[earlier]] == key
    return found


@inline_kernel
def _list_pairs(join: JoinPass, batch: _Batch, n_found: int, cursor: npt.NDArray[np.int64]) -> int:
    """List seed, row and column of pairs from the cursor on, as many as there is room for; how many these are."""
    n_listed = 0
    while cursor[1] < n_found and n_listed < PAIRS_AT_ONCE:
        number = cursor[1]
        first, stop = batch.found[number, 2] + cursor[2], batch.found[number, 3]
        n_now = min(stop - first, PAIRS_AT_ONCE - n_listed)
        for place in range(n_now):
            batch.pairs[n_listed + place, 0] = join.table.members[first + place]
            batch.pairs[n_listed + place, 1] = batch.found[number, 0]
            batch.pairs[n_listed + place, 2] = batch.found[number, 1]
        n_listed += n_now
        cursor[2] += n_now
        cursor[3] += n_now
        if first + n_now == stop:
            cursor[1], cursor[2] = number + 1, 0
    return n_listed


@inline_kernel
def _ask_for(join: JoinPass, seed: int) -> None:
    packed = join.seeds.packed
    for line in range(join.n_lines):
        prefetch(packed, seed * packed.shape[1] + line * _LINE_WORDS)


@inline_kernel
def _compare_listed(
    words: npt.NDArray[np.uint64],
    sources: npt.NDArray[np.int16],
    join: JoinPass,
    batch: _Batch,
    n_listed: int,
    joined: Joined,
) -> None:
    """Compare the listed pairs, and write those that reach the cutoff and were not met before."""
    for number in range(min(n_listed, PAIRS_AHEAD)):
        _ask_for(join, batch.pairs[number, 0])
    loaded = -1
    for number in range(n_listed):
        if number + PAIRS_AHEAD < n_listed:
            _ask_for(join, batch.pairs[number + PAIRS_AHEAD, 0])
        seed, row = batch.pairs[number, 0], batch.pairs[number, 1]
        if row != loaded:
            _load_bits(words, np.uint64(row), join.plan, batch.bits)
            loaded = row
        code = _code(words, np.uint64(row), sources[row], batch.bits, join, np.uint64(seed))
        if code < 0:
            continue
        column = batch.pairs[number, 2]
        space, key = join.keys.spaces[column], words[row, join.keys.offsets[column]]
        if not _met_before(words, row, join, seed, space, key):
            place = joined.written[0]
            joined.pairs[place, 0] = seed
            joined.pairs[place, 1] = row
            joined.pairs[place, 2] = join.tables.original[code]
            joined.pairs[place, 3] = space
            joined.written[0] = place + 1


# Places are without a sign from here on: of others Numba asks each time whether they count from the end.


@inline_kernel
def _load_bits(
    words: npt.NDArray[np.uint64], row: np.uint64, plan: PlanArrays, bits: npt.NDArray[np.int64]
) -> None:
    for number in range(bits.size):
        view = np.uint64(number)
        n_bits = 0
        for word in range(plan.n_words[view]):
            n_bits += popcount(words[row, np.uint64(plan.right[view] + word)])
        bits[view] = n_bits


@inline_kernel
def _code(
    words: npt.NDArray[np.uint64],
    row: np.uint64,
    source: int,
    bits: npt.NDArray[np.int64],
    join: JoinPass,
    seed: np.uint64,
) -> int:
    """Code of a row and a seed, or -1 once they cannot reach the cutoff."""
    tables = join.tables
    index = join.classes[np.uint64(source), np.uint64(join.seeds.pieces[seed, np.uint64(0)])]
    code = 0
    for number in range(tables.n_levels.size):
        comparison = np.uint64(number)
        level = _level(words, row, bits, join, seed, comparison)
        code = code * tables.n_levels[comparison] + level
        place = tables.starts[comparison] + index * tables.sizes[comparison] + code
        if tables.open_codes[np.uint64(place)] == 0:
            return -1
    return code


@inline_kernel
def _level(
    words: npt.NDArray[np.uint64],
    row: np.uint64,
    bits: npt.NDArray[np.int64],
    join: JoinPass,
    seed: np.uint64,
    comparison: np.uint64,
) -> int:
    """Greatest level over the views of a comparison, with the seed on the left."""
    plan, seeds = join.plan, join.seeds
    best = 0
    for number in range(plan.first_views[comparison], plan.first_views[comparison + np.uint64(1)]):
        view = np.uint64(number)
        n_left, n_right = int(seeds.pieces[seed, view + np.uint64(1)]), bits[view]
        if n_left == 0 or n_right == 0:
            continue
        left, right = plan.left[view], plan.right[view]
        n_both = 0
        for word in range(plan.n_words[view]):
            n_both += popcount(
                seeds.packed[seed, np.uint64(left + word)] & words[row, np.uint64(right + word)]
            )
        total = n_left + n_right
        level = int(plan.bases[view])
        for step in range(plan.n_thresholds[view]):
            threshold = int(plan.thresholds[view, np.uint64(step)])
            if plan.measures[view] == OVERLAP:
                reached = 2000 * n_both >= threshold * total
            else:
                reached = total - 2 * n_both <= threshold
            if not reached:
                # They ascend in similarity.
                break
            level += plan.increments[view, np.uint64(step)]
        best = max(best, level)
    return best


@inline_kernel
def _met_before(
    words: npt.NDArray[np.uint64], row: int, join: JoinPass, seed: int, space: int, key: np.uint64
) -> bool:
    """Whether a row and a seed share an earlier space, or a smaller key of this one."""
    keys = join.keys
    for number in range(keys.first_meetings[space + 1]):
        shared = join.seeds.words[seed, keys.meetings[number, 0]]
        is_new = number >= keys.first_meetings[space] and shared >= key
        if shared != 0 and not is_new and shared == words[row, keys.meetings[number, 1]]:
            return True
    return False

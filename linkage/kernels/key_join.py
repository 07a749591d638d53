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
from linkage.kernels.key_table import holders_of, place_of
from linkage.kernels.plan_arrays import PlanArrays
from linkage.kernels.prefetching import prefetch
from linkage.kernels.seed_comparison import code_of_pair, load_bits, met_before
from linkage.kernels.seed_tables import Joined, JoinKeys, JoinPass, Seeds

__all__ = ["PAIRS_AT_ONCE", "fill_heads", "join_rows"]

ROWS_AT_ONCE = 64
PAIRS_AT_ONCE = 256
PAIRS_AHEAD = 16
"""How many pairs ahead of the one that is compared the seed is asked for."""

_LINE_WORDS = 8


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
            load_bits(words, np.uint64(row), join.plan, batch.bits)
            loaded = row
        code = code_of_pair(words, np.uint64(row), sources[row], batch.bits, join, np.uint64(seed))
        if code < 0:
            continue
        column = batch.pairs[number, 2]
        space, key = join.keys.spaces[column], words[row, join.keys.offsets[column]]
        if not met_before(words, row, join, seed, space, key):
            place = joined.written[0]
            joined.pairs[place, 0] = seed
            joined.pairs[place, 1] = row
            joined.pairs[place, 2] = join.tables.original[code]
            joined.pairs[place, 3] = space
            joined.written[0] = place + 1

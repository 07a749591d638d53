"""Records by their keys: in each space a hash table that tells which records hold a key.

Open addressing with linear probing; a table has at least twice as many places as keys, so a probe ends soon.

Limits: key 0 means missing and is never in a table; the members of all keys are fewer than 2**32.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import inline_kernel, kernel

__all__ = ["KeyTable", "fill_table", "holders_of", "place_of"]

# 2**64 divided by the golden ratio: spreads keys that differ in few bits (Knuth, TAOCP 3, section 6.4).
SPREAD = np.uint64(0x9E3779B97F4A7C15)


class KeyTable(NamedTuple):
    """The keys of some records, by space.

    Attributes
    ----------
    slots
        uint64 (n, 2), the tables of all spaces one behind the other: a key, 0 where the place is free; and its first
        member times 2**32, with the number of its members.
    firsts
        int64 (n_spaces,): first place of each space.
    shifts
        uint64 (n_spaces,): 64 less the binary logarithm of a table's size.
    members
        int64: records, key by key.
    """

    slots: npt.NDArray[np.uint64]
    firsts: npt.NDArray[np.int64]
    shifts: npt.NDArray[np.uint64]
    members: npt.NDArray[np.int64]


@kernel
def fill_table(
    table: KeyTable,
    space: int,
    keys: npt.NDArray[np.uint64],
    first_member: int,
    counts: npt.NDArray[np.int64],
) -> None:
    """Put the keys of a space, none twice, into its empty table; they have so many members, one behind the other."""
    for number in range(keys.size):
        place = place_of(table, space, keys[number])
        while table.slots[place, 0] != 0:
            place = _next_place(table, space, place)
        table.slots[place, 0] = keys[number]
        table.slots[place, 1] = np.uint64(first_member << 32) | np.uint64(counts[number])
        first_member += counts[number]


@inline_kernel
def place_of(table: KeyTable, space: int, key: np.uint64) -> int:
    """The place where a key is looked for first."""
    return int(table.firsts[space] + np.int64((key * SPREAD) >> table.shifts[space]))


@inline_kernel
def _next_place(table: KeyTable, space: int, place: int) -> int:
    last = np.int64((np.uint64(1) << (np.uint64(64) - table.shifts[space])) - np.uint64(1))
    return int(table.firsts[space] + ((place - table.firsts[space] + 1) & last))


@inline_kernel
def holders_of(table: KeyTable, space: int, key: np.uint64, place: int) -> tuple[int, int]:
    """Where in `members` the holders of a key stand, first and stop, 0 and 0 if nobody holds it.

    `place` is that of `place_of`.
    """
    while table.slots[place, 0] != 0:
        if table.slots[place, 0] == key:
            first = int(np.int64(table.slots[place, 1] >> np.uint64(32)))
            return first, first + int(np.int64(table.slots[place, 1] & np.uint64(0xFFFFFFFF)))
        place = _next_place(table, space, place)
    return 0, 0

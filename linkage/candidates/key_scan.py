"""Which rows hold one of many keys: a scan of narrow columns against a hash table of the keys.

A scan instead of an inverted index: a block column has 8 bytes a row, so the columns of a million records are read in
milliseconds, while an inverted index would be one more copy of every key to keep exact through crashes, undo and
erasure.

Limits: rows are int64; the table holds at most half as many keys as it has places, so a probe ends soon; key 0 means
missing and is never found.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel

__all__ = ["rows_with_keys"]

Words = npt.NDArray[np.uint64]
Marks = npt.NDArray[np.bool_]

ROWS_AT_ONCE = 1 << 20
# 2**64 divided by the golden ratio: spreads keys that differ in few bits (Knuth, TAOCP 3, section 6.4).
SPREAD = np.uint64(0x9E3779B97F4A7C15)


def rows_with_keys(columns: Sequence[Words], keys: Words, *, threads: int = 1) -> Marks:
    """Mark the rows that hold one of the keys in one of the columns.

    Parameters
    ----------
    columns
        uint64, shape (n_rows,) each; at least one.
    keys
        uint64: in any order; repeated keys and 0 do no harm.
    threads
        How many threads scan.

    Returns
    -------
    bool, shape (n_rows,).
    """
    marks = np.zeros(len(columns[0]), dtype=np.bool_)
    wanted = np.unique(keys[keys != 0])
    if len(wanted) == 0:
        return marks
    bits = max(4, int(2 * len(wanted) - 1).bit_length())
    table = np.zeros(1 << bits, dtype=np.uint64)
    _fill(table, wanted, SPREAD, np.uint64(64 - bits))

    def scan(start: int) -> None:
        part = slice(start, start + ROWS_AT_ONCE)
        for column in columns:
            own = np.ascontiguousarray(column[part])
            # The index gives columns that may only be read; a kernel is compiled anew for those that may be written.
            own.flags.writeable = False
            _mark(own, table, SPREAD, np.uint64(64 - bits), marks[part])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(scan, range(0, len(marks), ROWS_AT_ONCE)))
    return marks


@kernel
def _fill(table: Words, keys: Words, spread: np.uint64, shift: np.uint64) -> None:
    last = table.size - 1
    for key in keys:
        place = np.int64((key * spread) >> shift)
        while table[place] != 0:
            place = (place + 1) & last
        table[place] = key


@kernel
def _mark(column: Words, table: Words, spread: np.uint64, shift: np.uint64, marks: Marks) -> None:
    last = table.size - 1
    for row in range(column.size):
        key = column[row]
        if key == 0 or marks[row]:
            continue
        place = np.int64((key * spread) >> shift)
        while table[place] != 0:
            if table[place] == key:
                marks[row] = True
                break
            place = (place + 1) & last

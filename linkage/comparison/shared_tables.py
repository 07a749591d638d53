"""Adding to one table from several threads: each has a table of its own, and they are added up at the end."""

import queue
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from linkage.kernels.running import run_in_order

__all__ = ["fill_table"]

T = TypeVar("T")


def fill_table(
    parts: Sequence[T],
    count: Callable[[T, npt.NDArray[np.int64]], None],
    table: npt.NDArray[np.int64],
    threads: int,
) -> Generator[T, None, None]:
    """Have every part added to a table, and give the parts in order as they are done.

    The sum is complete only when the generator is exhausted; it does not depend on who counted what, since these are
    integers. The table itself serves one of the threads: a table has a hundred thousand cells and more, and few parts
    are done sooner than two tables are added.

    Parameters
    ----------
    count
        ``count(part, table)`` adds one part.
    table
        int64, of any shape.
    """
    threads = max(1, min(threads, len(parts)))
    # Not `zeros_like`, which writes every cell now, and on this thread.
    others = [np.zeros(table.shape, dtype=table.dtype) for _ in range(threads - 1)]
    free: queue.SimpleQueue[npt.NDArray[np.int64]] = queue.SimpleQueue()
    for own in (table, *others):
        free.put(own)

    def add(part: T) -> None:
        own = free.get()
        try:
            count(part, own)
        finally:
            free.put(own)

    for part, _ in run_in_order(parts, add, threads):
        yield part
    for own in others:
        table += own

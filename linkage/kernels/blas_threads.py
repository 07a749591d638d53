"""Linear algebra on the thread that calls it.

The products of a model are small: a library that shares each among all processors waits longer for its threads than it
computes, on a busy machine twenty times as long. And how it divides a sum moves the last bit, so that odds would depend
on how many processors a machine has.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

__all__ = ["one_blas_thread"]


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep NumPy and SciPy from sharing a product among threads; for the whole process while it lasts."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield

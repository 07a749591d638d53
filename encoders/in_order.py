"""Calls on several threads, with their results in the order of the calls and a few of them in memory.

The linkage unit has a relative in ``linkage.kernels.running``. They are not one: the zones share the exchange format,
which runs nothing on threads, and they bound different things. There, two chunks a thread are ahead so that none waits,
and one may give its result in parts; here, a call holds a batch of plaintext, and no more are taken than are at work.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["in_order"]

T = TypeVar("T")


def in_order(calls: Iterable[Callable[[], T]], workers: int) -> Iterator[T]:
    """Make the calls on `workers` threads; give the results in the order of the calls, whoever is done first.

    A call is taken from the iterator when a worker is about to be free, so that no more of them hold memory than are
    at work. Those that wait are dropped if one fails or the results are not wanted any more.
    """
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for call in calls:
                waiting.append(pool.submit(call))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

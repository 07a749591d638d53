"""Running compiled chunks on threads: results in the order of the chunks, bounded in number, nothing skipped.

A kernel releases the GIL, so threads of one process are enough. On an error or an interrupt no further
chunk is started, those under way are waited for (a fraction of a second each), and the error goes on to the
caller.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from linkage.exchange.processors import available_threads

__all__ = ["available_threads", "run_in_order", "stream_in_order"]

T = TypeVar("T")
R = TypeVar("R")
C = TypeVar("C")

_AHEAD = 2


def run_in_order(
    chunks: Iterable[T], work: Callable[[T], R], threads: int
) -> Generator[tuple[T, R], None, None]:
    """Run `work` on every chunk and give chunks and results in order; at most ``2 * threads`` results wait."""

    def once(chunk: T, _cursor: None) -> tuple[R, None]:
        return work(chunk), None

    for chunk, result, _ in stream_in_order(chunks, once, threads):
        yield chunk, result


def stream_in_order(
    chunks: Iterable[T], work: Callable[[T, C | None], tuple[R, C | None]], threads: int
) -> Generator[tuple[T, R, bool], None, None]:
    """Run chunks that may give their result in several parts.

    ``work(chunk, cursor)`` starts a chunk where the cursor is None, and returns a part of its result and where
    to go on, None once the chunk is done.

    Yields
    ------
    chunk, part, done
        Parts in the order of the chunks and of the work within them; `done` with the last part of each chunk. At
        most ``2 * threads`` parts wait.
    """
    source = iter(chunks)
    waiting: deque[tuple[T, Future[tuple[R, C | None]]]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="childindex")
    try:
        while True:
            while len(waiting) < _AHEAD * threads:
                try:
                    chunk = next(source)
                except StopIteration:
                    break
                waiting.append((chunk, pool.submit(work, chunk, None)))
            if not waiting:
                return
            chunk, future = waiting.popleft()
            part, cursor = future.result()
            if cursor is not None:
                waiting.appendleft((chunk, pool.submit(work, chunk, cursor)))
            yield chunk, part, cursor is None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

"""Several attacks in parallel, one on each processor: what they spend their time in releases the interpreter lock."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from encoders.attacks.outcome import AttackResult
from encoders.in_order import in_order
from linkage.exchange.processors import available_threads

__all__ = ["Step", "in_parallel"]

Step = Callable[[], Sequence[AttackResult]]
"""One piece of work, with all that it needs drawn and built: steps do not share a random generator."""

MOST_WORKERS = 4


def in_parallel(steps: Iterable[Step], workers: int = 0) -> Iterator[AttackResult]:
    """Results of all steps in their order, whoever is done first.

    Parameters
    ----------
    steps
        Are taken from the iterator as workers become free, so that no more of them hold memory than are at work.
    workers
        Threads; 0 for one on each processor, at most four.
    """
    for results in in_order(steps, workers or min(available_threads(), MOST_WORKERS)):
        yield from results

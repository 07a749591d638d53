"""How a job tells of its progress, whoever listens: a terminal, a log, or nobody."""

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import ExitStack, contextmanager
from typing import Protocol, TypeVar

__all__ = ["Progress", "Silent", "Stage", "reached", "staged"]

Batch = TypeVar("Batch", bound=Sized)


class Stage(Protocol):
    """One stage of a job under way."""

    def reach(self, done: int) -> None:
        """Say that `done` units of the stage's total are done."""


class Progress(Protocol):
    """Listens to the stages of a job."""

    @contextmanager
    def stage(self, name: str, *, total: int | None = None, unit: str = "records") -> Iterator[Stage]:
        """Open a stage; `total` is None where it cannot be known beforehand."""
        ...


class Silent:
    """Nobody listens."""

    @contextmanager
    def stage(self, name: str, *, total: int | None = None, unit: str = "records") -> Iterator[Stage]:  # noqa: ARG002
        """Open a stage that tells nobody."""
        yield _SilentStage()


class _SilentStage:
    def reach(self, done: int) -> None:
        """Ignore it."""


def reached(batches: Iterable[Batch], stage: Stage) -> Iterator[Batch]:
    """The same batches; when the next one is asked for, the stage is told how many records are done."""
    done = 0
    for batch in batches:
        yield batch
        done += len(batch)
        stage.reach(done)


@contextmanager
def staged(progress: Progress, unit: str = "") -> Iterator[Callable[[str, int, int], None]]:
    """A function ``(stage, done, total)`` that opens each stage it is told of and closes the one before."""
    with ExitStack() as opened:
        current: dict[str, Stage] = {}

        def report(name: str, done: int, total: int) -> None:
            if name not in current:
                current.clear()
                opened.pop_all().close()
                current[name] = opened.enter_context(progress.stage(name, total=total, unit=unit))
            current[name].reach(done)

        yield report

"""The terminal's side of a job: progress bars on standard error, tables that fit 80 columns.

Standard output is the result and nothing else; without a terminal, or with ``--quiet``, nothing is drawn.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from pipelines.progress import Stage

__all__ = ["TerminalProgress", "table_text"]

WIDTH = 80


class TerminalProgress:
    """Draws the stages of a job on a terminal, and keeps silent where there is none."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet)
        self._shown = self._console.is_terminal and not quiet

    @contextmanager
    def stage(self, name: str, *, total: int | None = None, unit: str = "records") -> Iterator[Stage]:
        """Draw one stage while it lasts."""
        bar = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn()
            if total is not None and total < 10**8
            else TextColumn("{task.percentage:>3.0f}%"),
            TextColumn(unit, style="dim"),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            console=self._console,
            disable=not self._shown,
        )
        with bar:
            task = bar.add_task(name, total=total)
            stage = _BarStage(bar, task)
            yield stage
            done = max(stage.done, 1)
            bar.update(
                task, total=done if total is None else total, completed=done if total is None else total
            )


class _BarStage:
    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar = bar
        self._task = task
        self.done = 0

    def reach(self, done: int) -> None:
        """Move the bar."""
        self.done = done
        self._bar.update(self._task, completed=done)


def table_text(headings: Sequence[str], rows: Sequence[Sequence[object]], *, title: str | None = None) -> str:
    """A table as plain text of at most 80 columns; numbers stand to the right."""
    table = Table(
        title=title, title_justify="left", box=None, pad_edge=False, header_style="", title_style=""
    )
    for place, heading in enumerate(headings):
        numeric = bool(rows) and all(isinstance(row[place], int | float) for row in rows)
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*[_cell(cell) for cell in row])
    console = Console(width=WIDTH, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4f}"
    return str(value)

"""The terminal's side of a job: progress bars on standard error, tables that fit 80 columns.

Standard output is the result and nothing else; without a terminal, or with ``--quiet``, nothing is drawn.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from pipelines.progress import Stage

__all__ = ["WIDTH", "TerminalProgress", "rate_text", "table_text"]

WIDTH = 80
GAP = 2


class TerminalProgress:
    """Draws the stages of a job on a terminal, and keeps silent where there is none.

    Each line is at most 80 columns: what is done, how much of it, how fast, since when and for how long still. The
    variable NO_COLOR takes the colours away.
    """

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, quiet=quiet)
        self._shown = self._console.is_terminal and not quiet

    @contextmanager
    def stage(self, name: str, *, total: int | None = None, unit: str = "records") -> Iterator[Stage]:
        """Draw one stage while it lasts."""
        bar = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<26.26}"),
            BarColumn(bar_width=12),
            TextColumn("    " if total is None else "{task.percentage:>3.0f}%"),
            _RateColumn(unit),
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


class _RateColumn(ProgressColumn):
    """Units a second, as in ``1.2 M records/s``; 17 columns."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """The rate of a stage under way, or of the whole of one that is done."""
        speed = task.finished_speed or task.speed
        told = rate_text(speed, self._unit) if speed and self._unit else ""
        return Text(f"{told:>17}", style="dim")


def rate_text(speed: float, unit: str) -> str:
    """Units a second in a few characters."""
    name = "B" if unit == "bytes" else f" {unit}"
    for scale, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if speed >= scale:
            return f"{speed / scale:.1f} {letter}{name}/s"
    return f"{speed:.0f}{' ' * (name == 'B')}{name}/s"


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
    cells = [[_cell(cell) for cell in row] for row in rows]
    for place, (heading, width) in enumerate(zip(headings, _widths(headings, cells), strict=True)):
        numeric = bool(rows) and all(isinstance(row[place], int | float) for row in rows)
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold", width=width)
    for cell in cells:
        table.add_row(*cell)
    console = Console(width=WIDTH, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _widths(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int | None]:
    """Widths at which no word is broken in two: the widest column wraps first. None where words do not fit."""
    columns = [(heading, *texts) for heading, *texts in zip(headings, *cells, strict=True)]
    least = [max((len(word) for text in texts for word in text.split()), default=0) for texts in columns]
    widths = [max(len(text) for text in texts) for texts in columns]
    room = WIDTH - GAP * (len(columns) - 1)
    if sum(least) > room:
        return [None] * len(columns)
    while sum(widths) > room:
        widest = max(range(len(columns)), key=lambda place: (widths[place] > least[place], widths[place]))
        widths[widest] -= 1
    return list(widths)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        # A share of nothing.
        return "-" if math.isnan(value) else f"{value:.4f}"
    return str(value)

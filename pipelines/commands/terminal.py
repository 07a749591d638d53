"""What commands draw on a terminal, loaded when the first of it is drawn: ``--help`` and completion draw nothing."""

from collections.abc import Sequence

from pipelines.progress import Progress

__all__ = ["minute_text", "table_text", "terminal_progress"]


def terminal_progress(*, quiet: bool = False) -> Progress:
    """Stages drawn on the terminal; see `pipelines.console.TerminalProgress`."""
    from pipelines.console import TerminalProgress

    return TerminalProgress(quiet=quiet)


def table_text(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table of at most 80 columns; see `pipelines.console.table_text`."""
    from pipelines import console

    return console.table_text(headings, rows)


def minute_text(time: str) -> str:
    """An ISO 8601 time as a table shows it: to the minute, in UTC as all times here; one word, so that none breaks."""
    return time[:16]

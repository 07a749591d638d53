"""Paths on the command line: what a command writes is never what it reads, a key, or another thing that it writes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

__all__ = ["FILE", "OUTPUT"]

PATHS = "childindex.paths"
KEY_FILES = (".key", ".pub")


@dataclass(frozen=True)
class Named:
    """A path as it was given, and what it is for."""

    path: Path
    what: str
    written: bool

    def is_other_side_of(self, other: "Named") -> bool:
        """Whether both are one file, under whatever name, and a command would write over it."""
        if not (self.written or other.written):
            return False
        if self.path.exists() and other.path.exists():
            return self.path.samefile(other.path)
        return self.path.resolve() == other.path.resolve()


class CommandPath(click.Path):
    """A path; one that is written is held against all others of the command, in whatever order they come.

    A key that is gone, or a feed, cannot be made again: the wrong name behind ``--rejects`` must not cost it.
    """

    def __init__(self, *, written: bool = False) -> None:
        super().__init__(path_type=Path)
        self.written = written

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path.

        Raises
        ------
        click.UsageError
            If it would be written over a key file, or over another path of the command.
        """
        path = Path(str(super().convert(value, param, ctx)))
        if param is None or ctx is None:
            return path
        named = Named(path, _words(param), self.written)
        if self.written and path.suffix in KEY_FILES and path.exists():
            raise click.UsageError(f"{named.what}: {path} is a key file; name another place.", ctx)
        others: list[Named] = ctx.meta.setdefault(PATHS, [])
        clash = next((other for other in others if named.is_other_side_of(other)), None)
        if clash is not None:
            written, kept = (named, clash) if named.written else (clash, named)
            raise click.UsageError(
                f"{written.what} would be written over {kept.what} ({path}); name another place.", ctx
            )
        others.append(named)
        return path


def _words(param: click.Parameter) -> str:
    return max(param.opts, key=len) if isinstance(param, click.Option) else param.human_readable_name


FILE = CommandPath()
OUTPUT = CommandPath(written=True)

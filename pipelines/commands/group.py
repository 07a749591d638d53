"""What all commands share on the terminal: errors and exit statuses, results on standard output, a helpful group."""

import errno
import json
import sys
import traceback
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from linkage.exchange.errors import ChildindexError
from pipelines.commands.help_sections import OTHER, SECTIONS, section_of

__all__ = ["CommandGroup", "print_result", "status_of"]

INTERRUPTED = 130
LONGEST_SHORT_HELP = 200


class CommandGroup(click.Group):
    """A group of commands that suggests the nearest name for a wrong one and turns errors into exit statuses.

    0 done, 1 the run failed, 2 usage, 3 input refused, 4 publication refused, 130 stopped by the user.
    """

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, or say which one was probably meant."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            close = get_close_matches(name, self.list_commands(ctx), n=1)
            hint = (
                f" Did you mean '{close[0]}'?"
                if close
                else f" Commands: {', '.join(self.list_commands(ctx))}."
            )
            raise click.UsageError(f"No such command '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by who runs them; those of a sub-group in the order in which they were added."""
        listed = [(name, self.get_command(ctx, name)) for name in self.commands]
        shown = [(name, command) for name, command in listed if command is not None and not command.hidden]
        order = [name for names in SECTIONS.values() for name in names]
        sections: dict[str, list[tuple[str, str]]] = {section: [] for section in (*SECTIONS, OTHER)}
        for name, command in sorted(shown, key=lambda found: _place(found[0], order)):
            section = section_of(name) if ctx.parent is None else OTHER
            sections[section].append((name, command.get_short_help_str(LONGEST_SHORT_HELP)))
        for section, rows in sections.items():
            if rows:
                with formatter.section("Commands" if ctx.parent is not None else section):
                    formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what fails is told in a sentence and never with a value of a record."""
        try:
            return super().invoke(ctx)
        except ChildindexError as error:
            click.echo(f"childindex: {error}", err=True)
            sys.exit(error.exit_status)
        except KeyboardInterrupt:
            click.echo("childindex: stopped; the same command can be run again", err=True)
            sys.exit(INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            sys.exit(1)
        except Exception as error:  # noqa: BLE001 - its message may quote a record, so it is not passed on
            click.echo(f"childindex: {_unexpected(error)}", err=True)
            sys.exit(1)


def status_of(error: BaseException) -> int:
    """The exit status with which a command ends that raises this."""
    if isinstance(error, ChildindexError):
        return error.exit_status
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1


def _place(name: str, order: list[str]) -> int:
    return order.index(name) if name in order else len(order)


def print_result(document: Any, text: str, *, as_json: bool) -> None:
    """Print the result of a command: one JSON object for machines, or text for people."""
    click.echo(json.dumps(document, default=str) if as_json else text)


def _unexpected(error: Exception) -> str:
    """Where an unforeseen error happened, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if any(part in frame.filename for part in ("linkage", "encoders", "pipelines"))
    ]
    where = own[-1] if own else frames[-1]
    place = "/".join(Path(where.filename).parts[-3:])
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        named = f": {error.filename}" if error.filename else ""
        return f"the disk is full{named}; what was published before is intact: make room, then repeat the command"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror.lower()}{f': {error.filename}' if error.filename else ''}"
    if isinstance(error, MemoryError) or str(error) == "can't start new thread":
        return "out of memory; what was published before is intact, and the same command can be run again"
    if isinstance(error, RuntimeError) and "no locator available" in str(error):
        # Numba's words: a service may often write neither its own package nor a home.
        return (
            "compiled code has no place: neither the folder of the installed package nor the user's cache can be"
            " written; name a folder that this user may write in the environment variable NUMBA_CACHE_DIR"
        )
    return (
        f"unexpected {type(error).__name__} in {place}, line {where.lineno}; this is a fault of the software."
        " Its message is not shown, since it could quote a record"
    )

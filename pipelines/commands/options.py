"""Options that several commands share, with the same words everywhere."""

from typing import Any

import click

from pipelines.commands.paths import FILE, OUTPUT

__all__ = ["FILE", "JSON", "KEYS", "MEMORY", "OUTPUT", "OVERWRITE", "QUIET", "SPEC", "THREADS", "only_with"]

KEYS = click.option(
    "--keys",
    type=FILE,
    required=True,
    envvar="CHILDINDEX_KEYS",
    show_envvar=True,
    help="Folder of key files.",
)
SPEC = click.option("--spec", type=FILE, required=True, help="Specification file.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
QUIET = click.option("--quiet", is_flag=True, help="Show no progress.")
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace files that are there.")
THREADS = click.option("--threads", type=click.IntRange(1), help="Threads; all processors if not given.")
MEMORY = click.option(
    "--memory",
    "memory_mb",
    type=click.IntRange(1),
    metavar="MIB",
    help="Memory to use; half of the machine's if not given. Records that do not fit are streamed from disk.",
)


def only_with(needed: str, *, is_given: bool, **others: Any) -> None:
    """Refuse options that do nothing without another one: who gives them expects that they do.

    Raises
    ------
    click.UsageError
        Naming the first of `others` that is not empty, where `needed` is not given.
    """
    idle = next((name for name, value in others.items() if value), None)
    if idle is not None and not is_given:
        option = "--" + idle.replace("_", "-")
        raise click.UsageError(f"{option} does nothing without {needed}: give both, or leave {option} out")

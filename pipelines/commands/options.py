"""Options that several commands share, with the same words everywhere."""

import click

from pipelines.commands.paths import FILE, OUTPUT

__all__ = ["FILE", "JSON", "KEYS", "MEMORY", "OUTPUT", "OVERWRITE", "QUIET", "SPEC", "THREADS"]

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

"""The command line: the list of commands. Each parses, calls a job and prints; all work is done in ``pipelines``."""

from importlib.metadata import version

import click

from pipelines.commands import (
    at_source,
    at_unit,
    for_readers,
    keys,
    privacy,
    protection,
    specification,
    without_index,
)
from pipelines.commands.group import CommandGroup


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("childindex"), prog_name="childindex")
def main() -> None:
    """Link records about children across sources that may not show each other their data.

    At a source: profile, encode. At the linkage unit: init, load, link, lookup, export. Start with `childindex demo`.
    """


for command in (
    specification.spec,
    keys.keys,
    at_source.profile,
    at_source.encode,
    privacy.attack,
    at_unit.init,
    at_unit.load,
    at_unit.link,
    protection.shield,
    protection.unshield,
    protection.separate,
    protection.join,
    protection.quarantine,
    for_readers.export,
    for_readers.lookup,
    for_readers.history,
    for_readers.audit,
    without_index.demo,
    without_index.simulate,
    without_index.evaluate,
    without_index.compare,
):
    main.add_command(command)

if __name__ == "__main__":
    main()

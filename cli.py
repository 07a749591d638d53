"""The command line: the list of commands. Each parses, calls a job and prints; all work is done in ``pipelines``."""

import click

from pipelines.commands import (
    analysts,
    at_source,
    at_unit,
    clerks,
    completion,
    experiments,
    for_readers,
    keys,
    lifecycle,
    nights,
    privacy,
    protection,
    specification,
)
from pipelines.commands.group import CommandGroup


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="childindex", prog_name="childindex")
def main() -> None:
    """Link records about children across sources that may not show each other their data.

    Start with `childindex demo`; every command explains itself with --help. Progress goes to standard error, and only
    on a terminal. Exit status: 0 done, 1 failed, 2 usage, 3 input refused, 4 publication refused.
    """


for command in (
    specification.spec,
    keys.keys,
    at_source.profile,
    at_source.encode,
    at_source.translate,
    clerks.answer,
    lifecycle.notice,
    privacy.verify,
    privacy.attack,
    at_unit.init,
    at_unit.load,
    at_unit.link,
    at_unit.upgrade,
    nights.nightly,
    nights.runs,
    nights.undo,
    protection.shield,
    protection.unshield,
    protection.separate,
    protection.join,
    protection.quarantine,
    lifecycle.expire,
    lifecycle.erase,
    lifecycle.readmit,
    for_readers.export,
    for_readers.lookup,
    for_readers.ask,
    for_readers.history,
    for_readers.audit,
    analysts.report,
    analysts.tune,
    analysts.review,
    experiments.demo,
    experiments.simulate,
    experiments.evaluate,
    experiments.compare,
    completion.completion,
):
    main.add_command(command)

if __name__ == "__main__":
    main()

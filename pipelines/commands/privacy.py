"""What a privacy officer or a researcher runs: attacks on an encoding, and the gate before a package leaves."""

from pathlib import Path
from typing import Any

import click

from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, QUIET, SPEC
from pipelines.console import TerminalProgress

__all__ = ["attack"]


@click.command()
@click.argument("feed", type=FILE)
@click.option("--source", required=True, help="The feed's source, as the specification names it.")
@SPEC
@click.option(
    "--knows",
    "levels",
    type=click.Choice(["nobody", "few", "many", "tenth"]),
    multiple=True,
    help="Levels of attackers, all if not given: who holds a list and knows nobody in the file, knows 20 people,"
    " 100 to 1,000, or a tenth of the feed.",
)
@click.option(
    "--people", type=click.IntRange(100, 10_000), default=2_000, show_default=True, help="People in a graph."
)
@click.option("--network/--no-network", default=True, show_default=True, help="Train a network too.")
@click.option("--seed", type=int, help="Of the draws, so that a run can be repeated.")
@JSON
@QUIET
def attack(feed: Path, source: str, spec: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """Attack an encoding of FEED as an adversary would: any specification, no key needed, nothing leaves.

    Example: childindex attack school.csv --source school --spec spec.toml --knows nobody --knows few
    """
    from pipelines import attack as job

    plan = job.plan_of(options["levels"], people=options["people"], network=options["network"])
    request = job.AttackJob(feed, source, spec, plan, *([] if options["seed"] is None else [options["seed"]]))
    result = job.run(request, TerminalProgress(quiet=quiet))
    print_result(result.to_json(), result.text(), as_json=as_json)

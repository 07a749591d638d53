"""What a source runs on its own feed, where plaintext may be seen."""

from pathlib import Path
from typing import Any

import click

from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, KEYS, QUIET, SPEC
from pipelines.commands.terminal import terminal_progress

__all__ = ["encode", "profile"]


@click.command()
@click.argument("feed", type=FILE)
@click.option("--source", required=True, help="The feed's source, as the specification names it.")
@SPEC
@JSON
@QUIET
def profile(feed: Path, source: str, spec: Path, *, as_json: bool, quiet: bool) -> None:
    """Data quality of FEED as counts: completeness, validity, suspicious placeholders; never a value.

    Warns where buckets of blocking keys would hold so few of its records that the gate refuses the package.

    Example: childindex profile school.csv --source school --spec spec.toml
    """
    from pipelines.at_source import profile as job

    result = job.run(feed, source, spec, terminal_progress(quiet=quiet))
    print_result(result.to_json(), result.text(), as_json=as_json)


@click.command()
@click.argument("feed", type=FILE)
@click.option("--source", required=True, help="The feed's source, as the specification names it.")
@SPEC
@KEYS
@click.option("--out", type=FILE, required=True, help="The package to make, such as school.cip.")
@click.option("--delta", is_flag=True, help="The feed holds what was added or changed, not everything.")
@click.option("--question", is_flag=True, help="The feed is one record, to be asked about and not stored.")
@click.option("--purpose", default="child index", show_default=True, help="What the package may be used for.")
@click.option("--id-map", type=FILE, help="Where the map of record ids goes; beside the feed by default.")
@click.option("--rejects", type=FILE, help="Where rejected rows are listed; beside the feed by default.")
@click.option(
    "--gate", is_flag=True, help="Write the package only if it passes the privacy gate (see verify)."
)
@click.option("--report", type=FILE, help="With --gate: write its report as one page (.html).")
@click.option(
    "--certificate", type=FILE, help="With --gate: the signed certificate; beside the package by default."
)
@JSON
@QUIET
def encode(
    feed: Path, source: str, spec: Path, keys: Path, out: Path, *, as_json: bool, **options: Any
) -> None:
    """Encode FEED (CSV or Parquet) into a sealed package. Plaintext stays here.

    Example: childindex encode school.csv --source school --spec spec.toml --keys school-keys --out out/school.cip
    """
    from pipelines.at_source import encode as job

    if options["delta"] and options["question"]:
        raise click.UsageError("--question asks about one record and --delta sends changes: give one of them")
    if options["gate"] and options["question"]:
        raise click.UsageError(
            "A question is one record, on which the gate concludes nothing: leave --gate out."
        )
    kind = "question" if options["question"] else "delta" if options["delta"] else "snapshot"
    if (options["report"] or options["certificate"]) and not options["gate"]:
        raise click.UsageError("--report and --certificate are what the gate writes: give --gate too.")
    paths = {name: options[name] for name in ("id_map", "rejects", "report", "certificate")}
    request = job.EncodeJob(
        feed, source, spec, keys, out, kind, options["purpose"], gate=options["gate"], **paths
    )
    result = job.run(request, terminal_progress(quiet=options["quiet"]))
    print_result(result.to_json(), result.text(), as_json=as_json)

"""What a source runs on its own feed, where plaintext may be seen."""

from pathlib import Path
from typing import Any

import click

from linkage.exchange.plurals import counted
from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, KEYS, OUTPUT, QUIET, SPEC
from pipelines.commands.terminal import terminal_progress

__all__ = ["encode", "profile", "translate"]


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
@click.option("--out", type=OUTPUT, required=True, help="The package to make, such as school.cip.")
@click.option("--delta", is_flag=True, help="The feed holds what was added or changed, not everything.")
@click.option("--question", is_flag=True, help="The feed is one record, to be asked about and not stored.")
@click.option("--purpose", default="child index", show_default=True, help="What the package may be used for.")
@click.option(
    "--after",
    type=FILE,
    help="The last package that the unit loaded, where the count of packages is lost or ahead.",
)
@click.option("--id-map", type=OUTPUT, help="Where the map of record ids goes; beside the feed by default.")
@click.option("--rejects", type=OUTPUT, help="Where rejected rows are listed; beside the feed by default.")
@click.option(
    "--gate", is_flag=True, help="Write the package only if it passes the privacy gate (see verify)."
)
@click.option("--report", type=OUTPUT, help="With --gate: write its report as one page (.html).")
@click.option(
    "--certificate", type=OUTPUT, help="With --gate: the signed certificate; beside the package by default."
)
@JSON
@QUIET
def encode(
    feed: Path, source: str, spec: Path, keys: Path, out: Path, *, as_json: bool, **options: Any
) -> None:
    """Encode FEED (CSV, CSV.GZ or Parquet) into a sealed package. Plaintext stays here.

    Example: childindex encode school.csv --source school --spec spec.toml --keys school-keys --out out/school.cip
    """
    from pipelines.at_source import encode as job

    if options["delta"] and options["question"]:
        raise click.UsageError("--question asks about one record and --delta sends changes: give one of them")
    if options["gate"] and options["question"]:
        raise click.UsageError(
            "A question is one record, on which the gate concludes nothing: leave --gate out."
        )
    if options["question"] and options["after"]:
        raise click.UsageError("A question takes no place among the packages of a source: leave --after out.")
    kind = "question" if options["question"] else "delta" if options["delta"] else "snapshot"
    if (options["report"] or options["certificate"]) and not options["gate"]:
        raise click.UsageError("--report and --certificate are what the gate writes: give --gate too.")
    paths = {name: options[name] for name in ("after", "id_map", "rejects", "report", "certificate")}
    request = job.EncodeJob(
        feed, source, spec, keys, out, kind, options["purpose"], gate=options["gate"], **paths
    )
    result = job.run(request, terminal_progress(quiet=options["quiet"]))
    print_result(result.to_json(), result.text(), as_json=as_json)


@click.command()
@click.argument("maps", type=FILE, nargs=-1, required=True)
@click.option("--source", required=True, help="The source of the maps, as the specification names it.")
@SPEC
@KEYS
@click.option("--out", type=OUTPUT, required=True, help="The translation to make, such as school-2.cip.")
@click.option(
    "--from-epoch",
    type=click.IntRange(1),
    help="The earlier epoch; the one before the specification's by default.",
)
@JSON
def translate(
    maps: tuple[Path, ...],
    source: str,
    spec: Path,
    keys: Path,
    out: Path,
    from_epoch: int | None,
    *,
    as_json: bool,
) -> None:
    """After a rotation of the project key: tell the unit which of its old record ids is which new one.

    MAPS are the maps of record ids that `encode` left here, of the old key and of the new: all that there are. The
    package holds pairs of record ids and nothing else; `childindex init --after` takes it.

    Example: childindex translate school.record_ids*.parquet --source school --spec spec-2.toml --keys school-keys
    --out out/school-ids.cip
    """
    from pipelines.at_source import translate as job

    result = job.run(maps, source, spec, keys, out, from_epoch=from_epoch)
    text = (
        f"{out}: {counted(result['records'], 'record id')} of epoch {result['earlier_epoch']} with those of epoch"
        f" {result['epoch']}, among {counted(result['pairs'], 'pair')}; send it to the linkage unit"
    )
    print_result(result, text, as_json=as_json)

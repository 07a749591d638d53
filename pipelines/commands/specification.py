"""`childindex spec`: make, check and show the specification."""

from pathlib import Path

import click

from pipelines.commands.group import CommandGroup, print_result
from pipelines.commands.options import FILE, JSON, QUIET, SPEC
from pipelines.commands.terminal import terminal_progress

__all__ = ["spec"]


@click.group(cls=CommandGroup)
def spec() -> None:
    """Make, check and show the specification that sources and unit share."""


@spec.command("new")
@click.argument("path", type=FILE)
@click.option(
    "--profile",
    type=click.Choice(["reference", "private"]),
    default="private",
    show_default=True,
    help="private: diffused filters over three fields each; reference: a filter a field, which the gate refuses.",
)
@click.option(
    "--records",
    type=click.IntRange(1),
    help="Records of the smallest feed: chooses the buckets of the blocking keys; a million if not given.",
)
@click.option(
    "--feed",
    "feeds",
    multiple=True,
    metavar="SOURCE=FILE",
    help="Draft it from this feed's column names, date formats and size; once for each source.",
)
@click.option(
    "--trial/--no-trial",
    default=True,
    show_default=True,
    help="Attack feeds of 1,000 to 50,000 records under the draft, with a key that is thrown away, and draft one that"
    " hides more if the gate might refuse it.",
)
@JSON
@QUIET
def spec_new(
    path: Path,
    profile: str,
    records: int | None,
    feeds: tuple[str, ...],
    *,
    trial: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a commented specification for children to PATH, or draft one from feeds of your own.

    A draft guesses by the names of columns, and says in comments what to look at. No value goes into it. Small feeds
    are attacked under it, which takes some seconds.

    Example: childindex spec new spec.toml --records 50000
    """
    from pipelines import specification as job

    result = job.new(
        path, profile, records, _by_source(feeds), trial=trial, progress=terminal_progress(quiet=quiet)
    )
    print_result(result, job.new_text(result), as_json=as_json)


def _by_source(feeds: tuple[str, ...]) -> dict[str, Path]:
    named = dict(feed.partition("=")[::2] for feed in feeds)
    if not all(name and file for name, file in named.items()) or len(named) < len(feeds):
        raise click.BadParameter(
            "expected SOURCE=FILE, each source once, such as school=school.csv", param_hint="--feed"
        )
    return {name: Path(file) for name, file in named.items()}


@spec.command("check")
@click.argument("path", type=FILE)
@click.option(
    "--records",
    type=click.IntRange(1),
    help="Records of the smallest feed: warns where the gate would refuse it for buckets of few records.",
)
@JSON
def spec_check(path: Path, records: int | None, *, as_json: bool) -> None:
    """Check PATH; every fault is reported at once.

    Example: childindex spec check spec.toml --records 50000
    """
    from pipelines import specification as job

    result = job.check(path, records)
    warned = "".join(f"\nwarning: {warning}" for warning in result["warnings"])
    print_result(result, f"{path}: good\nfingerprint {result['fingerprint']}{warned}", as_json=as_json)


@spec.command("show")
@click.argument("path", type=FILE)
@JSON
def spec_show(path: Path, *, as_json: bool) -> None:
    """Show what PATH encodes, how wide, with which positions a token, and the risks it accepts.

    Example: childindex spec show spec.toml
    """
    from pipelines import specification as job

    result = job.show(path)
    print_result(result, job.show_text(result), as_json=as_json)


@spec.command("adopt")
@click.argument("index", type=FILE)
@SPEC
@click.option(
    "--by", required=True, envvar="CHILDINDEX_OPERATOR", show_envvar=True, help="Who decides; logged."
)
@click.option("--reason", required=True, help="Why; logged.")
@JSON
def spec_adopt(index: Path, spec: Path, by: str, reason: str, *, as_json: bool) -> None:
    """Give INDEX a newer specification with the same encoding: other rights, limits, comparisons, rules.

    Example: childindex spec adopt national.index --spec spec.toml --by registrar --reason "agreement 4"
    """
    from pipelines.at_unit import adopt as job
    from pipelines.at_unit.recipients import Asking

    result = job.run(index, spec, Asking(requester=by, purpose=reason))
    changed = ", ".join(result["changed"]) or "nothing"
    print_result(
        result, "\n".join([f"{index}: adopted; changed: {changed}", *result["notes"]]), as_json=as_json
    )

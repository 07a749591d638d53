"""What the linkage unit runs: a new index, loading, linking."""

from pathlib import Path
from typing import Any

import click

from linkage.exchange.errors import PublicationRefused
from pipelines.commands.group import print_result
from pipelines.commands.options import (
    FILE,
    JSON,
    KEYS,
    MEMORY,
    OUTPUT,
    OVERWRITE,
    QUIET,
    SPEC,
    THREADS,
    only_with,
)
from pipelines.commands.terminal import terminal_progress

__all__ = ["init", "link", "load", "upgrade"]


@click.command()
@click.argument("index", type=FILE)
@SPEC
@click.option(
    "--after",
    type=FILE,
    metavar="OLD",
    help="The index of an earlier epoch: its children keep their ids, and what was decided about them.",
)
@click.option(
    "--translation",
    "translations",
    type=FILE,
    multiple=True,
    help="With --after: one of each source, see `translate`.",
)
@click.option(
    "--keys",
    type=FILE,
    envvar="CHILDINDEX_KEYS",
    show_envvar=True,
    help="With --after: folder of the unit's keys.",
)
@click.option(
    "--without",
    type=FILE,
    metavar="LIST",
    help="With --after: decisions about records that nobody can translate.",
)
@click.option(
    "--by",
    envvar="CHILDINDEX_OPERATOR",
    show_envvar=True,
    default="",
    help="With --after: who orders it; logged.",
)
@click.option("--reason", default="", help="With --after: why; it is logged and must not name anybody.")
@JSON
@QUIET
def init(index: Path, spec: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """Make an empty INDEX, or after a rotation of the project key one that goes on from OLD (docs/lifecycle.md).

    Example: childindex init national.index --spec spec.toml
    """
    from pipelines.at_unit import init as job

    if options["after"]:
        _init_after(index, spec, as_json=as_json, quiet=quiet, **options)
        return
    if options["translations"] or options["without"]:
        raise click.UsageError(
            "--translation and --without are about an index of an earlier epoch: give --after too"
        )
    fingerprint = job.run(index, spec)
    print_result(
        {"index": str(index), "fingerprint": fingerprint},
        f"{index}: ready for packages made under specification {fingerprint[:16]}",
        as_json=as_json,
    )


def _init_after(index: Path, spec: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    from pipelines.at_unit import succeed as job
    from pipelines.at_unit.protect import Decision

    if options["keys"] is None:
        raise click.UsageError("translations are opened with the unit's keys: give their folder with --keys")
    decision = Decision(options["by"], options["reason"])
    request = job.SuccessionJob(
        index, spec, options["after"], options["translations"], options["keys"], decision, options["without"]
    )
    result = job.run(request, terminal_progress(quiet=quiet))
    print_result(result, job.text(result), as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.argument("packages", type=FILE, nargs=-1, required=True)
@KEYS
@JSON
@QUIET
def load(index: Path, packages: tuple[Path, ...], keys: Path, *, as_json: bool, quiet: bool) -> None:
    """Check PACKAGES, open them and stage their records in INDEX.

    Example: childindex load national.index in/*.cip --keys unit-keys
    """
    from pipelines.at_unit import load as job

    loaded = job.run(index, packages, keys, terminal_progress(quiet=quiet))
    print_result([package.to_json() for package in loaded], job.text(loaded), as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.option("--model", type=FILE, help="Use this model and its threshold as they are.")
@click.option("--refit", is_flag=True, help="Fit anew, even if an earlier run left a model.")
@click.option("--labels", type=FILE, help="Judged pairs (yes or no) that a new fit learns from.")
@click.option("--save-model", type=OUTPUT, help="Write the model that was used.")
@OVERWRITE
@click.option("--plan", is_flag=True, help="Only show which pairs would be compared, by blocking key.")
@click.option(
    "--engine",
    type=click.Choice(["embedded", "spark"]),
    default="embedded",
    show_default=True,
    help="What compares the pairs: this machine, or Apache Spark (docs/spark.md).",
)
@click.option(
    "--spark-master",
    metavar="URL",
    help="Where Spark runs, such as local[4]; its configuration if not given.",
)
@click.option(
    "--lake", type=FILE, help="Folder that every executor of Spark can read; inside the index if not given."
)
@THREADS
@MEMORY
@JSON
@QUIET
def link(index: Path, *, as_json: bool, quiet: bool, plan: bool, **options: Any) -> None:
    """Deduplicate and match the records of INDEX, and publish its children.

    Example: childindex link national.index --save-model model.json
    """
    from pipelines.at_unit import link as job
    from pipelines.at_unit.linking.planning import planned_text
    from pipelines.at_unit.linking.resources import Resources

    if options["model"] and options["refit"]:
        raise click.UsageError("--model uses a model as it is and --refit fits a new one: give one of them")
    if options["model"] and options["labels"]:
        raise click.UsageError("--model uses a model as it is and --labels improve a fit: give one of them")
    names = ("memory_mb", "engine", "spark_master", "lake")
    spark = {name: options[name] for name in ("spark_master", "lake")}
    only_with("--engine spark", is_given=options["engine"] == "spark", **spark)
    only_with("--save-model", is_given=options["save_model"] is not None, overwrite=options["overwrite"])
    if plan and options["labels"]:
        raise click.UsageError("--plan fits nothing that --labels could improve: give one of them")
    if plan and options["save_model"]:
        raise click.UsageError(
            "--plan links nothing, so there is no model for --save-model: give one of them"
        )
    resources = Resources(**{name: options.pop(name) for name in names})
    request = job.LinkJob(index, **options, resources=resources)
    progress = terminal_progress(quiet=quiet)
    if plan:
        costs = job.plan(request)
        print_result(costs, planned_text(costs), as_json=as_json)
        return
    try:
        result = job.run(request, progress)
    except PublicationRefused as refusal:
        if as_json and refusal.document is not None:
            print_result(refusal.document, "", as_json=True)
        raise
    print_result(result.to_json(), result.text(), as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@JSON
@QUIET
def upgrade(index: Path, *, as_json: bool, quiet: bool) -> None:
    """Bring an INDEX that an older version made up to the present format, and publish it anew.

    Every command that writes does so by itself. Copy the folder first: an older version refuses it afterwards.

    Example: childindex upgrade national.index
    """
    from pipelines.at_unit import upgrade as job

    result = job.run(index, terminal_progress(quiet=quiet))
    before, after = result["format_before"], result["format"]
    text = f"{index}: format {after}" + ("" if before == after else f", was {before}")
    print_result(result, text, as_json=as_json)

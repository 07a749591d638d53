"""What the linkage unit runs: a new index, loading, linking."""

from pathlib import Path
from typing import Any

import click

from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, KEYS, MEMORY, OVERWRITE, QUIET, SPEC, THREADS
from pipelines.commands.terminal import terminal_progress

__all__ = ["init", "link", "load", "upgrade"]


@click.command()
@click.argument("index", type=FILE)
@SPEC
@JSON
def init(index: Path, spec: Path, *, as_json: bool) -> None:
    """Make an empty INDEX.

    Example: childindex init national.index --spec spec.toml
    """
    from pipelines.at_unit import init as job

    fingerprint = job.run(index, spec)
    print_result(
        {"index": str(index), "fingerprint": fingerprint},
        f"{index}: ready for packages made under specification {fingerprint[:16]}",
        as_json=as_json,
    )


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
@click.option("--save-model", type=FILE, help="Write the model that was used.")
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
    resources = Resources(**{name: options.pop(name) for name in names})
    request = job.LinkJob(index, **options, resources=resources)
    progress = terminal_progress(quiet=quiet)
    if plan:
        costs = job.plan(request)
        print_result(costs, planned_text(costs), as_json=as_json)
        return
    result = job.run(request, progress)
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

"""What is run to try, measure and compare."""

from pathlib import Path
from typing import Any

import click

from linkage.exchange.plurals import counted
from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, OUTPUT, OVERWRITE, QUIET, THREADS
from pipelines.commands.terminal import table_text, terminal_progress

__all__ = ["compare", "demo", "evaluate", "simulate"]


@click.command()
@click.argument("folder", type=FILE, default=Path("childindex-demo"))
@JSON
@QUIET
def demo(folder: Path, *, as_json: bool, quiet: bool) -> None:
    """Run everything on the sample data: keys, three feeds, packages, children.

    FOLDER is childindex-demo if not given; it must not be there yet.

    Example: childindex demo my-demo
    """
    from pipelines import demo as job

    result = job.run(folder, terminal_progress(quiet=quiet))
    print_result(result.to_json(), result.text(), as_json=as_json)


@click.command()
@click.argument("out", type=FILE, required=False)
@click.option(
    "--children", type=click.IntRange(1), default=2000, show_default=True, help="Number of children."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Equal seeds make equal feeds.")
@click.option("--tables", type=FILE, help="Folder with name and place tables; tables of a package otherwise.")
@click.option("--rate", "rates", multiple=True, metavar="NAME=SHARE", help="Change a rate; may be repeated.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(["csv", "parquet"]),
    multiple=True,
    default=("csv", "parquet"),
    help="Of the feeds; both if not given.",
)
@click.option(
    "--nights",
    type=click.IntRange(2),
    help="Write folders nights/01 to K besides: a snapshot, then deltas with deletions; after/ is how it ends.",
)
@OVERWRITE
@click.option("--list-rates", is_flag=True, help="Show every rate with its default and meaning.")
@JSON
@QUIET
def simulate(
    out: Path | None, children: int, *, list_rates: bool, as_json: bool, quiet: bool, **options: Any
) -> None:
    """Make realistic feeds about children who do not exist, with the truth, in folder OUT.

    Example: childindex simulate feeds --children 100000 --seed 7 --rate twin=0.1
    """
    from pipelines import simulate as job
    from pipelines.progress import staged
    from pipelines.simulation.rates import Rates

    if list_rates:
        meanings = Rates.meanings()
        defaults = [[name, getattr(Rates(), name), meaning] for name, meaning in meanings.items()]
        print_result(defaults, table_text(["rate", "default", "meaning"], defaults), as_json=as_json)
        return
    if out is None:
        raise click.UsageError("Missing argument 'OUT', the folder for the feeds.")
    with staged(terminal_progress(quiet=quiet)) as report:
        result = job.run(
            out,
            children,
            options["seed"],
            options["tables"],
            Rates.from_pairs(options["rates"]),
            options["formats"],
            report,
            overwrite=options["overwrite"],
        )
        if options["nights"]:
            job.cut_into_nights(out, result, options["nights"], progress=report)
    rows = [[feed.source, feed.records] for feed in result.feeds]
    print_result(result.to_json(), f"{out}\n{table_text(['feed', 'records'], rows)}", as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.option("--truth", type=FILE, required=True, help="Table with source, record_id and entity_id.")
@click.option(
    "--ids",
    type=FILE,
    multiple=True,
    help="Record-id map, where the truth file has the sources' own ids; once a source.",
)
@JSON
@QUIET
def evaluate(index: Path, truth: Path, ids: tuple[Path, ...], *, as_json: bool, quiet: bool) -> None:
    """Measure INDEX against a TRUTH file: pairwise and B-cubed precision, recall and F1.

    Example: childindex evaluate demo.index --truth truth.parquet --ids school.record_ids.parquet
    """
    from pipelines import evaluate as job

    result = job.run(index, truth, ids, terminal_progress(quiet=quiet))
    print_result(result.to_json(), result.text(), as_json=as_json)


@click.command()
@click.argument("left", type=FILE)
@click.argument("right", type=FILE)
@click.option("--threshold", type=float, required=True, help="Least similarity, above 0 and at most 1.")
@click.option("--out", type=OUTPUT, required=True, help="Pairs, as .parquet or .csv.")
@click.option("--spec", type=FILE, help="Specification of the packages.")
@click.option(
    "--keys", type=FILE, envvar="CHILDINDEX_KEYS", show_envvar=True, help="The unit's keys, for packages."
)
@click.option("--filter", "filter_name", help="The filter to compare, if the packages have several.")
@click.option(
    "--metric", type=click.Choice(["dice", "jaccard", "hamming"]), default="dice", show_default=True
)
@OVERWRITE
@THREADS
@JSON
@QUIET
def compare(left: Path, right: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """Compare the filters of two packages at one threshold, without an index.

    Example: childindex compare a.cip b.cip --spec spec.toml --keys unit-keys --threshold 0.8 --out pairs.parquet
    """
    from pipelines import compare as job

    result = job.run(job.CompareJob(left, right, **options), terminal_progress(quiet=quiet))
    print_result(result, f"{result['out']}: {counted(result['pairs'], 'pair')}", as_json=as_json)

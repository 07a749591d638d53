"""The command line: parse, call a job, print, exit status. All work is done in ``pipelines``.

Each command imports its own job when it runs, so that `--help` need not load the kernels and the database.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from pipelines.commands import CommandGroup, print_result
from pipelines.console import TerminalProgress, table_text

FILE = click.Path(path_type=Path)
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
THREADS = click.option("--threads", type=click.IntRange(1), help="Threads; all processors if not given.")

Command = Callable[..., Any]


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("childindex"), prog_name="childindex")
def main() -> None:
    """Link records about children across sources that may not show each other their data.

    At a source: profile, encode. At the linkage unit: init, load, link, lookup, export. Start with `childindex demo`.
    """


@main.command()
@click.argument("folder", type=FILE, default=Path("childindex-demo"))
@JSON
@QUIET
def demo(folder: Path, *, as_json: bool, quiet: bool) -> None:
    """Run everything on the sample data: keys, three feeds, packages, children.

    Example: childindex demo my-demo
    """
    from pipelines import demo as job

    result = job.run(folder, TerminalProgress(quiet=quiet))
    print_result(result.to_json(), result.text(), as_json=as_json)


# ------------------------------------------------------------------------------------------------ specification


@main.group(cls=CommandGroup)
def spec() -> None:
    """Make, check and show the specification that sources and unit share."""


@spec.command("new")
@click.argument("path", type=FILE)
@click.option(
    "--profile",
    type=click.Choice(["reference", "private"]),
    default="reference",
    show_default=True,
    help="reference: a filter a field, best understood; private: diffused filters over three fields each.",
)
def spec_new(path: Path, profile: str) -> None:
    """Write a commented specification for children to PATH.

    Example: childindex spec new spec.toml --profile private
    """
    from pipelines import specification as job

    job.new(path, profile)
    click.echo(
        f"{path}: written; correct the columns under [sources], then run `childindex spec check {path}`"
    )


@spec.command("check")
@click.argument("path", type=FILE)
@JSON
def spec_check(path: Path, *, as_json: bool) -> None:
    """Check PATH; every fault is reported at once.

    Example: childindex spec check spec.toml
    """
    from pipelines import specification as job

    result = job.check(path)
    print_result(result, f"{path}: good\nfingerprint {result['fingerprint']}", as_json=as_json)


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


# ------------------------------------------------------------------------------------------------ keys


@main.group(cls=CommandGroup)
def keys() -> None:
    """Make keys, and hand over the public ones.

    A passphrase comes from CHILDINDEX_PASSPHRASE or the file that CHILDINDEX_PASSPHRASE_FILE names.
    """


def _print_key(result: dict[str, Any], *, as_json: bool) -> None:
    print_result(result, "\n".join(f"{name}: {value}" for name, value in result.items()), as_json=as_json)


@keys.command("project")
@SPEC
@click.option("--out", type=FILE, required=True, help="Folder for the key, at one of the sources.")
@JSON
def keys_project(spec: Path, out: Path, *, as_json: bool) -> None:
    """Draw the project key that the sources share and the unit never gets.

    Example: childindex keys project --spec spec.toml --out school-keys
    """
    from pipelines import keys as job

    _print_key(job.project(spec, out), as_json=as_json)


@keys.command("source")
@click.argument("name")
@click.option("--out", type=FILE, required=True, help="Folder for the keys, at the source.")
@JSON
def keys_source(name: str, out: Path, *, as_json: bool) -> None:
    """Draw the keys with which source NAME signs its packages; prints the fingerprint to compare.

    Example: childindex keys source school --out school-keys
    """
    from pipelines import keys as job

    _print_key(job.source(name, out), as_json=as_json)


@keys.command("unit")
@click.option("--out", type=FILE, required=True, help="Folder for the keys, at the linkage unit.")
@JSON
def keys_unit(out: Path, *, as_json: bool) -> None:
    """Draw the linkage unit's keys; the sources get unit.pub.

    Example: childindex keys unit --out unit-keys
    """
    from pipelines import keys as job

    _print_key(job.unit(out), as_json=as_json)


@keys.command("trust")
@click.argument("public", type=FILE)
@KEYS
@click.option("--fingerprint", help="What the owner of the key says it is; compared in full.")
@JSON
def keys_trust(public: Path, keys: Path, fingerprint: str | None, *, as_json: bool) -> None:
    """Trust the PUBLIC key file of a source (at the unit) or of the unit (at a source).

    Example: childindex keys trust source-school.pub --keys unit-keys --fingerprint 3f1c...
    """
    from pipelines import keys as job

    _print_key(job.trust(public, keys, fingerprint), as_json=as_json)


@keys.command("send")
@click.argument("public", type=FILE)
@KEYS
@click.option("--source", required=True, help="Your own source's name.")
@click.option("--out", type=FILE, required=True, help="The sealed project key to make.")
@JSON
def keys_send(public: Path, keys: Path, source: str, out: Path, *, as_json: bool) -> None:
    """Seal the project key to another source, whose PUBLIC key file is given. Never through the unit.

    Example: childindex keys send source-gp.pub --keys school-keys --source school --out for-gp.sealed
    """
    from pipelines import keys as job

    _print_key(job.send(public, keys, source, out), as_json=as_json)


@keys.command("receive")
@click.argument("sealed", type=FILE)
@KEYS
@click.option("--source", required=True, help="Your own source's name.")
@click.option("--sender", type=FILE, required=True, help="Public key file of the source that sent it.")
@JSON
def keys_receive(sealed: Path, keys: Path, source: str, sender: Path, *, as_json: bool) -> None:
    """Open a SEALED project key that another source sent.

    Example: childindex keys receive for-gp.sealed --keys gp-keys --source gp --sender source-school.pub
    """
    from pipelines import keys as job

    _print_key(job.receive(sealed, keys, source, sender), as_json=as_json)


# ------------------------------------------------------------------------------------------------ at a source


@main.command()
@click.argument("feed", type=FILE)
@click.option("--source", required=True, help="The feed's source, as the specification names it.")
@SPEC
@JSON
@QUIET
def profile(feed: Path, source: str, spec: Path, *, as_json: bool, quiet: bool) -> None:
    """Data quality of FEED as counts: completeness, validity, suspicious placeholders; never a value.

    Example: childindex profile school.csv --source school --spec spec.toml
    """
    from pipelines import profile as job

    result = job.run(feed, source, spec, TerminalProgress(quiet=quiet))
    print_result(result.as_dict(), job.text(result), as_json=as_json)


@main.command()
@click.argument("feed", type=FILE)
@click.option("--source", required=True, help="The feed's source, as the specification names it.")
@SPEC
@KEYS
@click.option("--out", type=FILE, required=True, help="The package to make, such as school.cip.")
@click.option("--delta", is_flag=True, help="The feed holds what was added or changed, not everything.")
@click.option("--purpose", default="child index", show_default=True, help="What the package may be used for.")
@click.option("--id-map", type=FILE, help="Where the map of record ids goes; beside the feed by default.")
@click.option("--rejects", type=FILE, help="Where rejected rows are listed; beside the feed by default.")
@JSON
@QUIET
def encode(
    feed: Path, source: str, spec: Path, keys: Path, out: Path, *, as_json: bool, **options: Any
) -> None:
    """Encode FEED (CSV or Parquet) into a sealed package. Plaintext stays here.

    Example: childindex encode school.csv --source school --spec spec.toml --keys school-keys --out out/school.cip
    """
    from pipelines import encode as job

    kind = "delta" if options["delta"] else "snapshot"
    request = job.EncodeJob(
        feed, source, spec, keys, out, kind, options["purpose"], options["id_map"], options["rejects"]
    )
    result = job.run(request, TerminalProgress(quiet=options["quiet"]))
    print_result(result.to_json(), result.text(), as_json=as_json)


# ------------------------------------------------------------------------------------------------ at the unit


@main.command()
@click.argument("index", type=FILE)
@SPEC
@JSON
def init(index: Path, spec: Path, *, as_json: bool) -> None:
    """Make an empty INDEX.

    Example: childindex init national.index --spec spec.toml
    """
    from pipelines import init as job

    fingerprint = job.run(index, spec)
    print_result(
        {"index": str(index), "fingerprint": fingerprint},
        f"{index}: ready for packages made under specification {fingerprint[:16]}",
        as_json=as_json,
    )


@main.command()
@click.argument("index", type=FILE)
@click.argument("packages", type=FILE, nargs=-1, required=True)
@KEYS
@JSON
@QUIET
def load(index: Path, packages: tuple[Path, ...], keys: Path, *, as_json: bool, quiet: bool) -> None:
    """Check PACKAGES, open them and stage their records in INDEX.

    Example: childindex load national.index in/*.cip --keys unit-keys
    """
    from pipelines import load as job

    loaded = job.run(index, packages, keys, TerminalProgress(quiet=quiet))
    print_result([package.to_json() for package in loaded], job.text(loaded), as_json=as_json)


@main.command()
@click.argument("index", type=FILE)
@click.option("--model", type=FILE, help="Use this model and its threshold as they are.")
@click.option("--refit", is_flag=True, help="Fit anew, even if an earlier run left a model.")
@click.option("--save-model", type=FILE, help="Write the model that was used.")
@click.option("--plan", is_flag=True, help="Only show which pairs would be compared, by blocking key.")
@THREADS
@JSON
@QUIET
def link(index: Path, *, as_json: bool, quiet: bool, plan: bool, **options: Any) -> None:
    """Deduplicate and match the records of INDEX, and publish its children.

    Example: childindex link national.index --save-model model.json
    """
    from pipelines import link as job
    from pipelines.linking.planning import planned_text

    if options["model"] and options["refit"]:
        raise click.UsageError("--model uses a model as it is and --refit fits a new one: give one of them")
    request = job.LinkJob(index, **options)
    progress = TerminalProgress(quiet=quiet)
    if plan:
        costs = job.plan(request)
        print_result(costs, planned_text(costs), as_json=as_json)
        return
    result = job.run(request, progress)
    print_result(result.to_json(), result.text(), as_json=as_json)


@main.command()
@click.argument("index", type=FILE)
@click.option("--out", type=FILE, required=True, help="A .parquet or .csv file.")
@JSON
@QUIET
def export(index: Path, out: Path, *, as_json: bool, quiet: bool) -> None:
    """Write child_id, source and record_id of every published record of INDEX.

    Example: childindex export national.index --out children.parquet
    """
    from pipelines import export as job

    rows = job.run(index, out, TerminalProgress(quiet=quiet))
    print_result({"out": str(out), "rows": rows}, f"{out}: {rows:,} records", as_json=as_json)


@main.command()
@click.argument("index", type=FILE)
@click.argument("source")
@click.argument("record_id")
@JSON
def lookup(index: Path, source: str, record_id: str, *, as_json: bool) -> None:
    """Find the child that RECORD_ID of SOURCE belongs to, and its other records.

    Example: childindex lookup national.index school 0f3c...
    """
    from pipelines import lookup as job

    result = job.run(index, source, record_id)
    rows = [[record["source"], record["record_id"]] for record in result["records"]]
    note = "shielded" if result["shielded"] else table_text(["source", "record id"], rows)
    print_result(result, f"child {result['child_id']}\n{note}", as_json=as_json)


@main.command()
@click.argument("index", type=FILE)
@click.argument("child_id")
@JSON
def history(index: Path, child_id: str, *, as_json: bool) -> None:
    """Tell what became of CHILD_ID, run by run.

    Example: childindex history national.index 0V83VCN-YMJF513-KYZ0JD-5MTZYDN
    """
    from pipelines import lookup as job

    result = job.history(index, child_id)
    rows = [
        [event["run"], event["event"], event["source"] or "", event["records"]] for event in result["events"]
    ]
    print_result(result, table_text(["run", "event", "source", "records"], rows), as_json=as_json)


@main.command()
@click.argument("index", type=FILE)
@click.option("--truth", type=FILE, required=True, help="Table with source, record_id and entity_id.")
@click.option(
    "--ids", type=FILE, multiple=True, help="Record-id maps, where the truth file has the sources' own ids."
)
@JSON
@QUIET
def evaluate(index: Path, truth: Path, ids: tuple[Path, ...], *, as_json: bool, quiet: bool) -> None:
    """Measure INDEX against a TRUTH file: pairwise and B-cubed precision, recall and F1.

    Example: childindex evaluate demo.index --truth truth.parquet --ids school.record_ids.parquet
    """
    from pipelines import evaluate as job

    result = job.run(index, truth, ids, TerminalProgress(quiet=quiet))
    print_result(result.to_json(), result.text(), as_json=as_json)


# ------------------------------------------------------------------------------------------------ without an index


@main.command()
@click.argument("left", type=FILE)
@click.argument("right", type=FILE)
@click.option("--threshold", type=float, required=True, help="Least similarity, above 0 and at most 1.")
@click.option("--out", type=FILE, required=True, help="Pairs, as .parquet or .csv.")
@click.option("--spec", type=FILE, help="Specification of the packages.")
@click.option(
    "--keys", type=FILE, envvar="CHILDINDEX_KEYS", show_envvar=True, help="The unit's keys, for packages."
)
@click.option("--filter", "filter_name", help="The filter to compare, if the packages have several.")
@click.option(
    "--metric", type=click.Choice(["dice", "jaccard", "hamming"]), default="dice", show_default=True
)
@THREADS
@JSON
@QUIET
def compare(left: Path, right: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """Compare the filters of two packages at one threshold, without an index.

    Example: childindex compare a.cip b.cip --spec spec.toml --keys unit-keys --threshold 0.8 --out pairs.parquet
    """
    from pipelines import compare as job

    result = job.run(job.CompareJob(left, right, **options), TerminalProgress(quiet=quiet))
    print_result(result, f"{result['out']}: {result['pairs']:,} pairs", as_json=as_json)


@main.command()
@click.argument("out", type=FILE)
@click.option(
    "--children", type=click.IntRange(1), default=2000, show_default=True, help="Number of children."
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--tables", type=FILE, help="Folder with name and place tables; tables of a package otherwise.")
@click.option("--rate", "rates", multiple=True, metavar="NAME=SHARE", help="Change a rate; may be repeated.")
@click.option(
    "--format", "formats", type=click.Choice(["csv", "parquet"]), multiple=True, default=("csv", "parquet")
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@click.option("--list-rates", is_flag=True, help="Show every rate with its default and meaning.")
@JSON
@QUIET
def simulate(
    out: Path, children: int, *, list_rates: bool, as_json: bool, quiet: bool, **options: Any
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
    with staged(TerminalProgress(quiet=quiet)) as report:
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
    rows = [[feed.source, feed.records] for feed in result.feeds]
    print_result(result.to_json(), f"{out}\n{table_text(['feed', 'records'], rows)}", as_json=as_json)


if __name__ == "__main__":
    main()

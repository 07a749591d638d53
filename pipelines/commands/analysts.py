"""What analysts and engineers look at: thresholds, pairs to label, runs."""

from pathlib import Path
from typing import Any

import click

from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, OUTPUT, OVERWRITE, QUIET, THREADS, only_with
from pipelines.commands.terminal import terminal_progress

__all__ = ["report", "review", "tune"]


@click.command()
@click.argument("index", type=FILE)
@click.option("--report", type=OUTPUT, help="The page to make, such as tune.html.")
@OVERWRITE
@click.option(
    "--model", type=FILE, help="A model file instead of the model in use; where --set-threshold writes."
)
@click.option("--labels", type=FILE, help="Judged pairs; adds what they measure.")
@click.option("--truth", type=FILE, help="A truth file; adds what it measures.")
@click.option(
    "--ids",
    "id_maps",
    type=FILE,
    multiple=True,
    help="Record-id map, for --truth; once a source.",
)
@click.option(
    "--set-threshold", type=float, help="Write this threshold, in bits, to the model file, and do no more."
)
@click.option("--who", default="", help="Who sets the threshold.")
@click.option("--reason", default="", help="Why.")
@THREADS
@JSON
@QUIET
def tune(index: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """See what every threshold would do to INDEX, mostly without labels, and set one.

    The page opens offline in any browser. Nothing is written to the index.

    Example: childindex tune national.index --report tune.html
    """
    from pipelines.at_unit import tune as job

    threshold, who, reason = (options.pop(name) for name in ("set_threshold", "who", "reason"))
    only_with("--set-threshold", is_given=threshold is not None, who=who, reason=reason)
    only_with("--report", is_given=options["report"] is not None, overwrite=options["overwrite"])
    only_with("--truth", is_given=options["truth"] is not None, ids=options["id_maps"])
    if threshold is not None:
        if any(options[name] for name in ("report", "labels", "truth")):
            raise click.UsageError("--set-threshold writes the threshold and does no more: give it by itself")
        if options["model"] is None:
            raise click.UsageError("--set-threshold writes to a model file: name it with --model")
        decision = job.set_threshold(index, options["model"], threshold, who=who, reason=reason)
        told = (
            f"{options['model']}: threshold {decision.threshold:.3f} bits, set by {decision.who}\n"
            f"to use it: childindex link {index} --model {options['model']}"
        )
        print_result({"model": str(options["model"]), "threshold": decision.threshold}, told, as_json=as_json)
        return
    result = job.run(job.TuneJob(index, **options), terminal_progress(quiet=quiet))
    print_result(result.to_json(), result.text(), as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.argument("run", type=int, required=False)
@click.option("--report", "page", type=OUTPUT, help="Also make a page, such as run.html.")
@OVERWRITE
@JSON
def report(index: Path, run: int | None, page: Path | None, *, overwrite: bool, as_json: bool) -> None:
    """Show what RUN of INDEX did, the last one by default: what came, what changed, and what to do if it refused.

    Example: childindex report national.index 12 --report run.html
    """
    from pipelines.at_unit import run_report as job

    only_with("--report", is_given=page is not None, overwrite=overwrite)
    result = job.run(index, run, page, overwrite=overwrite)
    print_result(result.to_json(), result.text(), as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.option("--sample", type=click.IntRange(1), default=100, show_default=True, help="Pairs to draw.")
@click.option("--report", type=OUTPUT, help="The page to make, such as review.html; its key lies beside it.")
@click.option("--labels-from", type=FILE, help="Labels that the page saved, to be mapped back to records.")
@click.option(
    "--second-look", type=FILE, help="A labels file whose unsure pairs the sources are asked about."
)
@click.option("--answers", type=FILE, multiple=True, help="Answers of a source; once a source.")
@click.option("--key", type=FILE, help="The key file of the page or of the second look.")
@click.option(
    "--out", type=OUTPUT, help="The labels file to make; with --second-look a folder for the questions."
)
@OVERWRITE
@THREADS
@JSON
@QUIET
def review(index: Path, *, as_json: bool, quiet: bool, report: Path | None, **options: Any) -> None:
    """Draw the pairs of INDEX that teach most, for a person to label without seeing a name; or take the labels back.

    With --second-look the sources are asked about unsure pairs, and with --answers what they said becomes labels.

    Example: childindex review national.index --sample 200 --report review.html
    """
    from pipelines.at_unit import review as job

    if (
        sum(
            bool(way)
            for way in (report, *(options[name] for name in ("labels_from", "second_look", "answers")))
        )
        != 1
    ):
        raise click.UsageError("give one of --report, --labels-from, --second-look and --answers")
    only_with("--labels-from, --second-look or --answers", is_given=report is None, out=options["out"])
    if report is None:
        told = _take_back(index, **options)
        print_result(
            told, f"{options['out']}: {', '.join(f'{n} {name}' for name, n in told.items())}", as_json=as_json
        )
        return
    result = job.run(
        index,
        options["sample"],
        report,
        overwrite=options["overwrite"],
        threads=options["threads"],
        progress=terminal_progress(quiet=quiet),
    )
    print_result(result.to_json(), result.text(), as_json=as_json)


def _take_back(index: Path, **options: Any) -> dict[str, int]:
    """The ways of `review` that draw no pairs; counts of what was written."""
    from pipelines.at_unit import review as job
    from pipelines.at_unit import second_look

    labels, key, out = options["labels_from"], options["key"], options["out"]
    if out is None or (key is None and options["second_look"] is None):
        raise click.UsageError("name the file to make with --out, and the key file with --key")
    if options["second_look"] is not None:
        return second_look.ask_sources(index, options["second_look"], out)
    if labels is not None:
        return {"labels": job.label_records(labels, key, out, overwrite=options["overwrite"])}
    return second_look.join_answers(options["answers"], key, out, overwrite=options["overwrite"])

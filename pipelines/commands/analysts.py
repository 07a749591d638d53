"""What analysts run: thresholds, pages."""

from pathlib import Path
from typing import Any

import click

from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, OVERWRITE, QUIET, THREADS
from pipelines.console import TerminalProgress

__all__ = ["tune"]


@click.command()
@click.argument("index", type=FILE)
@click.option("--report", type=FILE, help="The page to make, such as tune.html.")
@OVERWRITE
@click.option(
    "--model", type=FILE, help="A model file instead of the model in use; where --set-threshold writes."
)
@click.option("--labels", type=FILE, help="Judged pairs; adds what they measure.")
@click.option("--truth", type=FILE, help="A truth file; adds what it measures.")
@click.option("--ids", "id_maps", type=FILE, multiple=True, help="Record-id map of a source, for --truth.")
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
    from pipelines import tune as job

    threshold, who, reason = (options.pop(name) for name in ("set_threshold", "who", "reason"))
    if threshold is not None:
        if options["model"] is None:
            raise click.UsageError("--set-threshold writes to a model file: name it with --model")
        decision = job.set_threshold(index, options["model"], threshold, who=who, reason=reason)
        told = f"{options['model']}: threshold {decision.threshold:.3f} bits, set by {decision.who}"
        print_result({"model": str(options["model"]), "threshold": decision.threshold}, told, as_json=as_json)
        return
    result = job.run(job.TuneJob(index, **options), TerminalProgress(quiet=quiet))
    print_result(result.to_json(), result.text(), as_json=as_json)

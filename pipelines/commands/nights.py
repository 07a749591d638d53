"""What the scheduler runs, and what people do about a night: accept it, undo it, list the runs."""

from pathlib import Path
from typing import Any

import click

from linkage.exchange.errors import ChildindexError
from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, KEYS, QUIET, THREADS
from pipelines.console import TerminalProgress
from pipelines.json_log import JsonLog

__all__ = ["nightly"]


@click.command()
@click.argument("index", type=FILE)
@click.argument("inbox", type=FILE)
@KEYS
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@click.option("--refit", is_flag=True, help="Fit a new model and link everything under it.")
@click.option("--metrics", type=FILE, help="Write metrics here, in the Prometheus text format.")
@click.option("--log-json", is_flag=True, help="Log to standard error, one JSON object a line.")
@THREADS
@JSON
@QUIET
@click.pass_context
def nightly(
    ctx: click.Context, /, metrics: Path | None, *, as_json: bool, quiet: bool, log_json: bool, **options: Any
) -> None:
    """Load what has arrived in INBOX, link it into INDEX, check it and publish it, or say why not.

    Packages (*.cip) are taken in the order of their numbers. One that is refused does not keep back those of other
    sources. Exit status: 0 done, 1 failed, 3 a package was not taken, 4 not published.

    Example: childindex nightly national.index inbox --keys unit-keys --metrics /var/lib/node_exporter/childindex.prom
    """
    from pipelines import nightly as job
    from pipelines.nights.reporting import note_metrics

    log = JsonLog()
    request = job.NightlyJob(**options)
    try:
        result = job.run(request, log if log_json else TerminalProgress(quiet=quiet))
    except BaseException as error:
        status = error.exit_status if isinstance(error, ChildindexError) else 1
        if log_json:
            log.tell("failed", level="error", exit_status=status, error=type(error).__name__)
        if metrics:
            note_metrics(request.index, metrics, exit_status=status)
        raise
    if metrics and not request.dry_run:
        note_metrics(request.index, metrics, exit_status=result.exit_status, not_taken=result.not_taken)
    for fault in result.faults():
        if log_json:
            log.tell("refused", level="error", reason=fault)
        else:
            click.echo(f"childindex: {fault}", err=True)
    if log_json:
        log.tell("finished", exit_status=result.exit_status, run=(result.report or {}).get("run"))
    print_result(result.to_json(), result.text(), as_json=as_json)
    ctx.exit(result.exit_status)

"""What the scheduler runs, and what people do about a night: accept it, undo it, list the runs."""

from pathlib import Path
from typing import Any

import click

from linkage.exchange.errors import ChildindexError
from linkage.exchange.plurals import counted
from pipelines.commands.group import print_result, status_of
from pipelines.commands.options import FILE, JSON, KEYS, OUTPUT, QUIET, THREADS
from pipelines.commands.terminal import minute_text, table_text, terminal_progress
from pipelines.json_log import JsonLog

__all__ = ["nightly", "runs", "undo"]

BY = click.option(
    "--by",
    default="an operator",
    envvar="CHILDINDEX_OPERATOR",
    show_envvar=True,
    help="Who decides; it is kept with the run.",
)


@click.command()
@click.argument("index", type=FILE)
@click.argument("inbox", type=FILE)
@KEYS
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@click.option("--refit", is_flag=True, help="Fit a new model and link everything under it.")
@click.option(
    "--accept", type=int, metavar="RUN", help="Publish RUN, which the breaker kept back; nothing else."
)
@click.option("--reason", help="Why RUN is right; it is kept with it.")
@BY
@click.option("--metrics", type=OUTPUT, help="Write metrics here, in the Prometheus text format.")
@click.option("--log-json", is_flag=True, help="Log to standard error, one JSON object a line.")
@THREADS
@JSON
@QUIET
@click.pass_context
def nightly(
    ctx: click.Context,
    /,
    metrics: Path | None,
    accept: int | None,
    reason: str | None,
    by: str,
    *,
    as_json: bool,
    quiet: bool,
    log_json: bool,
    **options: Any,
) -> None:
    """Load what has arrived in INBOX, link it into INDEX, check it and publish it, or say why not.

    Packages (*.cip) are taken in the order of their numbers. One that is refused does not keep back those of other
    sources. Exit status: 0 done, 1 failed, 3 a package was not taken, 4 not published.

    Example: childindex nightly national.index inbox --keys unit-keys --metrics /var/lib/node_exporter/childindex.prom
    """
    from pipelines.at_unit import nightly as job
    from pipelines.at_unit.nights.accepting import accept as accept_run
    from pipelines.at_unit.nights.reporting import note_metrics

    _check(accept, reason, metrics, is_other=options["dry_run"] or options["refit"])
    if accept is not None:
        report = accept_run(options["index"], accept, reason or "", by)
        if metrics:
            note_metrics(options["index"], metrics, exit_status=0)
        print_result(
            {"exit_status": 0, "report": report, "not_taken": []}, f"run {accept}: published", as_json=as_json
        )
        return
    log = JsonLog()
    request = job.NightlyJob(**options)
    try:
        result = job.run(request, log if log_json else terminal_progress(quiet=quiet))
    except BaseException as error:
        status = status_of(error)
        if log_json:
            # Only the messages of our own errors are known to hold nothing of a record.
            why = {"reason": str(error)} if isinstance(error, ChildindexError) else {}
            log.tell("failed", level="error", exit_status=status, error=type(error).__name__, **why)
        if metrics:
            note_metrics(request.index, metrics, exit_status=status)
        if log_json and isinstance(error, ChildindexError | KeyboardInterrupt):
            ctx.exit(status)
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


def _check(accept: int | None, reason: str | None, metrics: Path | None, *, is_other: bool) -> None:
    """Refuse what cannot be, before the night."""
    from pipelines.outputs import check_places

    if (accept is None) != (reason is None):
        raise click.UsageError("--accept RUN and --reason TEXT belong together")
    if accept is not None and is_other:
        raise click.UsageError("--accept publishes a run as it is: leave --dry-run and --refit out")
    # A night that was published and cannot say so would count as one that failed.
    check_places(metrics)


@click.command()
@click.argument("index", type=FILE)
@JSON
def runs(index: Path, *, as_json: bool) -> None:
    """List the runs of INDEX: what came, what became of it, and why.

    Example: childindex runs national.index
    """
    from pipelines.at_unit import runs as job

    told = job.listed(index)
    rows = [
        [run["run"], run["kind"], run["status"], minute_text(run["finished"] or ""), *_counts(run)]
        for run in told
    ]
    headings = ["run", "kind", "status", "finished", "new", "changed", "deleted", "children"]
    reasons = "".join(f"\nrun {run['run']}: {run['reason']}" for run in told if run["reason"])
    text = table_text(headings, rows) + ("\n" + reasons if reasons else "")
    print_result(told, text if told else "no run yet", as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.argument("run", type=int)
@click.option("--reason", required=True, help="Why; it is kept with the run.")
@BY
@JSON
def undo(index: Path, run: int, reason: str, by: str, *, as_json: bool) -> None:
    """Go back to the state of INDEX before RUN; later runs are undone with it. What people decided stays.

    The packages of the runs undone lie in INDEX/archive; those that are right can be laid into the inbox again.

    Example: childindex undo national.index 12 --reason "the school feed held last year's roll"
    """
    from pipelines.at_unit import runs as job

    report = job.undo(index, run, reason, by)
    undone = report["undone"]
    again = "; ".join(f"{part['source']} {part['sequence']}" for part in undone["packages"]) or "none"
    text = (
        f"run {report['run']}: {_undone(undone['runs'])} undone, the index holds"
        f" {counted(report['index']['children'], 'child', 'children')}\npackages that are no longer loaded: {again}"
    )
    print_result(report, text, as_json=as_json)


def _undone(numbers: list[int]) -> str:
    one = len(numbers) == 1
    return f"run{'' if one else 's'} {', '.join(map(str, numbers))} {'is' if one else 'are'}"


def _counts(run: dict[str, Any]) -> list[object]:
    arrived = run["arrived"] or {}
    counts = [arrived.get(name, "") for name in ("new", "changed", "deleted")]
    return [*counts, "" if run["children"] is None else run["children"]]

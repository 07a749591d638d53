"""What readers of a published index run: export, look-up, history, and the audit of who asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from linkage.exchange.plurals import counted
from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, OUTPUT, QUIET
from pipelines.commands.terminal import minute_text, table_text, terminal_progress

__all__ = ["ASKING", "ask", "audit", "export", "history", "lookup"]

KEYS = click.option(
    "--keys", type=FILE, envvar="CHILDINDEX_KEYS", show_envvar=True, help="Folder of the unit's keys."
)
_ASKING = (
    click.option("--recipient", default="", help="For whom; without it, for work inside the unit."),
    click.option("--purpose", default="", help="Why; required for a recipient, and logged."),
    click.option(
        "--requester",
        default="",
        envvar="CHILDINDEX_OPERATOR",
        show_envvar=True,
        help="The person or system that asks; required for a recipient, and logged.",
    ),
    KEYS,
)


def ASKING(command: Callable[..., None]) -> Callable[..., None]:  # noqa: N802 - one of the options beside it
    """Add the options that say who asks, and why."""
    for option in reversed(_ASKING):
        command = option(command)
    return command


@click.command()
@click.argument("index", type=FILE)
@click.option("--out", type=OUTPUT, required=True, help="A .parquet or .csv file.")
@click.option("--overwrite", is_flag=True, help="Replace the file if there is one.")
@ASKING
@JSON
@QUIET
def export(index: Path, out: Path, *, overwrite: bool, as_json: bool, quiet: bool, **options: Any) -> None:
    """Write child_id, source and record_id of every published record of INDEX that may be told.

    For a recipient child_id is its own pseudonym. Without one the file has the unit's own ids and must not leave it.

    Example: childindex export national.index --out out.csv --recipient research --purpose "study 1" --requester me
    """
    from pipelines.at_unit import export as job
    from pipelines.at_unit.recipients import Asking

    asking = Asking(options["recipient"], options["requester"], options["purpose"])
    progress = terminal_progress(quiet=quiet)
    rows = job.run(index, out, progress, asking=asking, keys=options["keys"], overwrite=overwrite)
    print_result({"out": str(out), "rows": rows}, f"{out}: {counted(rows, 'record')}", as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.argument("source")
@click.argument("record_id")
@ASKING
@JSON
def lookup(index: Path, source: str, record_id: str, *, as_json: bool, **options: Any) -> None:
    """Who else works with this child? Find the child that RECORD_ID of SOURCE belongs to.

    A recipient gets its own pseudonym and the sources that know the child, as its rights allow. Without a recipient
    the unit gets its own child id and all records.

    Example: childindex lookup national.index school 0f3c... --recipient care --purpose "referral 5" --requester desk
    """
    from pipelines.at_unit import lookup as job
    from pipelines.at_unit.recipients import Asking

    asking = Asking(options["recipient"], options["requester"], options["purpose"])
    if asking.recipient:
        result = job.run_for(index, source, record_id, asking, options["keys"])
        print_result(result, recipient_text(result), as_json=as_json)
        return
    result = job.run(index, source, record_id, asking)
    rows = [[record["source"], record["record_id"]] for record in result["records"]]
    note = "shielded" if result["shielded"] else table_text(["source", "record id"], rows)
    print_result(result, f"child {result['child_id']}\n{note}", as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.argument("package", type=FILE)
@ASKING
@JSON
@QUIET
def ask(index: Path, package: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """Who else works with a child that a source has just met? PACKAGE is its one record, sealed as a question.

    The source makes it with `childindex encode --question`. Nothing of it is stored.

    Example: childindex ask national.index met.cip --recipient care --purpose "referral 5" --requester desk
    """
    from pipelines.at_unit import ask as job
    from pipelines.at_unit.recipients import Asking

    if not options["recipient"] or options["keys"] is None:
        raise click.UsageError(
            "a question is answered for a recipient, with the unit's keys: --recipient, --keys"
        )
    asking = Asking(options["recipient"], options["requester"], options["purpose"])
    result = job.run(index, package, asking, options["keys"], terminal_progress(quiet=quiet))
    print_result(result, recipient_text(result), as_json=as_json)


def recipient_text(result: dict[str, Any]) -> str:
    """What a recipient is told, for people."""
    if result["shielded"]:
        return "shielded"
    lines = [
        f"child {result['pseudonym']}",
        f"known to: {', '.join(result['sources']) or 'nobody you may see'}",
    ]
    rows = [[record["source"], record["record_id"]] for record in result["records"]]
    return "\n".join([*lines, table_text(["source", "record id"], rows)] if rows else lines)


@click.command()
@click.argument("index", type=FILE)
@click.argument("child_id")
@JSON
def history(index: Path, child_id: str, *, as_json: bool) -> None:
    """Tell what became of CHILD_ID, run by run; for work inside the unit, and logged.

    Example: childindex history national.index 0V83VCN-YMJF513-KYZ0JD-5MTZYDN
    """
    from pipelines.at_unit import lookup as job

    result = job.history(index, child_id)
    rows = [
        [
            event["run"],
            minute_text(event["time"] or ""),
            event["event"],
            event["source"] or "",
            event["records"],
            "" if event["weight"] is None else f"{event['weight']:.1f}",
        ]
        for event in result["events"]
    ]
    # Names of comparisons are long: in a column they would be broken.
    levels = [
        f"run {event['run']}, levels of the link (0 missing): "
        + ", ".join(f"{name} {level}" for name, level in event["agreement"].items())
        for event in result["events"]
        if event["agreement"]
    ]
    headings = ["run", "time", "event", "source", "records", "link, bits"]
    print_result(result, "\n".join([table_text(headings, rows), *levels]), as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.option("--keys", type=FILE, help="unit.pub, or a folder that holds it: signatures are checked too.")
@click.option(
    "--checkpoint", "checkpoints", type=FILE, multiple=True, help="A signed statement kept elsewhere."
)
@click.option(
    "--sign", type=OUTPUT, metavar="FILE", help="Sign where the log ends, into FILE; needs the unit's keys."
)
@click.option("--about", nargs=2, metavar="SOURCE RECORD_ID", help="List who asked for this record.")
@JSON
def audit(
    index: Path,
    keys: Path | None,
    checkpoints: tuple[Path, ...],
    sign: Path | None,
    about: tuple[str, str] | None,
    *,
    as_json: bool,
) -> None:
    """Check that no entry of the look-up log of INDEX was changed, removed, moved or cut off.

    Example: childindex audit national.index --keys unit.pub --checkpoint kept/2026-11.json
    """
    from pipelines.at_unit import audit as job
    from pipelines.at_unit.subjects import read_record

    if sign and keys is None:
        raise click.UsageError("--sign needs the unit's keys: give their folder with --keys")
    result = job.run(index, keys, checkpoints)
    text = (
        f"{counted(result['entries'], 'entry', 'entries')}, as written;"
        f" {counted(result['statements_checked'], 'statement')} checked,"
        f" {counted(result['entries_after_last_signature'], 'entry', 'entries')} since the last signature"
    )
    if sign and keys:
        result["signed"] = job.sign(index, keys, sign)
        text += f"\n{sign}: signed; give it to somebody else to keep"
    if about:
        result["about"] = job.about(index, read_record(*about))
        rows = [list({**entry, "at": minute_text(entry["at"])}.values()) for entry in result["about"]]
        names = ["entry", "at", "kind", "recipient", "requester", "purpose", "outcome", "run"]
        text += "\n" + (table_text(names, rows) if rows else "nobody asked for this record")
    print_result(result, text, as_json=as_json)

"""What people at the unit decide about children: shield, separate, join, quarantine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from linkage.exchange.plurals import counted
from pipelines.commands.decisions import print_decision
from pipelines.commands.group import CommandGroup, print_result
from pipelines.commands.options import FILE, JSON
from pipelines.commands.terminal import minute_text

__all__ = ["join", "quarantine", "separate", "shield", "unshield"]

REASON = click.option("--reason", required=True, help="Why; it is logged and must not name anybody.")
BY = click.option(
    "--by",
    required=True,
    envvar="CHILDINDEX_OPERATOR",
    show_envvar=True,
    help="Who decides; it is logged.",
)
LIFT = click.option("--lift", is_flag=True, help="Forget what was decided about the two.")


def _decision(command: Callable[..., None]) -> Callable[..., None]:
    return REASON(BY(JSON(command)))


@click.command()
@click.argument("index", type=FILE)
@click.argument("subject", nargs=-1, required=True, metavar="CHILD_ID | SOURCE RECORD_ID")
@_decision
def shield(index: Path, subject: tuple[str, ...], reason: str, by: str, *, as_json: bool) -> None:
    """Shield a child, or a record and all that share its child, now and whatever it is joined with later.

    A record may be shielded before the index has it.

    Example: childindex shield national.index school 0f3c... --by "duty officer" --reason "court order 17"
    """
    from pipelines.at_unit import protect as job
    from pipelines.at_unit.subjects import read_subject

    result = job.shield(index, read_subject(subject), job.Decision(by, reason))
    text = f"shielded; records newly marked: {result['records_marked']}, near it: {result['quarantined']}"
    print_decision(index, result, text, as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.argument("subject", nargs=-1, required=True, metavar="CHILD_ID | SOURCE RECORD_ID")
@_decision
def unshield(index: Path, subject: tuple[str, ...], reason: str, by: str, *, as_json: bool) -> None:
    """Lift the unit's shielding of a child; what a source shields only the source can lift.

    Example: childindex unshield national.index school 0f3c... --by "duty officer" --reason "order 17 ended"
    """
    from pipelines.at_unit import protect as job
    from pipelines.at_unit.subjects import read_subject

    result = job.unshield(index, read_subject(subject), job.Decision(by, reason))
    text = f"no longer shielded; marks lifted: {result['marks_lifted']}"
    if result["left_in_quarantine"]:
        text += (
            f"\nin quarantine: {result['left_in_quarantine']}, and hidden until somebody decides, those near this child"
            " too; `childindex quarantine list` names them"
        )
    print_decision(index, result, text, as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.argument("records", nargs=-1, required=True, metavar="SOURCE RECORD_ID SOURCE RECORD_ID | CHILD CHILD")
@click.option(
    "--severed", is_flag=True, help="Two identities: no id, alias or history of one leads to the other."
)
@LIFT
@_decision
def separate(
    index: Path, records: tuple[str, ...], reason: str, by: str, *, severed: bool, lift: bool, as_json: bool
) -> None:
    """Keep two records (or two children) apart for ever: no link, and no chain of links, joins them again.

    If they are one child at present, nothing of it is shown until it is linked again.

    Example: childindex separate national.index gp 0f3c... gp 77aa... --severed --by registrar --reason "adoption 9"
    """
    from pipelines.at_unit import protect as job
    from pipelines.at_unit.subjects import read_records

    left, right = read_records(records)
    decision = job.Decision(by, reason)
    result = job.separate(index, left, right, decision, severed=severed, lift=lift)
    print_decision(index, result, _told(result, lift=lift, what="kept apart"), as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.argument("records", nargs=-1, required=True, metavar="SOURCE RECORD_ID SOURCE RECORD_ID | CHILD CHILD")
@LIFT
@_decision
def join(index: Path, records: tuple[str, ...], reason: str, by: str, *, lift: bool, as_json: bool) -> None:
    """Know that two records (or two children) are one child, whatever their likeness.

    Example: childindex join national.index gp 0f3c... school 77aa... --by registrar --reason "seen by both"
    """
    from pipelines.at_unit import protect as job
    from pipelines.at_unit.subjects import read_records

    left, right = read_records(records)
    result = job.join(index, left, right, job.Decision(by, reason), lift=lift)
    print_decision(index, result, _told(result, lift=lift, what="joined"), as_json=as_json)


def _told(result: dict[str, Any], *, lift: bool, what: str) -> str:
    return f"{counted(result['pairs'], 'pair')} {'forgotten' if lift else what}, from the next run on"


@click.group(cls=CommandGroup)
def quarantine() -> None:
    """Records that came near a shielded child; they are shown as shielded only until a person decides."""


@quarantine.command("list")
@click.argument("index", type=FILE)
@JSON
def quarantine_list(index: Path, *, as_json: bool) -> None:
    """List what awaits a decision, oldest first.

    Example: childindex quarantine list national.index
    """
    from pipelines.at_unit import protect as job

    found = job.list_quarantine(index)
    # Not a table: whoever decides copies the record id, which must not be broken.
    text = "\n".join(
        f"{one['source']} {one['record_id']}\n  near {one['near_source']} {one['near_record_id']},"
        f" {one['weight']:.1f} bits, {minute_text(one['found'])}"
        for one in found
    )
    print_result(found, text or "nothing is in quarantine", as_json=as_json)


@quarantine.command("release")
@click.argument("index", type=FILE)
@click.argument("source")
@click.argument("record_id")
@_decision
def quarantine_release(
    index: Path, source: str, record_id: str, reason: str, by: str, *, as_json: bool
) -> None:
    """Decide that a record is another child: it is shown again, and kept apart from the shielded one for ever.

    Example: childindex quarantine release national.index gp 0f3c... --by "duty officer" --reason "twin, seen"
    """
    _resolve(index, source, record_id, reason, by, same_child=False, as_json=as_json)


@quarantine.command("join")
@click.argument("index", type=FILE)
@click.argument("source")
@click.argument("record_id")
@_decision
def quarantine_join(index: Path, source: str, record_id: str, reason: str, by: str, *, as_json: bool) -> None:
    """Decide that a record is the shielded child: it stays hidden and is joined to it by the next run.

    Example: childindex quarantine join national.index gp 0f3c... --by "duty officer" --reason "same child, moved"
    """
    _resolve(index, source, record_id, reason, by, same_child=True, as_json=as_json)


def _resolve(
    index: Path, source: str, record_id: str, reason: str, by: str, *, same_child: bool, as_json: bool
) -> None:
    from pipelines.at_unit import protect as job
    from pipelines.at_unit.subjects import read_record

    record = read_record(source, record_id)
    result = job.resolve_quarantine(index, record, job.Decision(by, reason), same_child=same_child)
    left = result["left_in_quarantine"]
    print_decision(
        index, result, f"decided; {counted(left, 'pair is', 'pairs are')} left in quarantine", as_json=as_json
    )

"""How children leave the index: notices at the source, expiry and erasure at the unit."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from linkage.exchange.plurals import counted
from pipelines.commands.decisions import print_decision
from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, KEYS, OUTPUT, QUIET, SPEC
from pipelines.commands.terminal import terminal_progress

__all__ = ["erase", "expire", "notice", "readmit"]

BY = click.option(
    "--by", envvar="CHILDINDEX_OPERATOR", show_envvar=True, default="", help="Who decides; logged."
)
DAY = click.DateTime(["%Y-%m-%d"])


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


@click.command()
@click.argument("cohort")
@click.option("--source", required=True, help="The source that says so, as the specification names it.")
@SPEC
@KEYS
@click.option("--out", type=OUTPUT, required=True, help="The notice to make.")
@click.option(
    "--later-age", is_flag=True, help="Those who are flagged for the later age have reached it too."
)
@click.option("--as-of", type=DAY, help="The day of the notice; today if not given.")
@JSON
def notice(
    cohort: str,
    source: str,
    spec: Path,
    keys: Path,
    out: Path,
    as_of: datetime | None,
    *,
    later_age: bool,
    as_json: bool,
) -> None:
    """At a source: sign a notice that COHORT, such as 2008-11, has reached the age at which it leaves.

    The unit gets a keyed token; which month it was stays here.

    Example: childindex notice 2008-11 --source school --spec spec.toml --keys school-keys --out n.json
    """
    from pipelines.at_source import notice as job

    result = job.run(spec, source, keys, cohort, out, later_age=later_age, as_of=_day(as_of))
    print_result(result, f"{out}: signed; send it to the linkage unit", as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.option(
    "--notice", "notices", type=FILE, multiple=True, help="A notice of a source; several may be given."
)
@click.option(
    "--keys", type=FILE, envvar="CHILDINDEX_KEYS", show_envvar=True, help="Folder of the unit's keys."
)
@click.option("--as-of", type=DAY, help="The day that decides what is to be purged; today if not given.")
@click.option("--apply", is_flag=True, help="Do it; otherwise it is only shown.")
@BY
@JSON
@QUIET
def expire(
    index: Path,
    notices: tuple[Path, ...],
    keys: Path | None,
    as_of: datetime | None,
    by: str,
    *,
    apply: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show which children of INDEX are due to leave, and with --apply let them leave.

    They go to the archive, where only `undo` finds them, and are purged after the time that the specification gives.

    Example: childindex expire national.index --notice n.json --keys unit-keys --apply --by registrar
    """
    from pipelines.at_unit import expire as job
    from pipelines.at_unit.recipients import Asking

    if notices and keys is None:
        raise click.UsageError("notices are checked with the unit's keys: give their folder with --keys")
    taken = job.take_notices(index, notices, keys) if notices and keys else []
    progress = terminal_progress(quiet=quiet)
    result = job.run(index, _day(as_of), apply=apply, asking=Asking(requester=by), progress=progress)
    result["notices"] = taken
    done = "left for the archive" if apply else "are due (nothing was changed; --apply does it)"
    purged = (
        ("record was purged", "records were purged")
        if apply
        else ("record is to be purged", "records are to be purged")
    )
    due = counted(result["children_due"], "child", "children")
    lines = [
        f"{due} with {counted(result['records_due'], 'record')} {done}",
        f"{counted(result['children_waiting'], 'child waits', 'children wait')}, since their records disagree",
        f"{counted(result['children_kept_for_later_age'], 'child is', 'children are')} kept for the later age",
        counted(result["records_to_purge"], *purged),
    ]
    if apply or taken:
        print_decision(index, result, "\n".join(lines), as_json=as_json)
    else:
        print_result(result, "\n".join(lines), as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.argument("subject", nargs=-1, required=True, metavar="CHILD_ID | SOURCE RECORD_ID")
@KEYS
@click.option("--proof", type=OUTPUT, required=True, help="Where the signed proof goes; a new file.")
@click.option(
    "--by", required=True, envvar="CHILDINDEX_OPERATOR", show_envvar=True, help="Who decides; logged."
)
@click.option("--reason", required=True, help="Why; it is logged and must not name anybody.")
@JSON
@QUIET
def erase(
    index: Path,
    subject: tuple[str, ...],
    keys: Path,
    proof: Path,
    *,
    as_json: bool,
    quiet: bool,
    **decided: Any,
) -> None:
    """Erase a record, or a child with all its records, from everything that INDEX keeps. It cannot be undone.

    Packages in INDEX that held it become unreadable. Its source may go on sending it: it is not taken in again, until
    `childindex readmit`.

    Example: childindex erase national.index gp 0f3c... --keys unit-keys --proof p.json --by dpo --reason "request 3"
    """
    from pipelines.at_unit import erase as job
    from pipelines.at_unit.protect import Decision
    from pipelines.at_unit.subjects import read_subject

    decision, progress = Decision(decided["by"], decided["reason"]), terminal_progress(quiet=quiet)
    result = job.run(index, read_subject(subject), decision, keys=keys, proof=proof, progress=progress)
    text = (
        f"erased: {counted(result['records'], 'record')} in {counted(result['versions'], 'version')},"
        f" {counted(result['links'], 'link')}, "
        f"{counted(result['children'], 'child', 'children')};"
        f" {counted(result['packages_shredded'], 'package')} made unreadable\n"
        f"{proof}: signed proof"
    )
    print_decision(index, result, text, as_json=as_json)


@click.command()
@click.argument("index", type=FILE)
@click.argument("source")
@click.argument("record_id")
@KEYS
@click.option(
    "--by", required=True, envvar="CHILDINDEX_OPERATOR", show_envvar=True, help="Who decides; logged."
)
@click.option("--reason", required=True, help="Why; it is logged and must not name anybody.")
@JSON
def readmit(
    index: Path, source: str, record_id: str, keys: Path, by: str, reason: str, *, as_json: bool
) -> None:
    """Let a record that was erased come back into INDEX, when its source sends it the next time.

    Example: childindex readmit national.index gp 0f3c... --keys unit-keys --by dpo --reason "erased by mistake"
    """
    from pipelines.at_unit import keep_out as job
    from pipelines.at_unit.protect import Decision
    from pipelines.at_unit.subjects import read_record

    result = job.readmit(index, read_record(source, record_id), Decision(by, reason), keys=keys)
    text = f"it may come back; still kept out: {counted(result['kept_out'], 'record')}"
    print_decision(index, result, text, as_json=as_json)

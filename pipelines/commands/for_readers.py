"""What readers of a published index run: export, look-up, history."""

from pathlib import Path

import click

from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, QUIET
from pipelines.console import TerminalProgress, table_text

__all__ = ["export", "history", "lookup"]


@click.command()
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


@click.command()
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


@click.command()
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

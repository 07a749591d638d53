"""What a clerk at a source runs: the second look at pairs that encodings could not settle."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from linkage.exchange.plurals import counted
from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, OUTPUT, OVERWRITE, SPEC

if TYPE_CHECKING:
    from pipelines.at_source.answers import Question

__all__ = ["answer"]

SHORT = {"y": "yes", "n": "no", "u": "unsure"}


@click.command()
@click.argument("questions", type=FILE)
@click.option(
    "--feed", type=FILE, required=True, help="The feed that was encoded; it is shown here and stays here."
)
@SPEC
@click.option("--ids", "id_map", type=FILE, required=True, help="The map of record ids that `encode` left.")
@click.option("--out", type=OUTPUT, help="The answers to send back: yes, no or unsure, nothing else.")
@click.option(
    "--report",
    type=OUTPUT,
    help="Make a page to answer in a browser instead; it shows own records and stays here.",
)
@OVERWRITE
@JSON
def answer(
    questions: Path,
    feed: Path,
    spec: Path,
    id_map: Path,
    out: Path | None,
    report: Path | None,
    *,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Answer the unit's QUESTIONS about single pairs from the source's own plaintext.

    Each question shows the own record and where the other one differs. Only the answers leave the source: with --out
    they are asked for here, with --report in a page that saves them as a file.

    Example: childindex answer questions.json --feed gp.csv --spec spec.toml --ids gp.record_ids.parquet --out a.json
    """
    from pipelines.at_source import answers as job

    if report is not None and out is None:
        n_asked = job.answer_page(questions, feed, spec, id_map, report, overwrite=overwrite)
        told = f"{report}: {counted(n_asked, 'question')}; it shows own records, so it stays here"
        print_result({"questions": n_asked, "report": str(report)}, told, as_json=as_json)
        return
    if out is None or report is not None:
        raise click.UsageError("give --out to answer here, or --report for a page to answer in a browser")
    n_answers = job.answer_questions(questions, feed, spec, id_map, out, _ask)
    print_result({"answers": n_answers, "out": str(out)}, f"{out}: {n_answers:,} answers", as_json=as_json)


def _ask(question: "Question") -> str:
    """Show a question on standard error, so that no value is ever on standard output, and take the answer."""
    click.echo(f"\nQuestion {question.number}", err=True)
    for record in question.records:
        click.echo("\n".join(f"  {name}: {value}" for name, value in record.items() if value), err=True)
        click.echo("", err=True)
    if question.other_source is None:
        asked = "Are these two records one child?"
    else:
        asked = f"Could this child's record at {question.other_source} differ so (moved, renamed, mistyped)?"
    click.echo(f"Not equal: {', '.join(question.not_equal) or 'nothing'}", err=True)
    click.echo(f"Missing in one of the two: {', '.join(question.missing) or 'nothing'}", err=True)
    while True:
        given: str = click.prompt(f"{asked} [yes/no/unsure]", err=True).strip().lower()
        given = SHORT.get(given, given)
        if given in SHORT.values():
            return given

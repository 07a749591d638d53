"""A second look at the source: a clerk reads the own records of a question, and only yes, no or unsure leaves."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from encoders.feeds.feed import open_feed
from encoders.feeds.field_values import field_values
from linkage.exchange.errors import InputRefused
from linkage.exchange.specification import Specification, read_specification
from pipelines.outputs import check_output
from pipelines.report.page import page, write_page
from pipelines.second_look_files import ANSWERS, VERSION, read_questions, write_document

__all__ = ["Question", "answer_page", "answer_questions"]


@dataclass(frozen=True, repr=False)
class Question:
    """What a clerk is shown; it stays at the source.

    Attributes
    ----------
    number
        Of the question.
    records
        The own records, field by field as the feed has them.
    other_source
        Where the other record is; None if both are shown.
    not_equal, missing
        Comparisons that are not equal, and those of which a record lacks the value.
    """

    number: int
    records: tuple[dict[str, str], ...]
    other_source: str | None
    not_equal: tuple[str, ...]
    missing: tuple[str, ...]


def answer_questions(
    questions: Path,
    feed: Path,
    spec: Path,
    id_map: Path,
    out: Path,
    ask: Callable[[Question], str],
) -> int:
    """Show a clerk the own records of every question and write the answers; how many there are.

    Parameters
    ----------
    ask
        Shows a question and returns yes, no or unsure.

    Raises
    ------
    InputRefused
        If a file cannot be used, or a record is not in the feed any more (asked of nobody; told by its number).
    """
    check_output(out, overwrite=False)
    head, asked = _read_questions(questions, feed, spec, id_map)
    answers = {str(question.number): ask(question) for question in asked}
    write_document(out, head | {"answers": answers})
    return len(answers)


def answer_page(
    questions: Path, feed: Path, spec: Path, id_map: Path, out: Path, *, overwrite: bool = False
) -> int:
    """Write the questions, with the own records, as a page that a clerk answers in a browser; how many there are.

    The page holds plaintext of this source and is for its owner only (mode 0600). What it saves holds answers only.

    Raises
    ------
    InputRefused
        As `answer_questions`.
    """
    check_output(out, overwrite=overwrite)
    head, asked = _read_questions(questions, feed, spec, id_map)
    text = page(
        "look.html.j2",
        title="A second look: is it the same child?",
        data=head | {"questions": [asdict(question) for question in asked]},
        scripts=["look.js", "clerk.js"],
        source=head["source"],
        n_questions=len(asked),
    )
    write_page(out, text)
    return len(asked)


def _read_questions(
    questions: Path, feed: Path, spec: Path, id_map: Path
) -> tuple[dict[str, Any], list[Question]]:
    """What the answers begin with, and the questions with the own records."""
    document = read_questions(questions)
    specification, source = read_specification(spec), document.source
    if source not in specification.sources:
        raise InputRefused(f"{questions}: asks source {source!r}, which {spec} does not have")
    records = _own_records(specification, source, feed, id_map)
    asked = []
    for each in document.questions:
        if not all(record in records.index for record in each.records):
            raise InputRefused(
                f"{feed}: lacks a record of question {each.question}; give the feed that was encoded, and with --ids"
                " the map that was made with it"
            )
        own = tuple(
            {str(name): str(value) for name, value in records.loc[record].items()} for record in each.records
        )
        told = tuple(each.not_equal), tuple(each.missing)
        asked.append(Question(each.question, own, each.other_source, *told))
    head = {"format": ANSWERS, "version": VERSION, "look": document.look, "source": source}
    return head, asked


def _own_records(specification: Specification, source: str, feed: Path, id_map: Path) -> pd.DataFrame:
    """The fields of the feed by the record id that the unit knows."""
    rule = specification.sources[source]
    try:
        ids = pd.read_parquet(id_map)
    except (OSError, ValueError):
        # The reader's own message may quote a row.
        raise InputRefused(f"{id_map}: cannot be read as a map of record ids") from None
    wanted = [rule.record_id, *(column for field in rule.columns for column in rule.columns_of(field))]
    parts = []
    with open_feed(feed, columns=wanted, encoding=rule.encoding, delimiter=rule.delimiter) as opened:
        for batch in opened:
            # The source's own number comes first: by it a clerk finds the child's file.
            shown = {
                "feed_record_id": pc.utf8_trim_whitespace(batch.column(rule.record_id).cast(pa.string()))
            }
            shown |= {field: field_values(batch, rule, field).cast(pa.string()) for field in rule.columns}
            parts.append(pa.table(shown).to_pandas().fillna(""))
    ids = ids.drop_duplicates("record_id").astype({"feed_record_id": str})[["feed_record_id", "record_id"]]
    records: pd.DataFrame = pd.concat(parts).merge(ids, on="feed_record_id").set_index("record_id")
    return records

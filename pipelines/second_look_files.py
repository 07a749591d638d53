"""The files of a second look: questions to a source, and its answers.

Questions: ``{"format": "childindex second look", "version": 1, "look": id, "source": name, "questions": [{"question":
1, "records": [hex, ...], "other_source": name or null, "not_equal": [comparison, ...], "missing": [...]}]}``; two
records where both are of this source. Answers: ``{"format": "childindex second look answers", "version": 1, "look": id,
"source": name, "answers": {"1": "yes"}}``.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from linkage.exchange.public_keys import NAME
from pipelines.documents import Document, read_document
from pipelines.outputs import whole_file

__all__ = [
    "ANSWERS",
    "QUESTIONS",
    "VERSION",
    "Answers",
    "Questions",
    "read_answers",
    "read_questions",
    "write_document",
]

QUESTIONS, ANSWERS, VERSION = "childindex second look", "childindex second look answers", 1

Name = Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
RecordId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Look = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
Number = Annotated[str, Field(pattern="^[1-9][0-9]{0,8}$")]


class Asked(Document):
    """One question."""

    question: Annotated[int, Field(ge=1)]
    records: Annotated[list[RecordId], Field(min_length=1, max_length=2)]
    other_source: Name | None
    not_equal: list[Name]
    missing: list[Name]


class Questions(Document):
    """The unit's questions to a source; all text in it is names and digits, since a clerk's terminal shows it."""

    look: Look
    source: Name
    questions: list[Asked]


class Answers(Document):
    """A source's answers, by the numbers of the questions."""

    look: Look
    source: Name
    answers: dict[Number, Literal["yes", "no", "unsure"]]


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read_questions(path: Path) -> Questions:
    """Read the unit's questions.

    Raises
    ------
    InputRefused
        If it is another file, of another version, or not as it should be.
    """
    return read_document(path, Questions, QUESTIONS, VERSION)


def read_answers(path: Path) -> Answers:
    """Read a source's answers.

    Raises
    ------
    InputRefused
        As `read_questions`.
    """
    return read_document(path, Answers, ANSWERS, VERSION)

"""The files of a second look: questions to a source, and its answers.

Questions: ``{"format": "childindex second look", "version": 1, "look": id, "source": name, "questions": [{"question":
1, "records": [hex, ...], "other_source": name or null, "not_equal": [comparison, ...], "missing": [...]}]}``; two
records where both are of this source. Answers: ``{"format": "childindex second look answers", "version": 1, "look": id,
"source": name, "answers": {"1": "yes"}}``.
"""

import json
from pathlib import Path
from typing import Any

from linkage.exchange.errors import InputRefused
from pipelines.outputs import whole_file

__all__ = ["ANSWERS", "QUESTIONS", "VERSION", "read_document", "write_document"]

QUESTIONS, ANSWERS, VERSION = "childindex second look", "childindex second look answers", 1


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read_document(path: Path, form: str) -> dict[str, Any]:
    """Read a file of one of the two formats.

    Raises
    ------
    InputRefused
        If it is another file, or of another version.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputRefused(f"{path}: cannot be read as JSON") from None
    if not isinstance(document, dict) or (document.get("format"), document.get("version")) != (form, VERSION):
        raise InputRefused(f"{path}: expected a file of the format {form!r}, version {VERSION}")
    return document

"""JSON documents that come back from a page or from another organisation: checked whole before any of it is used."""

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from linkage.exchange.errors import InputRefused

__all__ = ["Document", "read_document"]


class Document(BaseModel):
    """What a format has besides its name and version; members that it does not name are passed over."""

    model_config = ConfigDict(strict=True, frozen=True)


Read = TypeVar("Read", bound=Document)


def read_document(path: Path, schema: type[Read], form: str, version: int) -> Read:
    """Read a document of a format: what `schema` names, and nothing else.

    Raises
    ------
    InputRefused
        If there is no such file, it is another one or of another version, or a member is not what it should be; it is
        named by the first part of its place, since what lies deeper may be anything.
    """
    if not path.is_file():
        raise InputRefused(f"{path}: there is no such file")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise InputRefused(f"{path}: cannot be read as JSON; expected the format {form!r}") from None
    if not isinstance(document, dict) or document.get("format") != form:
        raise InputRefused(f"{path}: expected a file of the format {form!r}, this is another")
    if document.get("version") != version:
        raise InputRefused(
            f"{path}: expected version {version} of the format {form!r}; upgrade childindex where it was made or here"
        )
    try:
        return schema.model_validate(document)
    except ValidationError as error:
        faults = [fault["loc"] for fault in error.errors(include_input=False, include_url=False)]
    members = ", ".join(
        sorted({repr(place[0]) for place in faults if place and place[0] in schema.model_fields})
    )
    raise InputRefused(
        f"{path}: not as the format {form!r} has it: {members or 'the whole'}; get the file again"
    )

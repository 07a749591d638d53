"""How a decision about a child is confirmed."""

from pathlib import Path
from typing import Any

from pipelines.commands.group import print_result

__all__ = ["print_decision"]


def print_decision(index: Path, document: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print the result of a decision, with a warning where the index has a next one that does not know of it."""
    from pipelines.at_unit.next_index import reminder

    warning = reminder(index)
    if warning is not None:
        document = document | {"warning": warning}
        text = f"{text}\nwarning: {warning}"
    print_result(document, text, as_json=as_json)

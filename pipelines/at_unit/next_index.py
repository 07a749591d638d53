"""What an index that has a next one says to whoever decides about a child in it.

A shield that is set in the old index alone would be lost when readers change over: the next index took over what was
decided before it was made, and knows of nothing later.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

from linkage.index.storage.durable_files import replace_file
from linkage.index.storage.folder import IndexFolder

__all__ = ["note_next", "reminder"]


def note_next(old: Path) -> None:
    """Note in the old index that one was made after it, now."""
    made = datetime.now(UTC).isoformat(timespec="seconds")
    replace_file(IndexFolder(old).succeeded, json.dumps({"made": made}).encode())


def reminder(index: Path) -> str | None:
    """What to do besides after a decision in this index; None where no next one was made."""
    try:
        made = json.loads(IndexFolder(index).succeeded.read_bytes())["made"]
    except FileNotFoundError:
        return None
    return (
        f"on {made} an index of the next key was made after this one, and does not know of this decision: make it"
        " there too, by the record's new id, or make that index again (docs/lifecycle.md, a new project key)"
    )

"""The job that answers which records belong to the same child as one record, and what became of a child."""

from pathlib import Path
from typing import Any

from linkage.exchange.errors import IndexRefused
from linkage.index import Child, format_child_id, open_published, parse_child_id

__all__ = ["history", "run"]


def run(index: Path, source: str, record_id: str) -> dict[str, Any]:
    """Look up a record by its source and its id at the unit (32 hexadecimal digits).

    Returns
    -------
    ``child_id``, ``shielded`` and ``records`` (source and id of each); a shielded child has no records.

    Raises
    ------
    IndexRefused
        If nothing is published, the source is unknown, the id is not one, or the index does not know it.
    """
    published = open_published(index)
    child = published.lookup(source, _record_id(record_id))
    if child is None:
        raise IndexRefused(
            f"the index has published no such record of {source!r}. It takes the ids of the unit: the source finds them"
            " in its map, FEED.record_ids.parquet, in the column record_id; a record loaded after the last"
            " `childindex link` is not there yet"
        )
    return _described(child)


def history(index: Path, child_id: str) -> dict[str, Any]:
    """Every event of a child, oldest first, with run, kind and the evidence of its deciding link."""
    published = open_published(index)
    identifier = parse_child_id(child_id)
    events = [
        {
            "run": event.run_no,
            "event": str(event.kind),
            "other_child": format_child_id(event.other) if event.other else None,
            "source": event.record.source if event.record else None,
            "record_id": event.record.record_id.hex() if event.record else None,
            "records": event.n_records,
            "pattern": event.pattern,
            "weight": event.weight,
        }
        for event in published.history(identifier)
    ]
    if not events:
        raise IndexRefused("the index has no history of this child, or may not tell it")
    return {"child_id": child_id, "events": events}


def _record_id(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != 16:
        raise IndexRefused(
            "a record id at the unit is 32 hexadecimal digits, this is none; a source finds it beside its own id"
            " in its map, FEED.record_ids.parquet, in the column record_id"
        )
    return raw


def _described(child: Child) -> dict[str, Any]:
    return {
        "child_id": format_child_id(child.child_id),
        "shielded": child.shielded,
        "records": [
            {"source": record.source, "record_id": record.record_id.hex()} for record in child.records
        ],
    }

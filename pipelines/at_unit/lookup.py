"""The job that answers which records belong to the same child as one record, and what became of a child."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from linkage.comparison import CommonValues, ComparisonPlan, decode_patterns
from linkage.comparison.specified import plan_of
from linkage.exchange.errors import IndexRefused
from linkage.index import (
    Child,
    PublishedIndex,
    RecipientChild,
    format_child_id,
    open_published,
    parse_child_id,
)
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.linking.decided_model import DecidedModel
from pipelines.at_unit.recipients import Asking, access_of, log_unit
from pipelines.at_unit.subjects import read_record

__all__ = ["described_to_recipient", "history", "run", "run_for"]


def run(index: Path, source: str, record_id: str, asking: Asking | None = None) -> dict[str, Any]:
    """Look up a record inside the unit, by its source and its id there (32 hexadecimal digits); it is logged.

    Returns
    -------
    ``child_id``, ``shielded`` and ``records`` (source and id of each); a shielded child has no records.

    Raises
    ------
    IndexRefused
        If nothing is published, the source is unknown, the id is not one, or the index does not know it.
    """
    published = open_published(index)
    record = read_record(source, record_id)
    child = published.lookup(*record.key)
    n_records = len(child.records) if child else 0
    log_unit(
        index,
        "lookup",
        asking or Asking(),
        published.run_no,
        n_records=n_records,
        source=source,
        record_id=record.record_id,
    )
    if child is None:
        raise _unknown(source)
    return _described(child)


def run_for(index: Path, source: str, record_id: str, asking: Asking, keys: Path | None) -> dict[str, Any]:
    """Look up a record for a recipient: its own pseudonym of the child, and which sources know it.

    Returns
    -------
    ``pseudonym``, ``sources``, ``records`` and ``shielded``, as the recipient's rights allow.

    Raises
    ------
    IndexRefused
        As `run`, and if the recipient has no right to ask; a shielded child that it may not know of is refused like
        an unknown one.
    """
    record = read_record(source, record_id)
    with access_of(index, asking.recipient, keys) as access:
        found = access.lookup(*record.key, requester=asking.requester, purpose=asking.purpose)
    if found is None:
        raise _unknown(source)
    return described_to_recipient(found)


def described_to_recipient(found: RecipientChild) -> dict[str, Any]:
    """What a recipient is told of a child, as a document."""
    return {
        "pseudonym": found.pseudonym,
        "shielded": found.shielded,
        "sources": list(found.sources),
        "records": [
            {"source": record.source, "record_id": record.record_id.hex()} for record in found.records
        ],
    }


def history(index: Path, child_id: str) -> dict[str, Any]:
    """Every event of a child, oldest first, with run, time, kind and the evidence of its deciding link.

    ``earlier_epoch`` says that the run was in the index of an earlier epoch; then nothing is told of what agreed.
    ``weight`` is in bits; ``agreement`` the level of each comparison in the deciding link, 0 being missing.
    """
    published = open_published(index)
    identifier = parse_child_id(child_id)
    log_unit(index, "history", Asking(), published.run_no, record_id=identifier)
    runs = {run["run_no"]: run for run in published.runs()}
    earlier = {number for number, run in runs.items() if run["status"] == "earlier"}
    comparisons = plan_of(index_specification(index), _common_values(published))
    events = [
        {
            "run": event.run_no,
            "time": runs[event.run_no]["finished"] if event.run_no in runs else None,
            "earlier_epoch": event.run_no in earlier,
            "event": str(event.kind),
            "other_child": format_child_id(event.other) if event.other else None,
            "source": event.record.source if event.record else None,
            "record_id": event.record.record_id.hex() if event.record else None,
            "records": event.n_records,
            "pattern": event.pattern,
            "weight": event.weight,
            # What a pattern of another model means is not known here.
            "agreement": None if event.run_no in earlier else _levels(comparisons, event.pattern),
        }
        for event in published.history(identifier)
    ]
    if not events:
        raise IndexRefused("the index has no history of this child, or may not tell it")
    return {"child_id": child_id, "events": events}


def _common_values(published: PublishedIndex) -> tuple[CommonValues, ...]:
    """What the last model takes for common values, which decides what patterns mean."""
    models = [run["model"] for run in published.runs() if run["model"] and run["status"] == "published"]
    if not models:
        return ()
    return DecidedModel.from_json(models[-1], origin="the last run").common


def _levels(plan: ComparisonPlan, pattern: int | None) -> dict[str, int] | None:
    """The level of each comparison; None without a link, or where the specification compares otherwise by now."""
    if pattern is None or not 0 <= pattern < math.prod(plan.n_levels):
        return None
    levels = decode_patterns(np.array([pattern]), plan.n_levels)[0]
    return {comparison.name: int(level) for comparison, level in zip(plan.comparisons, levels, strict=True)}


def _unknown(source: str) -> IndexRefused:
    return IndexRefused(
        f"the index has published no such record of {source!r}. It takes the ids of the unit: the source finds them"
        " in its map, FEED.record_ids.parquet, in the column record_id; a record loaded after the last"
        " `childindex link` is not there yet"
    )


def _described(child: Child) -> dict[str, Any]:
    return {
        "child_id": format_child_id(child.child_id),
        "shielded": child.shielded,
        "records": [
            {"source": record.source, "record_id": record.record_id.hex()} for record in child.records
        ],
    }

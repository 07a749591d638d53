"""The job that gives an index a newer specification: other rights, limits or rules, the same encoding."""

from pathlib import Path
from typing import Any

from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.specification import read_specification
from linkage.index.storage.durable_files import replace_file
from linkage.index.storage.folder import IndexFolder
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.recipients import Asking, log_unit

__all__ = ["run"]

WANTS_A_REFIT = {
    "decision": "the threshold in use was chosen under the earlier [decision]",
    "comparisons": "the model in use was fitted to the earlier [[comparisons]]",
}
"""What of a specification a model goes on without, until it is fitted anew."""


def run(index: Path, specification: Path, asking: Asking) -> dict[str, Any]:
    """Replace the specification of an index; it is logged. What changed, and what has to be done for it to count.

    Raises
    ------
    SpecificationRefused
        If it has faults, encodes otherwise, or has other sources: that needs a new index.
    """
    folder = IndexFolder(index)
    card = folder.read_card()
    fresh = read_specification(specification)
    if fresh.fingerprint != card.fingerprint:
        raise SpecificationRefused(
            f"{specification}: fingerprint {fresh.fingerprint[:16]}, the index has {card.fingerprint[:16]}: it encodes"
            " otherwise, which needs a new index (`childindex init`) and new packages of every source"
        )
    if tuple(fresh.sources) != card.sources:
        raise SpecificationRefused(
            f"{specification}: the index has the sources {', '.join(card.sources)}, in this order; the specification"
            f" names {', '.join(fresh.sources) or 'none'}"
        )
    before = index_specification(index).model_dump(mode="json")
    after = fresh.model_dump(mode="json")
    changed = sorted(name for name in after if after[name] != before[name])
    log_unit(index, "adopt specification", asking, 0)
    replace_file(folder.specification, specification.read_bytes())
    notes = [
        f"{what}: `childindex link {index} --refit` takes the new"
        for name, what in WANTS_A_REFIT.items()
        if name in changed
    ]
    return {"index": str(index), "changed": changed, "notes": notes}

"""What the stored evidence rests on: as long as it is the same, a night adds to it; otherwise all is linked anew."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from linkage.exchange.specification import Specification, compares_every_pair
from linkage.index import Index
from pipelines.at_unit.linking.decided_model import DecidedModel

__all__ = ["basis_of", "run_of_basis"]

PARTS = {"filters", "tokens", "blocking_keys", "comparisons", "candidates", "resolution"}
"""Of the specification: what decides which pairs are compared, how, and what becomes of them."""


def basis_of(specification: Specification, decided: DecidedModel, n_records: int) -> dict[str, Any]:
    """What the evidence of a run over so many live records rests on, as its report says it."""
    return {
        "model": _digest(decided.to_json()),
        "specification": _digest(specification.model_dump(mode="json", include=PARTS)),
        "every_pair": compares_every_pair(specification, n_records),
    }


def run_of_basis(index: Index, basis: Mapping[str, Any]) -> int | None:
    """The last run that linked what is published, if it did so on this basis; None if all must be linked anew."""
    for run in reversed(index.runs()):
        if run.status == "published" and "basis" in run.metrics:
            return run.run_no if run.metrics["basis"] == basis else None
    return None


def _digest(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

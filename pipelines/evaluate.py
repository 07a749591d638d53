"""The job that measures an index against a truth file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from linkage.exchange.errors import InputRefused
from linkage.index import open_published
from pipelines.progress import Progress, Silent
from pipelines.truth import read_truth

__all__ = ["EvaluationSummary", "run"]


@dataclass(frozen=True)
class EvaluationSummary:
    """Pairwise quality."""

    records: int
    precision: float
    recall: float
    f1: float

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return asdict(self)

    def text(self) -> str:
        """The same for people."""
        return f"precision {self.precision:.4f}, recall {self.recall:.4f}, F1 {self.f1:.4f}"


def run(
    index: Path, truth: Path, id_maps: Sequence[Path], progress: Progress | None = None
) -> EvaluationSummary:
    """Measure the published children of an index.

    Raises
    ------
    InputRefused
        If nothing is published, the truth cannot be read, or none of its records is in the index.
    """
    with (progress or Silent()).stage("evaluate", unit="") as stage:
        exported = open_published(index).export(include_shielded=True).read_all().to_pandas()
        joined = exported.merge(read_truth(truth, id_maps), on=["source", "record_id"], how="inner")
        if joined.empty:
            raise InputRefused(
                f"{truth}: none of its records is in the index; give the record-id maps of the sources with --ids"
            )
        true_positive = _pairs(joined.groupby(["child_id", "entity_id"]).size().to_numpy())
        linked = _pairs(joined.groupby("child_id").size().to_numpy())
        true = _pairs(joined.groupby("entity_id").size().to_numpy())
        stage.reach(1)
    return EvaluationSummary(
        len(joined),
        true_positive / max(linked, 1),
        true_positive / max(true, 1),
        2 * true_positive / max(linked + true, 1),
    )


def _pairs(sizes: "np.ndarray[Any, np.dtype[np.int64]]") -> int:
    return int((sizes * (sizes - 1) // 2).sum())

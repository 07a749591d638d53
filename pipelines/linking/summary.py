"""What a linking run tells about itself, in counts."""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from linkage.index import Membership
from linkage.resolution import Resolution
from pipelines.console import table_text
from pipelines.linking.decided_model import DecidedModel
from pipelines.linking.records import ComparableRecords

__all__ = ["LinkSummary"]

FEW_RECORDS = 1_000


@dataclass
class LinkSummary:
    """Counts of a run.

    Attributes
    ----------
    duplicates
        By source, records beyond the source's first in a child.
    expected
        Expected quality at the threshold, estimated without labels; empty where a person set the threshold.
    seconds
        By stage.
    """

    run: int
    records: dict[str, int]
    pairs_compared: int
    links: int
    children: int
    duplicates: dict[str, int]
    threshold: float
    warnings: list[str]
    expected: dict[str, Any]
    changes: dict[str, int]
    conflicts: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        run_no: int,
        records: ComparableRecords,
        resolution: Resolution,
        membership: Membership,
        decided: DecidedModel,
    ) -> "LinkSummary":
        """Count what a run did."""
        n_sources = len(records.sources)
        held = np.unique(resolution.labels * n_sources + records.live.sources.astype(np.int64))
        duplicates = records.counts - np.bincount(held % n_sources, minlength=n_sources)
        return cls(
            run=run_no,
            records=dict(zip(records.sources, records.counts.tolist(), strict=True)),
            pairs_compared=records.candidates.n_pairs,
            links=int(resolution.accepted.sum()),
            children=len(np.unique(resolution.labels)),
            duplicates=dict(zip(records.sources, duplicates.tolist(), strict=True)),
            threshold=decided.decision.threshold,
            warnings=[*decided.model.report.warnings, *_few_records(int(records.counts.sum()))],
            expected=decided.decision.expected,
            changes=asdict(membership),
            conflicts=resolution.conflicts.to_json(),
        )

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return asdict(self)

    def text(self) -> str:
        """The same for people."""
        rows = [[name, n, self.duplicates[name]] for name, n in self.records.items()]
        lines = [
            f"run {self.run}: {sum(self.records.values()):,} records, {self.children:,} children",
            table_text(["source", "records", "duplicates"], rows),
            f"{self.pairs_compared:,} pairs compared, {self.links:,} linked at {self.threshold:.2f} bits",
        ]
        if self.expected:
            parts = [
                f"{name} {part['estimate']:.4f} ({part['low']:.4f} to {part['high']:.4f})"
                for name in ("precision", "recall")
                if (part := self.expected[name])
            ]
            lines.append(f"expected of single links, without labels: {', '.join(parts)}")
        return "\n".join([*lines, *(f"warning: {warning}" for warning in self.warnings)])


def _few_records(n_records: int) -> list[str]:
    """A model is estimated from the records themselves, and a few hundred cannot tell a class of matches."""
    warning = (
        f"only {n_records:,} records: too few to estimate a model that can be trusted, the links may be badly wrong;"
        " use a model that was fitted to a larger index (link --model FILE)"
    )
    return [warning] if n_records < FEW_RECORDS else []

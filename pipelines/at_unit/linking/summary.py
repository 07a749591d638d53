"""What a linking run tells about itself, in counts."""

from dataclasses import asdict, dataclass, field
from typing import Any

from linkage.exchange.plurals import counted
from pipelines.at_unit.linking.expecting import CHILDREN
from pipelines.at_unit.nights.conclusion import Conclusion
from pipelines.at_unit.nights.warned import warnings_of
from pipelines.console import table_text

__all__ = ["LinkSummary"]


@dataclass
class LinkSummary:
    """Counts of a run.

    Attributes
    ----------
    duplicates
        By source, records beyond the source's first in a child.
    expected
        Expected quality at the threshold, estimated without labels: of single links with intervals of 95 per cent and,
        under ``children``, of the partition with intervals of 90; empty where a person set the threshold.
    quarantined
        Pairs of a record and a shielded child that it came near, which await a decision.
    met
        Share of a source's records whose child has a record of another source, such as ``"gp in school"``.
    seconds
        By stage.
    outcome, tripped
        ``"published"``, or ``"refused"`` and the figures that are out of their band.
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
    quarantined: int = 0
    met: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    outcome: str = "published"
    tripped: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, concluded: Conclusion) -> "LinkSummary":
        """Take from the report of a run what a person wants to see first."""
        report, state, linked = concluded.report, concluded.state, concluded.linked
        met = {one["of"]: one["value"] for one in report["figures"] if one["figure"] == "match_rate"}
        return cls(
            run=report["run"],
            records=state.by_source(state.records),
            pairs_compared=linked.pairs,
            links=linked.links,
            children=state.children,
            duplicates=state.by_source(state.duplicates),
            threshold=linked.decided.decision.threshold,
            warnings=warnings_of(report),
            expected=linked.decided.decision.expected,
            changes=asdict(linked.membership),
            conflicts=report["conflicts"],
            quarantined=report["quarantined"],
            met=met,
            seconds=report["seconds"],
            outcome=report["outcome"],
            tripped=list(report["breaker"]["tripped"]),
        )

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return asdict(self)

    def text(self) -> str:
        """The same for people."""
        rows = [[name, n, self.duplicates[name]] for name, n in self.records.items()]
        n_records = sum(self.records.values())
        lines = [
            f"run {self.run}: {counted(n_records, 'record')}, {counted(self.children, 'child', 'children')}",
            table_text(["source", "records", "duplicates"], rows),
            f"{counted(self.pairs_compared, 'pair')} compared, {self.links:,} linked at {self.threshold:.2f} bits",
        ]
        if self.met:
            told = [f"{pair} {share:.1%}" for pair, share in self.met.items()]
            lines.append(f"found in another source: {', '.join(told)}")
        if CHILDREN in self.expected:
            shares = self.expected[CHILDREN]
            told = [
                f"{name} {shares[name]['estimate']:.4f} ({shares[name]['low']:.4f} to {shares[name]['high']:.4f})"
                for name in ("precision", "recall")
            ]
            lines.append(f"expected of the children, without labels, nine times in ten: {', '.join(told)}")
        elif self.expected:
            parts = [
                f"{name} {part['estimate']:.4f} ({part['low']:.4f} to {part['high']:.4f})"
                for name in ("precision", "recall")
                if (part := self.expected[name])
            ]
            lines.append(f"expected of single links, without labels: {', '.join(parts)}")
        if self.quarantined:
            lines.append(
                f"{counted(self.quarantined, 'near match', 'near matches')} of shielded children to be decided:"
                " childindex quarantine list"
            )
        return "\n".join([*lines, *(f"warning: {warning}" for warning in self.warnings)])

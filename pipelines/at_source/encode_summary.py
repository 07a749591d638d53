"""What encoding a feed did, for machines and for people."""

from dataclasses import dataclass
from pathlib import Path

from encoders.batches import FeedCounts
from linkage.exchange.plurals import counted
from pipelines.console import table_text

__all__ = ["QUESTION", "EncodeSummary"]

QUESTION = "question"
"""The kind of a package that asks about one record and is not stored."""


@dataclass(frozen=True)
class EncodeSummary:
    """What encoding a feed did, in counts; no value of a record appears.

    Attributes
    ----------
    source, kind, sequence
        Whose package it is, of which kind, and its number in the chain of its source.
    package, digest
        The file and its SHA-256, in hexadecimal.
    id_map, kept_id_map, rejects
        The map of record ids; that of an earlier key, where one was there; the list of rejected rows.
    certificate
        The gate's, where the package went through it.
    seconds
        By the clock, reading of keys included.
    """

    source: str
    package: Path
    id_map: Path
    rejects: Path
    sequence: int
    digest: str
    counts: FeedCounts
    seconds: float
    kept_id_map: Path | None = None
    kind: str = "snapshot"
    certificate: Path | None = None

    def to_json(self) -> dict[str, object]:
        """As a document for machines."""
        return {
            "source": self.source,
            "package": str(self.package),
            "id_map": str(self.id_map),
            "kept_id_map": str(self.kept_id_map) if self.kept_id_map else None,
            "rejects": str(self.rejects),
            "sequence": self.sequence,
            "digest": self.digest,
            "gate": "passed" if self.certificate else None,
            "certificate": str(self.certificate) if self.certificate else None,
            "rows": self.counts.rows,
            "encoded": self.counts.encoded,
            "deleted": self.counts.deleted,
            "empty": self.counts.empty,
            "rejected": dict(self.counts.rejected),
            "kept_as_typed": dict(self.counts.kept),
            "missing": dict(self.counts.missing),
            "invalid": dict(self.counts.invalid),
            "seconds": round(self.seconds, 3),
        }

    def _place(self) -> str:
        if self.kind == QUESTION:
            return f"a question of {self.source}, to be asked within a day"
        return f"package {self.sequence} of {self.source}"

    def text(self) -> str:
        """The same for people."""
        counts = self.counts
        rows = [
            [field, missing, sum(n for rule, n in counts.invalid.items() if rule.partition(".")[0] == field)]
            for field, missing in counts.missing.items()
        ]
        told = [("records rejected", counts.rejected), ("values kept as typed", counts.kept)]
        sent = f"{counts.encoded:,} of {counted(counts.rows, 'record')}"
        if counts.deleted:
            kept = counts.encoded - counts.deleted
            sent = f"{counted(kept, 'record')} and {counted(counts.deleted, 'deletion')}"
            sent += f" of {counted(counts.rows, 'row')}"
        lines = [
            f"{self.package}: {sent}, {self._place()}",
            f"sha256 {self.digest}",
            table_text(["field", "missing", "of these invalid"], rows) if rows else "no value is missing",
            f"record ids: {self.id_map} (stays at the source)",
        ]
        if self.certificate:
            lines.insert(2, f"the gate lets it pass: {self.certificate} is the signed certificate")
        if self.kept_id_map:
            lines.append(f"the map of an earlier key is kept: {self.kept_id_map}")
        for what, rules in told:
            if rules:
                listed = ", ".join(f"{rule} {n:,}" for rule, n in sorted(rules.items()))
                lines.append(f"{what}: {listed}; see {self.rejects}")
        if counts.empty:
            lines.append(
                f"{counted(counts.empty, 'record has', 'records have')} no value in any field and can"
                " meet no other; if they are deletions,"
                f" name the column that says so as `operation` under [sources.{self.source}]"
            )
        return "\n".join(lines)

"""The gate's report: everything that was checked, what follows, what leaves and what does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from encoders.attacks.outcome import AttackResult
from encoders.gate.findings import Finding, Verdict, overall
from encoders.gate.limits import GateLimits
from linkage.exchange.manifest import Manifest
from linkage.exchange.specification import RISKS, Specification, named_risks

__all__ = ["LEVELS", "GateReport", "Subject", "what_leaves"]

LEVELS = {
    "outsider": "without a key: header and sealed bytes only",
    "unit": "opened with the linkage unit's key, without plaintext",
    "source": "opened at the source, against the plaintext feed",
}


@dataclass(frozen=True)
class Subject:
    """What was verified.

    Attributes
    ----------
    package, digest
        Name of the file and its SHA-256; the digest is empty for a package that was verified before it was sealed.
    manifest
        None where the package could not be opened.
    """

    package: str
    digest: str
    manifest: Manifest | None

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        told: dict[str, Any] = {"package": self.package, "digest": self.digest}
        if self.manifest is not None:
            names = (
                "project", "source", "sequence", "kind", "previous", "created", "purpose", "specification",
                "normaliser", "software", "key_epoch", "key_check", "rows", "rows_digest", "recipient", "sender_copy",
            )  # fmt: skip
            told |= {name: getattr(self.manifest, name) for name in names}
        return told


@dataclass(frozen=True)
class GateReport:
    """The outcome of the gate.

    Attributes
    ----------
    level
        One of `LEVELS`.
    subject
        What was verified.
    findings
        Everything that was checked.
    attacks
        The attacks' own figures.
    limits
        What is let through.
    leaves
        What the package holds, and what stays; pairs of a heading and its lines.
    seconds
        Of the whole.
    """

    level: str
    subject: Subject
    findings: tuple[Finding, ...]
    attacks: tuple[AttackResult, ...]
    limits: GateLimits
    leaves: tuple[tuple[str, tuple[str, ...]], ...]
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """Pass, pass with warnings, or refuse."""
        return overall(self.findings)

    @property
    def refusals(self) -> list[Finding]:
        """What refused the package."""
        return [finding for finding in self.findings if finding.verdict is Verdict.REFUSE]

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return {
            "verdict": str(self.verdict),
            "level": self.level,
            "level_meaning": LEVELS[self.level],
            "subject": self.subject.to_json(),
            "findings": [finding.to_json() for finding in self.findings],
            "attacks": [attack.to_json() for attack in self.attacks],
            "limits": vars(self.limits),
            "loosened_limits": {
                name: {"default": default, "here": here}
                for name, (default, here) in self.limits.loosened().items()
            },
            "leaves": {heading: list(lines) for heading, lines in self.leaves},
            "seconds": round(self.seconds, 3),
        }


def what_leaves(
    specification: Specification, present_fields: Sequence[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What a package holds, and what stays at the source."""
    schema = specification.record_schema
    leaves = [f"{column.label}: {64 * column.n_words:,} bits" for column in schema.columns]
    stays = [f"{field}: as normalised and as written" for field in present_fields]
    risks = [
        f"{risk} ({', '.join(names)}): {RISKS[risk]}" for risk, names in named_risks(specification).items()
    ]
    return (
        ("Leaves, sealed for the linkage unit", ("record id: a keyed pseudonym of 128 bits", *leaves)),
        (
            "Stays at the source",
            (*stays, "the source's own record ids", "the project key", "the order of the feed"),
        ),
        ("Risks accepted by name", tuple(risks) or ("none",)),
    )

"""What the gate found: one figure, its limit, and what follows from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from encoders.attacks.outcome import wilson_interval

__all__ = ["Finding", "Verdict", "at_least", "at_most", "overall", "rate_at_most", "stated"]


class Verdict(StrEnum):
    """What a finding means for the package, from good to bad."""

    PASS = "pass"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Attributes
    ----------
    check
        Name of the check, such as ``"frequency alignment"``.
    target
        What was checked: a column, all filters, the manifest.
    value, limit
        The figure and its limit; None where the check has none.
    verdict
        What follows.
    text
        In a sentence, without any value of a record.
    """

    check: str
    target: str
    value: float | None
    limit: float | None
    verdict: Verdict
    text: str

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return {**vars(self), "verdict": str(self.verdict)}


def at_most(check: str, target: str, value: float, limit: float, text: str) -> Finding:
    """A figure that has to stay at or under its limit; over half of it is a warning."""
    verdict = Verdict.REFUSE if value > limit else Verdict.WARN if value > limit / 2 else Verdict.PASS
    return Finding(check, target, value, limit, verdict, text)


def rate_at_most(check: str, target: str, hits: int, n: int, limit: float, text: str) -> Finding:
    """A rate of an attack: refused where its 95% interval lies above the limit, a warning from half of it on.

    One hit more or less must not decide about a small package, so a rate over the limit whose interval reaches below
    it is a warning.
    """
    rate = hits / n if n else 0.0
    low, _ = wilson_interval(hits, n)
    surely = n > 0 and low > limit
    verdict = Verdict.REFUSE if surely else Verdict.WARN if rate > limit / 2 else Verdict.PASS
    return Finding(check, target, rate, limit, verdict, text)


def at_least(check: str, target: str, value: float, limit: float, text: str) -> Finding:
    """A figure that has to reach its limit; under twice of it is a warning."""
    verdict = Verdict.REFUSE if value < limit else Verdict.WARN if value < 2 * limit else Verdict.PASS
    return Finding(check, target, value, limit, verdict, text)


def stated(check: str, target: str, value: float, text: str) -> Finding:
    """A figure that is told and not judged."""
    return Finding(check, target, value, None, Verdict.PASS, text)


def overall(findings: Iterable[Finding]) -> Verdict:
    """The worst verdict; a gate that checked nothing passes nothing."""
    verdicts = {finding.verdict for finding in findings}
    if not verdicts or Verdict.REFUSE in verdicts:
        return Verdict.REFUSE
    return Verdict.WARN if Verdict.WARN in verdicts else Verdict.PASS

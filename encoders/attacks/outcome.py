"""What an attack reports: never a rate without its assumptions, its chance level and an interval."""

from dataclasses import asdict, dataclass, field
from math import sqrt
from typing import Any

__all__ = ["AttackResult", "wilson_interval"]

NORMAL_975 = 1.959963984540054


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927), which stays honest near 0 and 1; (0, 1) where n is 0."""
    if n == 0:
        return 0.0, 1.0
    z2 = NORMAL_975**2
    share = hits / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_975 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # Rounding must not push the interval past the rate itself.
    return (0.0 if hits == 0 else middle - half), (1.0 if hits == n else middle + half)


@dataclass(frozen=True)
class AttackResult:
    """The outcome of one attack on one target.

    Attributes
    ----------
    attack
        Name, such as ``"graph matching"``.
    target
        What was attacked: a column's label, or ``"all filters"``.
    assumptions
        What the attacker is taken to know, in a sentence.
    n, hits
        Records under attack (those that the attacker knew beforehand are not counted) and how many were named
        rightly.
    chance
        Expected rate of an attacker who guesses.
    seconds
        Of the attack.
    details
        Further figures of this attack, by name.
    """

    attack: str
    target: str
    assumptions: str
    n: int
    hits: int
    chance: float
    seconds: float
    details: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Share of records named rightly; 0 where none was under attack."""
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of the rate, over records drawn like these."""
        return wilson_interval(self.hits, self.n)

    @property
    def known(self) -> float | None:
        """How many people the attacker was told beforehand; None where that does not matter."""
        return next((self.details[name] for name in ("seeds", "known") if name in self.details), None)

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        low, high = self.interval
        return {**asdict(self), "rate": self.rate, "low": low, "high": high}

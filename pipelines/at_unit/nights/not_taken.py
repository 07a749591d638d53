"""A package that was found and not loaded."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["NotTaken", "Outcome"]


class Outcome(StrEnum):
    """Why a package was not loaded."""

    REFUSED = "refused"
    """It does not check, is older than what is loaded, or does not follow it."""
    REPEATED = "repeated"
    """An earlier run loaded it."""
    WAITING = "waiting"
    """One before it is missing."""


@dataclass(frozen=True)
class NotTaken:
    """A package that was not loaded.

    Attributes
    ----------
    file
        Its name, without folders.
    source, sequence
        As its manifest says; None if it does not open.
    """

    file: str
    source: str | None
    sequence: int | None
    outcome: Outcome
    reason: str

    def text(self) -> str:
        """For people."""
        return f"{self.file}: {self.outcome}: {self.reason}"

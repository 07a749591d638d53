"""What a night tells whoever started it."""

from dataclasses import asdict, dataclass
from typing import Any

from linkage.exchange.plurals import counted
from pipelines.at_unit.nights.conclusion import Conclusion
from pipelines.at_unit.nights.not_taken import NotTaken
from pipelines.at_unit.nights.taking_in import TakenIn
from pipelines.at_unit.nights.warned import warnings_of
from pipelines.console import table_text

__all__ = ["NightSummary"]

DONE, INPUT_REFUSED, PUBLICATION_REFUSED = 0, 3, 4


@dataclass(frozen=True)
class NightSummary:
    """The outcome of a night.

    Attributes
    ----------
    report
        Of its run; None if there was nothing to link.
    not_taken
        Packages that were found and not loaded.
    """

    report: dict[str, Any] | None
    not_taken: tuple[NotTaken, ...]

    @classmethod
    def of(cls, taken: TakenIn, concluded: Conclusion | None) -> "NightSummary":
        """Put together what a night did."""
        return cls(concluded.report if concluded else None, tuple(taken.named))

    @property
    def exit_status(self) -> int:
        """0 done; 3 a package was not taken, the others are published; 4 nothing was published."""
        if self.report and self.report["breaker"]["tripped"] and self.report["outcome"] != "published":
            return PUBLICATION_REFUSED
        return INPUT_REFUSED if self.not_taken else DONE

    def faults(self) -> list[str]:
        """A sentence for everything that a person has to look at."""
        tripped = (
            self.report["breaker"]["tripped"]
            if self.report and self.exit_status == PUBLICATION_REFUSED
            else []
        )
        return [*(told.text() for told in self.not_taken), *(f"not published: {line}" for line in tripped)]

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return {
            "exit_status": self.exit_status,
            "report": self.report,
            "not_taken": [asdict(told) for told in self.not_taken],
        }

    def text(self) -> str:
        """The same for people, without the faults."""
        if self.report is None:
            return "nothing new arrived; the index is as it was"
        report, changes = self.report, self.report["changes"]
        rows = [
            [part["source"], part["sequence"], part["kind"], part["new"], part["changed"], part["deleted"]]
            for part in report["arrived"]
        ]
        told = ", ".join(f"{count:,} {name}" for name, count in changes.items() if count) or "none"
        seconds = sum(report["seconds"].values())
        records = sum(report["index"]["records"].values())
        children = counted(report["index"]["children"], "child", "children")
        return "\n".join(
            [
                f"run {report['run']}: {report['outcome']}, {report['linking']} linking, {seconds:.1f} s",
                table_text(["source", "package", "kind", "new", "changed", "deleted"], rows),
                f"{counted(records, 'record')}, {children}; changes: {told}",
                # Once, when there is a new model: `report` repeats them, the scheduler need not every night.
                *(
                    f"warning: {one}"
                    for one in (warnings_of(report) if report["model"]["fitted_now"] else [])
                ),
            ]
        )

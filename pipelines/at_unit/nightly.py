"""The job that the scheduler runs: load what has arrived, link it, and publish the children, or say why not.

It can be killed at any moment: the same command finishes the night. What was loaded stays loaded, what was linked by
halves is linked again, and packages that were loaded and still lie in the inbox are archived.
"""

from dataclasses import dataclass, field
from pathlib import Path

from linkage.index import Index, open_index
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.linking.clock import Clock
from pipelines.at_unit.linking.model_choice import ModelChoice, model_in_use
from pipelines.at_unit.load import Receiver
from pipelines.at_unit.nights.basis import basis_of
from pipelines.at_unit.nights.conclusion import Conclusion, conclude
from pipelines.at_unit.nights.linking import link_night
from pipelines.at_unit.nights.not_taken import Outcome
from pipelines.at_unit.nights.summary import NightSummary
from pipelines.at_unit.nights.taking_in import TakenIn, clear_inbox, take_in
from pipelines.progress import Progress, Silent

__all__ = ["NightSummary", "NightlyJob", "run"]


@dataclass(frozen=True)
class NightlyJob:
    """A night.

    Attributes
    ----------
    index, inbox
        The index, and the folder in which packages (``*.cip``) arrive.
    keys
        Folder with the unit's keys and the sources that it trusts.
    dry_run
        Show what would change, and change nothing.
    refit
        Fit a new model, and link everything under it.
    threads
        All processors if None.
    """

    index: Path
    inbox: Path
    keys: Path
    dry_run: bool = False
    refit: bool = False
    threads: int | None = None


def run(job: NightlyJob, progress: Progress | None = None) -> NightSummary:
    """Run a night.

    Returns
    -------
    NightSummary
        Its `exit_status` is 3 if a package was not taken, 4 if the breaker kept the run back.

    Raises
    ------
    InputRefused
        If there is no index, another command is writing it, or a key is missing.
    """
    night = _Night(job, progress or Silent())
    with open_index(job.index) as index:
        return night.rehearse(index) if job.dry_run else night.run(index)


@dataclass
class _Night:
    """One night in one process."""

    job: NightlyJob
    progress: Progress
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.specification = index_specification(self.job.index)
        self.receiver = Receiver.of(self.specification, self.job.keys)

    def run(self, index: Index) -> NightSummary:
        """Load, link, publish, and clear the inbox."""
        taken = self._take_in(index)
        concluded = self._link(index, taken)
        clear_inbox(self.job.index, taken)
        return NightSummary.of(taken, concluded)

    def rehearse(self, index: Index) -> NightSummary:
        """The same without leaving a trace; what a package half changed before it was refused is dropped with all."""
        refused = TakenIn()
        while True:
            with index.rehearsal():
                left_out = [package.path for package, _ in refused.not_taken]
                taken = self._take_in(index, left_out)
                if not any(told.outcome is Outcome.REFUSED and told.sequence for told in taken.named):
                    taken.not_taken += refused.not_taken
                    return NightSummary.of(taken, self._link(index, taken))
            refused.not_taken += taken.not_taken

    def _take_in(self, index: Index, left_out: list[Path] | None = None) -> TakenIn:
        taken = take_in(
            self.job.index, index, self.job.inbox, self.receiver, self.progress, left_out=left_out or ()
        )
        self.clock.lap("load")
        return taken

    def _link(self, index: Index, taken: TakenIn) -> Conclusion | None:
        """Link and publish what is staged; None if there is nothing to do."""
        choice = ModelChoice() if self.job.refit else model_in_use(index)
        if index.open_run() is None and not index.is_unsettled() and not self.job.refit:
            return None
        linked = link_night(
            index,
            self.specification,
            choice,
            progress=self.progress,
            threads=self.job.threads,
            clock=self.clock,
        )
        with self.progress.stage("publish", unit="") as stage:
            concluded = conclude(
                self.job.index,
                index,
                linked,
                self.clock,
                kind="nightly",
                rule=self.specification.breaker,
                basis=basis_of(self.specification, linked.decided, index.count_live()[0]),
                not_taken=taken.named,
                is_rehearsal=self.job.dry_run,
            )
            stage.reach(1)
        return concluded

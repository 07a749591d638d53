"""The job at the linkage unit: candidates, patterns, model, links, children, publication."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.index import open_index
from pipelines.linking.clock import Clock
from pipelines.linking.decided_model import read_decided_model, write_decided_model
from pipelines.linking.everything import link_everything
from pipelines.linking.memory import default_memory_mb, store_memory_mb
from pipelines.linking.model_choice import ModelChoice, model_in_use
from pipelines.linking.planning import planned
from pipelines.linking.records import open_records
from pipelines.linking.summary import LinkSummary
from pipelines.nights.accepting import refuse_if_tripped
from pipelines.nights.basis import basis_of
from pipelines.nights.conclusion import conclude
from pipelines.outputs import check_output
from pipelines.progress import Progress, Silent
from pipelines.unit import index_specification

__all__ = ["LinkJob", "LinkSummary", "plan", "run"]


@dataclass(frozen=True)
class LinkJob:
    """What to link, and how.

    Attributes
    ----------
    index
        An index with staged or published records.
    model
        A model file whose model and threshold are used as they are.
    refit
        Fit anew even if an earlier run of this index left a model.
    save_model
        Where to write the model that was used; a file that is there is replaced only with `overwrite`.
    threads
        All processors if None.
    memory_mb
        MiB that may be used; half of the machine's memory if None. Records that do not fit are streamed from disk.
    labels
        Judged pairs that the model is fitted to as well; it is fitted anew then.
    """

    index: Path
    model: Path | None = None
    refit: bool = False
    save_model: Path | None = None
    threads: int | None = None
    overwrite: bool = False
    memory_mb: int | None = None
    labels: Path | None = None

    @property
    def store_memory_mb(self) -> int:
        """MiB of them for the store's own work."""
        return store_memory_mb(self.memory_mb or default_memory_mb())


def plan(job: LinkJob) -> dict[str, Any]:
    """Which pairs would be compared, by blocking key, without comparing any.

    Raises
    ------
    InputRefused
        If there is no index, or nothing in it.
    """
    specification = index_specification(job.index)
    with (
        open_index(job.index, memory_mb=job.store_memory_mb) as index,
        open_records(index, specification, job.memory_mb) as records,
    ):
        return planned(records)


def run(job: LinkJob, progress: Progress | None = None) -> LinkSummary:
    """Deduplicate and match everything in the index, and publish the children.

    Raises
    ------
    InputRefused
        If there is no index, nothing to link, or the model file does not fit the specification.
    PublicationRefused
        If a figure of the run is out of its band; yesterday's index is still live.
    """
    progress = progress or Silent()
    if job.save_model:
        check_output(job.save_model, overwrite=job.overwrite)
    specification = index_specification(job.index)
    choice = ModelChoice(read_decided_model(job.model) if job.model else None)
    clock = Clock()
    with open_index(job.index, memory_mb=job.store_memory_mb) as index:
        if choice.decided is None and not job.refit and job.labels is None:
            choice = model_in_use(index)
        linked = link_everything(
            index,
            specification,
            choice,
            "link",
            progress=progress,
            threads=job.threads,
            clock=clock,
            memory_mb=job.memory_mb,
            labels=job.labels,
        )
        with progress.stage("publish", unit="") as stage:
            concluded = conclude(
                job.index,
                index,
                linked,
                clock,
                kind="link",
                rule=specification.breaker,
                basis=basis_of(specification, linked.decided, len(index.live_rows())),
            )
            stage.reach(1)
    if job.save_model:
        write_decided_model(job.save_model, linked.decided)
    refuse_if_tripped(concluded.report)
    return LinkSummary.of(concluded)

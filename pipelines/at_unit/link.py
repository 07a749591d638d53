"""The job at the linkage unit: candidates, patterns, model, links, children, publication."""

import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from linkage.index import open_index
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.linking.clock import Clock
from pipelines.at_unit.linking.decided_model import read_decided_model, write_decided_model
from pipelines.at_unit.linking.everything import link_everything
from pipelines.at_unit.linking.fitting import require_fit
from pipelines.at_unit.linking.memory import OwnPeak, default_memory_mb
from pipelines.at_unit.linking.model_choice import ModelChoice, model_in_use
from pipelines.at_unit.linking.planning import planned
from pipelines.at_unit.linking.prediction import predicted
from pipelines.at_unit.linking.records import open_records
from pipelines.at_unit.linking.resources import Resources
from pipelines.at_unit.linking.summary import LinkSummary
from pipelines.at_unit.nights.accepting import refuse_if_tripped
from pipelines.at_unit.nights.basis import basis_of
from pipelines.at_unit.nights.conclusion import conclude
from pipelines.outputs import check_output
from pipelines.progress import Progress, Silent

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
    labels
        Judged pairs that the model is fitted to as well; it is fitted anew then.
    resources
        Where to link, and what may be used.
    """

    index: Path
    model: Path | None = None
    refit: bool = False
    save_model: Path | None = None
    threads: int | None = None
    overwrite: bool = False
    labels: Path | None = None
    resources: Resources = field(default_factory=Resources)


def plan(job: LinkJob) -> dict[str, Any]:
    """Which pairs would be compared, by blocking key, and what a full run is expected to take.

    A small sample of the pairs is compared for it; nothing is written.

    Raises
    ------
    InputRefused
        If there is no index, or nothing in it.
    """
    specification = index_specification(job.index)
    decided = read_decided_model(job.model) if job.model else None
    n_bytes = sum(path.stat().st_size for path in job.index.rglob("*") if path.is_file())
    started = time.perf_counter()
    with ExitStack() as stack:
        own_peak = stack.enter_context(OwnPeak())
        index = stack.enter_context(open_index(job.index, memory_mb=job.resources.store_memory_mb))
        if decided is None and not job.refit:
            decided = model_in_use(index).decided
        common = None if decided is None else decided.common
        records = stack.enter_context(open_records(index, specification, job.resources, common))
        seconds_to_open = time.perf_counter() - started
        if decided:
            require_fit(decided, records)
        expected = predicted(
            index,
            specification,
            records,
            decided,
            memory_mb=job.resources.memory_mb or default_memory_mb(),
            n_bytes=n_bytes,
            seconds_to_open=seconds_to_open,
            own_peak=own_peak,
            threads=job.threads,
        )
        return planned(records) | {"predicted": asdict(expected)}


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
    with open_index(job.index, memory_mb=job.resources.store_memory_mb) as index:
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
            resources=job.resources,
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
                basis=basis_of(specification, linked.decided, index.count_live()[0]),
            )
            stage.reach(1)
    if job.save_model:
        write_decided_model(job.save_model, linked.decided)
    summary = LinkSummary.of(concluded)
    refuse_if_tripped(concluded.report, summary.to_json())
    return summary

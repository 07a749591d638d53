"""The job at the linkage unit: candidates, patterns, model, links, children, publication."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.candidates import EmittedPairs
from linkage.exchange.specification import Specification
from linkage.index import Index, Links, open_index
from linkage.resolution import Resolution, resolve
from linkage.resolution.specified import ABSENT_PENALTY, resolution_options
from linkage.weights import log_odds
from pipelines.linking.decided_model import DecidedModel, read_decided_model, write_decided_model
from pipelines.linking.fitting import fit, last_model, require_fit
from pipelines.linking.planning import planned
from pipelines.linking.records import ComparableRecords, read_records
from pipelines.linking.summary import LinkSummary
from pipelines.progress import Progress, Silent
from pipelines.unit import index_specification

__all__ = ["LinkJob", "LinkSummary", "plan", "run"]

EVIDENCE_BITS = ABSENT_PENALTY
"""Pairs this many bits under the threshold are still kept: they count as evidence when clusters are repaired, and
further down a pair weighs no more than one that is absent."""

LINKS_AT_ONCE = 1 << 20


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
        Where to write the model that was used.
    threads
        All processors if None.
    """

    index: Path
    model: Path | None = None
    refit: bool = False
    save_model: Path | None = None
    threads: int | None = None


def plan(job: LinkJob) -> dict[str, Any]:
    """Which pairs would be compared, by blocking key, without comparing any.

    Raises
    ------
    InputRefused
        If there is no index, or nothing in it.
    """
    specification = index_specification(job.index)
    with open_index(job.index) as index:
        return planned(read_records(index, specification))


def run(job: LinkJob, progress: Progress | None = None) -> LinkSummary:
    """Deduplicate and match everything in the index, and publish the children.

    Raises
    ------
    InputRefused
        If there is no index, nothing to link, or the model file does not fit the specification.
    """
    progress = progress or Silent()
    specification = index_specification(job.index)
    decided = read_decided_model(job.model) if job.model else None
    clock = _Clock()
    with open_index(job.index) as index:
        records = read_records(index, specification)
        clock.lap("read and plan")
        if decided is None and not job.refit:
            decided = last_model(index)
        if decided is None:
            decided = fit(specification, records, progress, job.threads)
            clock.lap("count patterns and fit")
        require_fit(decided, records)
        score = np.stack([log_odds(decided.model, number) for number in range(decided.model.n_pair_classes)])
        threshold = decided.decision.threshold
        pairs = records.emit(score, threshold - EVIDENCE_BITS, progress, job.threads)
        weights = score[records.pair_classes(pairs), pairs.patterns]
        clock.lap("link")
        with progress.stage("resolve", unit="") as stage:
            resolution = _resolve(specification, records, pairs, weights, threshold)
            stage.reach(1)
        clock.lap("resolve")
        with progress.stage("publish", unit="") as stage:
            summary = _publish(index, records, pairs, weights, resolution, decided, clock)
            stage.reach(1)
    if job.save_model:
        write_decided_model(job.save_model, decided)
    return summary


class _Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Write down the time since the last lap."""
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._last, 3)
        self._last = now


def _resolve(
    specification: Specification,
    records: ComparableRecords,
    pairs: EmittedPairs,
    weights: npt.NDArray[np.float64],
    threshold: float,
) -> Resolution:
    options = resolution_options(specification, records.sources, threshold)
    return resolve(pairs.left, pairs.right, weights, records.live.sources, records.record_ids, options)


def _publish(
    index: Index,
    records: ComparableRecords,
    pairs: EmittedPairs,
    weights: npt.NDArray[np.float64],
    resolution: Resolution,
    decided: DecidedModel,
    clock: _Clock,
) -> LinkSummary:
    run_no = index.begin_run("link")
    rows = records.live.rows
    links = Links(
        rows[pairs.left], rows[pairs.right], pairs.patterns, weights.astype(np.float32), pairs.strata
    )
    index.store_links(run_no, _in_batches(links), replace=True)
    membership = index.assign_children(run_no, rows, resolution.labels)
    clock.lap("children")
    summary = LinkSummary.of(run_no, records, resolution, membership, decided)
    summary.seconds = clock.seconds
    index.publish(run_no, metrics=summary.to_json(), model=decided.to_json())
    clock.lap("publish")
    return summary


def _in_batches(links: Links) -> Iterator[Links]:
    for start in range(0, len(links), LINKS_AT_ONCE):
        yield Links(*(array[start : start + LINKS_AT_ONCE] for array in vars(links).values()))

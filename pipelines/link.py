"""The job at the linkage unit: candidates, patterns, model, links, children, publication."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.candidates import CandidatePlan, EmittedPairs, count_patterns, emit_pairs, plan_candidates
from linkage.candidates.specified import spaces_of
from linkage.comparison import ComparisonPlan, PatternTable, random_pair_table
from linkage.comparison.specified import plan_of
from linkage.exchange.errors import IndexRefused, InputRefused
from linkage.exchange.specification import Specification
from linkage.index import Index, Links, LiveRows, Membership, open_index
from linkage.resolution import LinkRules, Resolution, ResolutionOptions, Within, resolve
from linkage.weights import Evidence, choose_threshold, fit_model, log_odds, score_counts
from linkage.weights.specified import traits_of
from pipelines.console import table_text
from pipelines.decided_model import DecidedModel, Decision, read_decided_model, write_decided_model
from pipelines.progress import Progress, Silent
from pipelines.unit import index_specification

__all__ = ["LinkJob", "LinkSummary", "plan", "plan_text", "run"]

RANDOM_PAIRS = 3_000_000
RANDOM_SEED = 1
EVIDENCE_BITS = 4.0
"""Pairs this many bits under the threshold are still kept: they count as evidence when clusters are repaired."""


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


@dataclass
class LinkSummary:
    """What a run did, in counts."""

    run: int
    records: dict[str, int]
    pairs_compared: int
    links: int
    children: int
    duplicates: dict[str, int]
    threshold: float
    warnings: list[str]
    expected: dict[str, Any]
    changes: dict[str, int]
    conflicts: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return asdict(self)

    def text(self) -> str:
        """The same for people."""
        rows = [[name, n, self.duplicates[name]] for name, n in self.records.items()]
        lines = [
            f"run {self.run}: {sum(self.records.values()):,} records, {self.children:,} children",
            table_text(["source", "records", "duplicates"], rows),
            f"{self.pairs_compared:,} pairs compared, {self.links:,} linked at {self.threshold:.2f} bits",
        ]
        if self.expected:
            lines.append(
                "expected without labels: "
                + ", ".join(
                    f"{name} {self.expected[name]['estimate']:.4f}"
                    f" ({self.expected[name]['low']:.4f} to {self.expected[name]['high']:.4f})"
                    for name in ("precision", "recall")
                )
            )
        return "\n".join([*lines, *(f"warning: {warning}" for warning in self.warnings)])


@dataclass(frozen=True, repr=False)
class _Records:
    """The live records in memory, and how they are compared."""

    live: LiveRows
    words: npt.NDArray[np.uint64]
    record_ids: npt.NDArray[np.uint8]
    sources: tuple[str, ...]
    plan: ComparisonPlan

    def counts(self) -> npt.NDArray[np.int64]:
        """Live records of each source."""
        return np.bincount(self.live.sources, minlength=len(self.sources))


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


def run(job: LinkJob, progress: Progress | None = None) -> LinkSummary:
    """Deduplicate and match everything in the index, and publish the children.

    Raises
    ------
    InputRefused
        If there is no index, nothing to link, or the model file does not fit the specification.
    """
    progress = progress or Silent()
    specification = index_specification(job.index)
    frozen = read_decided_model(job.model) if job.model else None
    with open_index(job.index) as index:
        clock = _Clock()
        records = _read(index, specification)
        clock.lap("read")
        candidates = plan_candidates(
            records.words, records.live.sources, spaces_of(specification), n_sources=len(records.sources)
        )
        clock.lap("plan")
        decided = frozen or (None if job.refit else _last_model(index))
        if decided is None:
            decided = _fit(specification, records, candidates, job, progress, clock)
        _require_fit(decided, records)
        summary = _link(index, specification, records, candidates, decided, job, progress, clock)
    if job.save_model:
        write_decided_model(job.save_model, decided)
    return summary


def plan(job: LinkJob) -> dict[str, Any]:
    """Which pairs would be compared, by blocking key, without comparing any.

    Raises
    ------
    InputRefused
        If there is no index, or nothing in it.
    """
    specification = index_specification(job.index)
    with open_index(job.index) as index:
        records = _read(index, specification)
    candidates = plan_candidates(
        records.words, records.live.sources, spaces_of(specification), n_sources=len(records.sources)
    )
    return {
        "pairs": candidates.n_pairs,
        "spaces": [asdict(cost) for cost in candidates.costs],
        "largest_blocks": [asdict(block) for block in candidates.largest(5)],
    }


def plan_text(costs: dict[str, Any]) -> str:
    """The same for people."""
    spaces = [
        [cost["name"], cost["n_rows"], cost["n_blocks"], cost["n_pairs"], cost["largest"]]
        for cost in costs["spaces"]
    ]
    blocks = [[block["space"], block["n_rows"], block["n_pairs"]] for block in costs["largest_blocks"]]
    return (
        f"{costs['pairs']:,} pairs to compare\n\n"
        + table_text(["blocking key", "records", "blocks", "pairs", "largest"], spaces)
        + "\n\nlargest blocks (compared in tiles, never cut)\n"
        + table_text(["blocking key", "records", "pairs"], blocks)
    )


def _read(index: Index, specification: Specification) -> _Records:
    live = index.live_rows()
    if not len(live):
        raise IndexRefused("the index holds no records yet; load packages with `childindex load`")
    return _Records(
        live, index.words(live.rows), index.record_ids(live.rows), index.sources, plan_of(specification)
    )


def _last_model(index: Index) -> DecidedModel | None:
    """The model of the last run that was published with one."""
    for earlier in reversed(index.runs()):
        if earlier.status == "published" and earlier.model:
            return DecidedModel.from_json(dict(earlier.model), origin=f"run {earlier.run_no}")
    return None


def _fit(
    specification: Specification,
    records: _Records,
    candidates: CandidatePlan,
    job: LinkJob,
    progress: Progress,
    clock: _Clock,
) -> DecidedModel:
    table = _count(records, candidates, job, progress)
    clock.lap("count patterns")
    n_sources = len(records.sources)
    random = random_pair_table(
        records.words, records.live.sources, records.plan, RANDOM_PAIRS, RANDOM_SEED, n_sources=n_sources
    )
    with progress.stage("fit the model", unit="") as stage:
        evidence = Evidence(
            comparisons=traits_of(specification, records.plan.n_levels),
            n_records=tuple(int(n) for n in records.counts()),
            candidates=table.counts,
            random_pairs=random.counts,
            sources=records.sources,
            exclusive=(not specification.resolution.deduplicate,) * n_sources,
        )
        model = fit_model(evidence)
        rule = specification.decision
        scored = score_counts(model, table.counts)
        chosen = choose_threshold(scored, rule.objective, precision=rule.precision)
        stage.reach(1)
    clock.lap("fit")
    return DecidedModel(model, Decision.chosen(chosen, rule.objective))


def _count(records: _Records, candidates: CandidatePlan, job: LinkJob, progress: Progress) -> PatternTable:
    with progress.stage("compare", total=candidates.n_pairs, unit="pairs") as stage:
        return count_patterns(
            candidates, records.plan, threads=job.threads, progress=lambda done, _: stage.reach(done)
        )


def _require_fit(decided: DecidedModel, records: _Records) -> None:
    if decided.model.n_levels != records.plan.n_levels:
        raise InputRefused(
            "the model was fitted to other comparisons or levels than the specification has; fit it again with --refit"
        )
    if decided.model.n_sources != len(records.sources):
        raise InputRefused(
            f"the model was fitted to {decided.model.n_sources} sources, the index has {len(records.sources)};"
            " fit it again with --refit"
        )


def _link(
    index: Index,
    specification: Specification,
    records: _Records,
    candidates: CandidatePlan,
    decided: DecidedModel,
    job: LinkJob,
    progress: Progress,
    clock: _Clock,
) -> LinkSummary:
    score = np.stack([log_odds(decided.model, number) for number in range(decided.model.n_pair_classes)])
    threshold = decided.decision.threshold
    with progress.stage("link", total=candidates.n_pairs, unit="pairs") as stage:
        pairs = _emit(records, candidates, score, threshold - EVIDENCE_BITS, job, stage.reach)
    weights = score[_classes(candidates, records, pairs), pairs.patterns]
    clock.lap("link")
    with progress.stage("resolve", unit="") as stage:
        resolution = _resolve(specification, records, pairs, weights, threshold)
        stage.reach(1)
    clock.lap("resolve")
    with progress.stage("publish", unit="") as stage:
        run_no = index.begin_run("link")
        rows = records.live.rows
        links = Links(
            rows[pairs.left], rows[pairs.right], pairs.patterns, weights.astype(np.float32), pairs.strata
        )
        index.store_links(run_no, _in_batches(links), replace=True)
        membership = index.assign_children(run_no, rows, resolution.labels)
        summary = _summary(run_no, records, candidates, resolution, membership, decided)
        index.publish(run_no, metrics=summary.to_json(), model=decided.to_json())
        stage.reach(1)
    clock.lap("publish")
    summary.seconds = clock.seconds
    return summary


def _emit(
    records: _Records,
    candidates: CandidatePlan,
    score: npt.NDArray[np.float64],
    cutoff: float,
    job: LinkJob,
    reach: Callable[[int], None],
) -> EmittedPairs:
    chunks = emit_pairs(
        candidates, records.plan, score, cutoff, threads=job.threads, progress=lambda done, _: reach(done)
    )
    return EmittedPairs.concatenate(list(chunks))


def _classes(candidates: CandidatePlan, records: _Records, pairs: EmittedPairs) -> npt.NDArray[np.int64]:
    return candidates.class_table[records.live.sources[pairs.left], records.live.sources[pairs.right]]


def _resolve(
    specification: Specification,
    records: _Records,
    pairs: EmittedPairs,
    weights: npt.NDArray[np.float64],
    threshold: float,
) -> Resolution:
    within = Within.DIRECT if specification.resolution.deduplicate else Within.NEVER
    options = ResolutionOptions(LinkRules.of(len(records.sources), threshold, within=within))
    return resolve(pairs.left, pairs.right, weights, records.live.sources, records.record_ids, options)


def _in_batches(links: Links, size: int = 1 << 20) -> Iterator[Links]:
    for start in range(0, max(len(links), 1), size):
        yield Links(*(array[start : start + size] for array in vars(links).values()))


def _summary(
    run_no: int,
    records: _Records,
    candidates: CandidatePlan,
    resolution: Resolution,
    membership: Membership,
    decided: DecidedModel,
) -> LinkSummary:
    labels, sources = resolution.labels, records.live.sources.astype(np.int64)
    n_sources = len(records.sources)
    # A source's records beyond its first in a child are duplicates inside that source.
    held = np.unique(labels * n_sources + sources)
    distinct = np.bincount(held % n_sources, minlength=n_sources)
    counts = records.counts()
    return LinkSummary(
        run=run_no,
        records={name: int(n) for name, n in zip(records.sources, counts, strict=True)},
        pairs_compared=candidates.n_pairs,
        links=int(resolution.accepted.sum()),
        children=len(np.unique(labels)),
        duplicates={name: int(n) for name, n in zip(records.sources, counts - distinct, strict=True)},
        threshold=decided.decision.threshold,
        warnings=list(decided.model.report.warnings),
        expected=decided.decision.expected,
        changes=asdict(membership),
        conflicts=resolution.conflicts.to_json(),
    )

"""Linking everything there is: every candidate pair of all live records, and all evidence new."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from linkage.candidates import EmittedPairs
from linkage.exchange.specification import Specification
from linkage.index import Index, Links, LiveRows
from linkage.weights import LabelledCounts
from pipelines.at_unit.labels import judged_pairs
from pipelines.at_unit.linking.clock import Clock
from pipelines.at_unit.linking.comparable import Comparable
from pipelines.at_unit.linking.decided_model import DecidedModel
from pipelines.at_unit.linking.evidence import Scores, resolve_rows, store_evidence
from pipelines.at_unit.linking.expecting import expected_links, with_expected
from pipelines.at_unit.linking.fitting import Fitted, fit, require_fit
from pipelines.at_unit.linking.kernels import kernels_beside
from pipelines.at_unit.linking.labels import judged_counts
from pipelines.at_unit.linking.linked import Linked
from pipelines.at_unit.linking.model_choice import ModelChoice
from pipelines.at_unit.linking.opening import open_comparable
from pipelines.at_unit.linking.protecting import quarantine_near
from pipelines.at_unit.linking.resources import EMBEDDED, Resources
from pipelines.progress import Progress

__all__ = ["link_everything"]


def link_everything(
    index: Index,
    specification: Specification,
    choice: ModelChoice,
    kind: str,
    *,
    progress: Progress,
    threads: int | None,
    clock: Clock,
    resources: Resources | None = None,
    labels: Path | None = None,
) -> Linked:
    """Compare all candidate pairs, replace all evidence and give every record its child; nothing is published.

    Raises
    ------
    InputRefused
        If there is nothing to link, the model does not fit the specification, or labels cannot be used.
    """
    compared = _compare(
        index, specification, choice, labels, resources or Resources(), progress, threads, clock
    )
    decided, fitted, scores, live = compared.decided, compared.fitted, compared.scores, compared.live
    # What is expected of a new model takes a processor for a while; what follows leaves it one.
    with ThreadPoolExecutor(1) as beside:
        if fitted is not None:
            links = beside.submit(expected_links, fitted.patterns, decided.decision.threshold)
        evidence = _evidence(live, compared.pairs, scores)
        clock.lap("compare and link")
        with progress.stage("resolve", unit="") as stage:
            resolution = resolve_rows(index, specification, scores, live.rows, live.sources, evidence)
            stage.reach(1)
        clock.lap("resolve")
        if fitted is not None:
            expected = beside.submit(
                with_expected,
                decided,
                links,
                scores,
                fitted.patterns,
                compared.pairs,
                live.sources,
                resolution,
            )
        with progress.stage("give children their ids", unit="") as stage:
            run_no = index.begin_run(kind)
            store_evidence(index, run_no, evidence, replace=True)
            membership = index.assign_children(run_no, live.rows, resolution.labels)
            stage.reach(1)
        clock.lap("children")
        if fitted is not None:
            decided = expected.result()
            clock.lap("expect")

    def of_every_pattern() -> Scores:
        return scores if fitted is None else Scores.of(decided, specification, index.sources)

    quarantined = quarantine_near(index, run_no, specification, of_every_pattern, whole=True, threads=threads)
    clock.lap("quarantine")
    return Linked(
        run_no=run_no,
        mode="full",
        decided=decided,
        model_run=choice.run_no,
        is_fitted=choice.decided is None,
        pairs=compared.n_pairs,
        stored=len(evidence),
        links=int(resolution.accepted.sum()),
        resolved=len(live),
        conflicts=resolution.conflicts,
        membership=membership,
        quarantined=quarantined,
    )


@dataclass(frozen=True, repr=False)
class _Compared:
    """What is left of comparing when the words of the records are not needed any more.

    Attributes
    ----------
    decided, fitted
        The model in use, and what was worked out for it if it was fitted now.
    pairs, n_pairs
        The pairs that are evidence, and how many were looked at.
    """

    live: LiveRows
    decided: DecidedModel
    fitted: Fitted | None
    scores: Scores
    pairs: EmittedPairs
    n_pairs: int


def _compare(
    index: Index,
    specification: Specification,
    choice: ModelChoice,
    labels: Path | None,
    resources: Resources,
    progress: Progress,
    threads: int | None,
    clock: Clock,
) -> _Compared:
    """Fit a model where none is chosen, and emit the pairs that are evidence under it."""
    common = None if choice.decided is None else choice.decided.common
    with ExitStack() as stack:
        if resources.engine == EMBEDDED:
            kernels = stack.enter_context(kernels_beside(progress))
            clock.lap("compile kernels")
        records = stack.enter_context(open_comparable(index, specification, resources, common))
        if resources.engine == EMBEDDED:
            kernels()
        clock.lap("read and plan")
        decided, fitted = choice.decided, None
        if decided is None:
            judged = _judged(labels, index, specification, records)
            fitted = fit(specification, records, progress, threads, judged)
            decided = fitted.decided
            clock.lap("count patterns and fit")
        require_fit(decided, records)
        scores = Scores.of(decided, specification, index.sources, fitted.scored if fitted else None)
        pairs = records.emit(scores.table, scores.cutoff, progress, threads)
        return _Compared(records.live, decided, fitted, scores, pairs, records.n_pairs)


def _evidence(live: LiveRows, pairs: EmittedPairs, scores: Scores) -> Links:
    """Emitted pairs by row id, with their odds."""
    weights = scores.log_odds(live.sources[pairs.left], live.sources[pairs.right], pairs.patterns)
    rows = live.rows[pairs.left], live.rows[pairs.right]
    return Links(*rows, pairs.patterns, weights.astype("f4"), pairs.strata)


def _judged(
    labels: Path | None, index: Index, specification: Specification, records: Comparable
) -> LabelledCounts | None:
    """The patterns of the judged pairs that are live, if there are any."""
    if labels is None:
        return None
    ids = index.record_ids(records.live.rows)
    pairs = judged_pairs(labels, index.sources, records.live.sources, ids)
    return judged_counts(pairs, index, specification, records)

"""Linking what is new or changed against the whole index, and resolving only what that touches.

The outcome is that of linking everything with the same model and specification: a pair without a fresh record has the
evidence that an earlier run stored, and what happens in one component of linking pairs depends on nothing outside it.
The memory it takes is that of the fresh records and of some of the others at a time (`fresh_pairs`).
"""

from dataclasses import dataclass

from linkage.comparison.specified import plan_of
from linkage.exchange.specification import Specification, compares_every_pair
from linkage.index import Index
from pipelines.at_unit.linking.clock import Clock
from pipelines.at_unit.linking.decided_model import DecidedModel
from pipelines.at_unit.linking.evidence import Scores, resolve_rows, store_evidence
from pipelines.at_unit.linking.fitting import require_levels
from pipelines.at_unit.linking.fresh_pairs import FreshPairs
from pipelines.at_unit.linking.kernels import kernels_beside
from pipelines.at_unit.linking.linked import Linked
from pipelines.at_unit.linking.meeting import Meeting
from pipelines.at_unit.linking.protecting import quarantine_near
from pipelines.progress import Progress

__all__ = ["FrozenModel", "link_fresh"]

ROUNDING = 0.01
"""Bits by which a stored weight, a float32, may be off at the most, many times over."""


@dataclass(frozen=True)
class FrozenModel:
    """A model in use.

    Attributes
    ----------
    decided, run_no
        The model and the run that fitted it.
    since
        The last run after which every component was resolved under this model.
    """

    decided: DecidedModel
    run_no: int | None
    since: int


def link_fresh(
    index: Index,
    specification: Specification,
    model: FrozenModel,
    kind: str,
    *,
    progress: Progress,
    threads: int | None,
    clock: Clock,
) -> Linked:
    """Compare what came since a run with all live records, and resolve the components that it touches.

    Nothing is published.
    """
    joins = not compares_every_pair(specification, index.count_live()[0])
    with kernels_beside(progress, joins=joins):
        live = index.live_rows(model.since)
        require_levels(
            model.decided, plan_of(specification, model.decided.common).n_levels, len(index.sources)
        )
        scores = Scores.of(model.decided, specification, index.sources)
        run_no = index.begin_run(kind)
    clock.lap("read and plan")
    meeting = Meeting(specification, scores, len(index.sources), len(live), scores.cutoff, threads)
    comparing = FreshPairs(index, live, meeting)
    with progress.stage("link what is new", unit="pairs") as stage:
        evidence, n_pairs = comparing.run(stage.reach)
        store_evidence(index, run_no, evidence, replace=False)
    clock.lap("compare and link")
    with progress.stage("resolve", unit="") as stage:
        # Stored odds are those of resolution or, of twins, higher: a few rows too many are resolved again.
        rows = index.affected_rows(model.since, scores.least - ROUNDING)
        sources = live.sources[live.rows.searchsorted(rows)]
        resolution = resolve_rows(index, specification, scores, rows, sources, index.links(rows=rows))
        stage.reach(1)
    clock.lap("resolve")
    with progress.stage("give children their ids", unit="") as stage:
        membership = index.assign_children(run_no, rows, resolution.labels)
        stage.reach(1)
    clock.lap("children")
    quarantined = quarantine_near(index, run_no, specification, lambda: scores, whole=False, threads=threads)
    clock.lap("quarantine")
    return Linked(
        run_no=run_no,
        mode="incremental",
        decided=model.decided,
        model_run=model.run_no,
        is_fitted=False,
        pairs=n_pairs,
        stored=len(evidence),
        links=int(resolution.accepted.sum()),
        resolved=len(rows),
        conflicts=resolution.conflicts,
        membership=membership,
        quarantined=quarantined,
    )

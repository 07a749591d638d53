"""Linking what is new or changed against the whole index, and resolving only what that touches.

The outcome is that of linking everything with the same model and specification: a pair without a fresh record has the
evidence that an earlier run stored, and what happens in one component of linking pairs depends on nothing outside it.
The memory it takes is that of the fresh records and of one part of the others at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.comparison.specified import plan_of
from linkage.exchange.specification import Specification
from linkage.index import Index, Links, LiveRows
from pipelines.at_unit.linking.clock import Clock
from pipelines.at_unit.linking.decided_model import DecidedModel
from pipelines.at_unit.linking.evidence import Scores, resolve_rows, store_evidence
from pipelines.at_unit.linking.fitting import require_levels
from pipelines.at_unit.linking.kernels import kernels_beside
from pipelines.at_unit.linking.linked import Linked
from pipelines.at_unit.linking.meeting import Meeting, parts_of
from pipelines.at_unit.linking.protecting import quarantine_near
from pipelines.progress import Progress

__all__ = ["FrozenModel", "link_fresh"]

ROUNDING = 0.01
"""Bits by which a stored weight, a float32, may be off at the most, many times over."""

Rows = npt.NDArray[np.int64]


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
    with kernels_beside(progress):
        live = index.live_rows(model.since)
        require_levels(
            model.decided, plan_of(specification, model.decided.common).n_levels, len(index.sources)
        )
        scores = Scores.of(model.decided, specification, index.sources)
        run_no = index.begin_run(kind)
    clock.lap("read and plan")
    meeting = Meeting(specification, scores, len(index.sources), len(live), scores.cutoff, threads)
    comparing = _Comparing(index, live, meeting)
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
    quarantined = quarantine_near(index, run_no, specification, scores, whole=False, threads=threads)
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


class _Comparing:
    """Fresh records against all live ones, part by part."""

    def __init__(self, index: Index, live: LiveRows, meeting: Meeting) -> None:
        self._index, self._live, self._meeting = index, live, meeting
        self._fresh = live.rows[live.fresh]

    def run(self, reach: Callable[[int], None]) -> tuple[Links, int]:
        """The evidence of all candidate pairs with a fresh record, and how many were compared."""
        found, n_pairs = [_no_links()], 0
        if not len(self._fresh):
            return found[0], n_pairs
        n_words = self._index.schema.n_words
        for number, part in enumerate(parts_of(self._others(), n_words, at_least=len(self._fresh))):
            links, n_compared = self._compare(part, is_first=number == 0)
            found.append(links)
            n_pairs += n_compared
            reach(n_pairs)
        return _concatenated(found), n_pairs

    def _others(self) -> Rows:
        """Other live rows that may meet a fresh one, ascending."""
        others = self._live.rows[~self._live.fresh]
        if self._meeting.every_pair:
            return others
        partners = self._index.rows_sharing_keys(self._meeting.key_columns, self._fresh)
        meets = np.isin(others, partners, assume_unique=True)
        if self._meeting.added.tables:
            meets |= self._meeting.near(self._index.column, others, self._index.words(self._fresh))
        return others[meets]

    def _compare(self, others: Rows, *, is_first: bool) -> tuple[Links, int]:
        rows = np.sort(np.concatenate([self._fresh, others]))
        place = self._live.rows.searchsorted(rows)
        fresh = self._live.fresh[place]
        met = self._meeting.compare(self._index.words(rows), self._live.sources[place], fresh)
        pairs = met.pairs
        # Two fresh records meet in every part and count in the first.
        kept = np.ones(len(pairs), dtype=np.bool_) if is_first else ~(fresh[pairs.left] & fresh[pairs.right])
        left, right = rows[pairs.left[kept]], rows[pairs.right[kept]]
        weights = met.weights[kept].astype(np.float32)
        return Links(left, right, pairs.patterns[kept], weights, pairs.strata[kept]), met.n_compared


def _no_links() -> Links:
    none = np.empty(0, dtype=np.int64)
    return Links(none, none, none, none.astype(np.float32), none.astype(np.int16))


def _concatenated(parts: list[Links]) -> Links:
    return Links(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))

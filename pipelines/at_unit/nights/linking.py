"""How a night links: only what is new where the evidence still rests on the same basis, otherwise everything."""

from linkage.exchange.specification import Specification
from linkage.index import Index
from pipelines.at_unit.linking.clock import Clock
from pipelines.at_unit.linking.everything import link_everything
from pipelines.at_unit.linking.incremental import FrozenModel, link_fresh
from pipelines.at_unit.linking.linked import Linked
from pipelines.at_unit.linking.model_choice import ModelChoice
from pipelines.at_unit.nights.basis import basis_of, run_of_basis
from pipelines.progress import Progress

__all__ = ["link_night"]

MOST_FRESH = 0.25
"""Share of the live records from which on linking everything is no dearer than linking what is new."""


def link_night(
    index: Index,
    specification: Specification,
    choice: ModelChoice,
    *,
    progress: Progress,
    threads: int | None,
    clock: Clock,
) -> Linked:
    """Link the open run; both ways end in the same children."""
    if choice.decided is not None:
        n_live, n_fresh = index.count_live()
        since = run_of_basis(index, basis_of(specification, choice.decided, n_live))
        if since is not None and n_live and n_fresh <= MOST_FRESH * n_live:
            model = FrozenModel(choice.decided, choice.run_no, since)
            return link_fresh(
                index, specification, model, "nightly", progress=progress, threads=threads, clock=clock
            )
    return link_everything(
        index, specification, choice, "nightly", progress=progress, threads=threads, clock=clock
    )

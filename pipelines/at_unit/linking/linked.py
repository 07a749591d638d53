"""A run that is linked to its end and not published yet."""

from dataclasses import dataclass

from linkage.index import Membership
from linkage.resolution import ConflictCounts
from pipelines.at_unit.linking.decided_model import DecidedModel

__all__ = ["Linked"]


@dataclass(frozen=True, kw_only=True)
class Linked:
    """What linking did in the open run.

    Attributes
    ----------
    mode
        ``"full"``: every candidate pair was looked at; ``"incremental"``: those with a new record.
    model_run
        The run that fitted the model; None if it was fitted now or came from a file.
    is_fitted
        Whether the model was fitted now.
    pairs, stored
        Pairs compared, and kept as evidence.
    links
        Pairs among the resolved records that join them.
    resolved
        Records whose component was resolved.
    conflicts
        What had to be repaired among them.
    quarantined
        Pairs of a shielded record and one that newly came near it.
    """

    run_no: int
    mode: str
    decided: DecidedModel
    model_run: int | None
    is_fitted: bool
    pairs: int
    stored: int
    links: int
    resolved: int
    conflicts: ConflictCounts
    membership: Membership
    quarantined: int = 0

"""What resolution hands back: clusters, and for every edge that was not followed the reason."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt


class Reason(IntEnum):
    """Why an edge joins nothing; `ACCEPTED` where it joins."""

    ACCEPTED = 0
    BELOW_THRESHOLD = 1
    """Weaker than the threshold of its pair of sources."""
    EXCLUSIVITY = 2
    """Following it would put two records of one source into a child with nothing to show that they are one."""
    WEAK_BRIDGE = 3
    """The evidence between the two clusters that it would join is negative as a whole."""
    SEVERED = 4
    """Following it would join records that must stay apart."""
    OVERSIZED = 5
    """Following it would make a cluster, or a knot of conflicts, of implausible size."""
    CONTESTED = 6
    """Two children claim one of its records, and the evidence for one is no better than for the other."""


@dataclass(frozen=True)
class ConflictCounts:
    """How much had to be repaired.

    Attributes
    ----------
    components
        Connected components of accepted edges that broke a rule, by what they broke: `EXCLUSIVITY`, `SEVERED`,
        `OVERSIZED`, `WEAK_BRIDGE`. A component that breaks several rules counts for each repair that it took.
    edges
        Edges by their final reason, `ACCEPTED` included.
    refused_must_links
        Known links that were not followed, because records that must stay apart would have been joined.
    """

    components: dict[Reason, int]
    edges: dict[Reason, int]
    refused_must_links: int

    def to_json(self) -> dict[str, Any]:
        """Plain numbers under plain names."""
        return {
            "components": {reason.name.lower(): count for reason, count in self.components.items()},
            "edges": {reason.name.lower(): count for reason, count in self.edges.items()},
            "refused_must_links": self.refused_must_links,
        }


@dataclass(frozen=True)
class Resolution:
    """Clusters of records.

    Attributes
    ----------
    labels
        int64 (n_records,): the smallest row of each record's cluster.
    reasons
        uint8 (n_edges,): a `Reason` for each edge, in the order given.
    must_links_followed
        bool (n_must_links,): false where a known link was refused.
    conflicts
        Counts for the run's report.
    """

    labels: npt.NDArray[np.int64]
    reasons: npt.NDArray[np.uint8]
    must_links_followed: npt.NDArray[np.bool_]
    conflicts: ConflictCounts

    @property
    def accepted(self) -> npt.NDArray[np.bool_]:
        """Edges at or above their threshold whose two records share a cluster; bool (n_edges,)."""
        return np.asarray(self.reasons == Reason.ACCEPTED)

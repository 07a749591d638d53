"""Whether one cluster, or two taken together, break a rule."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel
from linkage.resolution.clusters import Clusters, Components
from linkage.resolution.graph import ACCEPTED, Graph, Links

HOLDS, EXCLUSIVE, SEVERED = 0, 2, 4
"""The rule that is broken, numbered as in `Reason`; exclusivity is named only where severance holds."""


class Counts(NamedTuple):
    """Scratch by source, all zero between calls: int64 (n_sources,) each."""

    present: npt.NDArray[np.int64]
    unproven: npt.NDArray[np.int64]


@kernel
def broken_rules(
    graph: Graph,
    several: npt.NDArray[np.bool_],
    components: Components,
    clusters: Clusters,
    counts: Counts,
    broken: npt.NDArray[np.uint8],
) -> None:
    """Name the rule that each component breaks, in `broken`."""
    for component in range(broken.size):
        head = components.nodes[components.starts[component]]
        broken[component] = broken_rule(graph, several, clusters, counts, head, head)


@kernel
def explain(
    graph: Graph,
    links: Links,
    several: npt.NDArray[np.bool_],
    parted: npt.NDArray[np.int64],
    clusters: Clusters,
    counts: Counts,
    reasons: npt.NDArray[np.uint8],
) -> None:
    """Write for each link of `parted` the rule that its two clusters would break as one, if any."""
    for link in parted:
        a, b = clusters.names[links.low[link]], clusters.names[links.high[link]]
        reasons[link] = broken_rule(graph, several, clusters, counts, a, b)


@kernel
def broken_rule(
    graph: Graph,
    several: npt.NDArray[np.bool_],
    clusters: Clusters,
    counts: Counts,
    a: int,
    b: int,
) -> int:
    """Name the rule that the clusters headed by `a` and `b` would break as one; ``a == b`` for one alone.

    Two nodes of a source are unproven unless an accepted link joins them or they are must-linked, directly or in
    a chain. A source may have unproven pairs only if every other source of the cluster allows several of it.
    """
    severed = _count(graph, clusters, counts, a, a, b)
    if b != a:
        severed = _count(graph, clusters, counts, b, a, b) or severed
    broken = SEVERED if severed else HOLDS
    if not severed:
        for source in range(several.shape[0]):
            if counts.unproven[source] > 0 and not _allowed(several, counts.present, source):
                broken = EXCLUSIVE
                break
    _clear(graph, clusters, counts, a)
    _clear(graph, clusters, counts, b)
    return broken


@kernel
def _count(
    graph: Graph,
    clusters: Clusters,
    counts: Counts,
    head: int,
    a: int,
    b: int,
) -> bool:
    severed = False
    node = head
    while node >= 0:
        source = graph.sources[node]
        counts.unproven[source] += counts.present[source] - graph.ranks[node]
        counts.present[source] += 1
        for at in range(graph.starts[node], graph.starts[node + 1]):
            other = graph.neighbours[at]
            if (
                other < node  # each link once
                and graph.kinds[at] == ACCEPTED
                and graph.sources[other] == source
                and (clusters.names[other] == a or clusters.names[other] == b)
                and graph.groups[other] != graph.groups[node]
            ):
                counts.unproven[source] -= 1
        for at in range(graph.apart_starts[node], graph.apart_starts[node + 1]):
            other = graph.apart[at]
            severed = severed or clusters.names[other] == a or clusters.names[other] == b
        node = clusters.nexts[node]
    return severed


@kernel
def _allowed(several: npt.NDArray[np.bool_], present: npt.NDArray[np.int64], source: int) -> bool:
    alone = True
    for other in range(present.size):
        if other != source and present[other] > 0:
            alone = False
            if not several[source, other]:
                return False
    return not alone or several[source, source]


@kernel
def _clear(graph: Graph, clusters: Clusters, counts: Counts, head: int) -> None:
    node = head
    while node >= 0:
        counts.present[graph.sources[node]] = 0
        counts.unproven[graph.sources[node]] = 0
        node = clusters.nexts[node]

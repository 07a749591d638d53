"""Repair of components too large for an exact search: join along the strongest links first, refuse what breaks a rule.

Each accepted link, in descending order of strength, proposes to join the two clusters it connects. They are joined if
the evidence between them is not negative, all their pairs counted (absent ones as minus the penalty), and if
together they break no rule. Refused proposals are made again until a round changes nothing. Then single records move to
where they fit better, which mends what the strongest link decided too early.
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel
from linkage.resolution.clusters import Clusters, Components, merge, start_from_groups
from linkage.resolution.constraints import HOLDS, Counts, broken_rule
from linkage.resolution.graph import Graph, Links


@kernel
def agglomerate(
    graph: Graph,
    links: Links,
    several: npt.NDArray[np.bool_],
    penalty: float,
    components: Components,
    chosen: npt.NDArray[np.int64],
    clusters: Clusters,
    counts: Counts,
) -> None:
    """Rename the nodes of each `chosen` component to the clusters that agglomeration makes."""
    for component in chosen:
        members = components.nodes[components.starts[component] : components.starts[component + 1]]
        start_from_groups(graph, members, clusters)
        changed = True
        while changed:
            changed = False
            for at in range(components.link_starts[component], components.link_starts[component + 1]):
                link = components.links[at]
                a, b = clusters.names[links.low[link]], clusters.names[links.high[link]]
                if (
                    a != b
                    and evidence_between(graph, clusters, penalty, a, b) >= 0
                    and broken_rule(graph, several, clusters, counts, a, b) == HOLDS
                ):
                    merge(clusters, a, b)
                    changed = True


@kernel
def evidence_between(graph: Graph, clusters: Clusters, penalty: float, a: int, b: int) -> float:
    """Sum, over all pairs across the clusters headed by `a` and `b`, of weight less threshold."""
    if clusters.sizes[a] > clusters.sizes[b] or (clusters.sizes[a] == clusters.sizes[b] and a > b):
        a, b = b, a
    total: float = -penalty * clusters.sizes[a] * clusters.sizes[b]
    node = a
    while node >= 0:
        for at in range(graph.starts[node], graph.starts[node + 1]):
            if clusters.names[graph.neighbours[at]] == b:
                total += graph.excess[at] + penalty
        node = clusters.nexts[node]
    return total

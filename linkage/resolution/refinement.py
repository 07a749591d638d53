"""Second thoughts after agglomeration: neighbouring clusters are taken together and solved again, exactly.

The strongest link decides first in agglomeration, and may decide wrongly. So for every accepted link between two
clusters, strongest first, the two (with further neighbours, as long as they fit) are partitioned anew by the exact
method; what is worth more replaces them. This goes on until a round changes nothing, as large-neighbourhood search does
(Shaw 1998, CP-98, LNCS 1520).
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel
from linkage.resolution.clusters import Clusters, Components
from linkage.resolution.exact import Tables, name_parts, solve
from linkage.resolution.graph import ACCEPTED, Graph, Links

LEAST_GAIN = 1e-9
"""Smaller gains are rounding: following them could go round in circles."""


@kernel
def refine(
    graph: Graph,
    links: Links,
    several: npt.NDArray[np.bool_],
    penalty: float,
    components: Components,
    chosen: npt.NDArray[np.int64],
    clusters: Clusters,
    tables: Tables,
) -> None:
    """Improve the clusters of each `chosen` component until no small neighbourhood can be improved."""
    nodes = np.empty(tables.heads.size, dtype=np.int64)
    before = np.empty(tables.heads.size, dtype=np.int64)
    inside = np.zeros(graph.sources.size, dtype=np.bool_)
    for component in chosen:
        for at in range(components.starts[component], components.starts[component + 1]):
            inside[components.nodes[at]] = True
        changed = True
        while changed:
            changed = False
            for at in range(components.link_starts[component], components.link_starts[component + 1]):
                link = components.links[at]
                a, b = clusters.names[links.low[link]], clusters.names[links.high[link]]
                if a != b and clusters.sizes[a] + clusters.sizes[b] <= nodes.size:
                    n_nodes = _neighbourhood(graph, inside, a, b, clusters, nodes)
                    if _solve_again(graph, several, penalty, nodes[:n_nodes], before, clusters, tables):
                        changed = True
        for at in range(components.starts[component], components.starts[component + 1]):
            inside[components.nodes[at]] = False


@kernel
def _neighbourhood(
    graph: Graph,
    inside: npt.NDArray[np.bool_],
    a: int,
    b: int,
    clusters: Clusters,
    nodes: npt.NDArray[np.int64],
) -> int:
    """Collect the nodes of clusters `a` and `b` and of further neighbours while they fit; returns how many."""
    n_nodes = _append(clusters, a, nodes, 0)
    n_nodes = _append(clusters, b, nodes, n_nodes)
    at = 0
    while at < n_nodes:
        node = nodes[at]
        for link in range(graph.starts[node], graph.starts[node + 1]):
            other = graph.neighbours[link]
            head = clusters.names[other]
            if (
                inside[other]
                and graph.kinds[link] == ACCEPTED
                and n_nodes + clusters.sizes[head] <= nodes.size
                and not _holds(nodes, n_nodes, other)
            ):
                n_nodes = _append(clusters, head, nodes, n_nodes)
        at += 1
    nodes[:n_nodes].sort()
    return n_nodes


@kernel
def _append(clusters: Clusters, head: int, nodes: npt.NDArray[np.int64], n_nodes: int) -> int:
    node = head
    while node >= 0:
        nodes[n_nodes] = node
        n_nodes += 1
        node = clusters.nexts[node]
    return n_nodes


@kernel
def _holds(nodes: npt.NDArray[np.int64], n_nodes: int, node: int) -> bool:
    at = 0
    while at < n_nodes and nodes[at] != node:
        at += 1
    return at < n_nodes


@kernel
def _solve_again(
    graph: Graph,
    several: npt.NDArray[np.bool_],
    penalty: float,
    nodes: npt.NDArray[np.int64],
    before: npt.NDArray[np.int64],
    clusters: Clusters,
    tables: Tables,
) -> bool:
    for at in range(nodes.size):
        before[at] = clusters.names[nodes[at]]
        clusters.names[nodes[at]] = nodes[0]
    n_units = solve(graph, several, penalty, nodes, clusters, tables)
    gain = -1.0
    if n_units >= 0:
        gain = tables.best[(1 << n_units) - 1] - _worth(nodes, before, clusters, tables)
    if gain <= LEAST_GAIN:
        for at in range(nodes.size):
            clusters.names[nodes[at]] = before[at]
        return False
    name_parts(nodes, clusters, tables, n_units)
    for node in nodes:
        clusters.nexts[node] = -1
        clusters.tails[node] = node
        clusters.sizes[node] = 1
    for node in nodes:
        head = clusters.names[node]
        if head != node:
            clusters.nexts[clusters.tails[head]] = node
            clusters.tails[head] = node
            clusters.sizes[head] += 1
    return True


@kernel
def _worth(
    nodes: npt.NDArray[np.int64], before: npt.NDArray[np.int64], clusters: Clusters, tables: Tables
) -> float:
    """Worth of the clusters that `nodes` had before."""
    worth = 0.0
    for at in range(nodes.size):
        part, first = 0, True
        for other in range(nodes.size):
            if before[other] == before[at]:
                part |= 1 << clusters.mark[nodes[other]]
                first = first and other >= at
        if first:
            worth += tables.total[part]
    return worth

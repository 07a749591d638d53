"""Weak bridges: a cluster that hangs together by one link between two groups that otherwise do not know each other.

Bridges are found by depth-first search (Tarjan 1974, Information Processing Letters 2(6)). One is weak when all pairs
across it, taken together, speak against it: the link's own excess over its threshold, links below their threshold, and
the penalty of every absent pair. So a link with strong evidence of its own (an identifier) holds against several absent
pairs, and a link that is barely accepted does not.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel
from linkage.resolution.clusters import Clusters, Components
from linkage.resolution.graph import ACCEPTED, MUST, Graph


class Search(NamedTuple):
    """Scratch by order of visit, int64 (n,) each, as long as the largest component.

    `visited` node, `parents` visit from which it was reached, `via` place of that link among the neighbours, `lows`
    earliest visit that the subtree reaches, `sizes` nodes of the subtree, `cursors` next neighbour.
    """

    visited: npt.NDArray[np.int64]
    parents: npt.NDArray[np.int64]
    via: npt.NDArray[np.int64]
    lows: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    cursors: npt.NDArray[np.int64]


def new_search(most_nodes: int) -> Search:
    """Allocate scratch for components of up to `most_nodes` nodes."""
    return Search(*(np.zeros(most_nodes, dtype=np.int64) for _ in Search._fields))


@kernel
def cut_weakest_bridges(
    graph: Graph,
    penalty: float,
    side: int,
    components: Components,
    chosen: npt.NDArray[np.int64],
    clusters: Clusters,
    search: Search,
    split: npt.NDArray[np.bool_],
) -> None:
    """Split each `chosen` component at its weakest bridge, if it has a weak one; `split` says where.

    A bridge is weighed only with at least `side` nodes on either side. Of equally weak bridges the one visited first
    goes. Known links are never cut.
    """
    for at in range(chosen.size):
        component = chosen[at]
        members = components.nodes[components.starts[component] : components.starts[component + 1]]
        split[at] = _cut_weakest(graph, penalty, side, members, clusters, search)


@kernel
def _cut_weakest(
    graph: Graph,
    penalty: float,
    side: int,
    members: npt.NDArray[np.int64],
    clusters: Clusters,
    search: Search,
) -> bool:
    _search(graph, members, clusters, search)
    weakest, cut = 0.0, -1
    for entry in range(1, members.size):
        at = search.via[entry]
        inside, outside = search.sizes[entry], members.size - search.sizes[entry]
        bridge = search.lows[entry] == entry and graph.kinds[at] == ACCEPTED
        if bridge and inside >= side and outside >= side:
            evidence = _evidence_across(graph, penalty, search, clusters, members.size, entry)
            if evidence < weakest:
                weakest, cut = evidence, entry
    if cut < 0:
        return False
    # The search starts at the first node, so the other side keeps the node that names it.
    head = search.visited[cut]
    for entry in range(cut, cut + search.sizes[cut]):
        clusters.names[search.visited[entry]] = head
    return True


@kernel
def _search(graph: Graph, members: npt.NDArray[np.int64], clusters: Clusters, search: Search) -> None:
    for node in members:
        clusters.mark[node] = -1
    n_visited = _visit(graph, search, clusters, members[0], -1, -1, 0)
    entry = 0
    while entry >= 0:
        node = search.visited[entry]
        at = search.cursors[entry]
        if at == graph.starts[node + 1]:
            parent = search.parents[entry]
            if parent >= 0:
                search.lows[parent] = min(search.lows[parent], search.lows[entry])
                search.sizes[parent] += search.sizes[entry]
            entry = parent
            continue
        search.cursors[entry] += 1
        other = graph.neighbours[at]
        if graph.kinds[at] < ACCEPTED or clusters.names[other] != clusters.names[node]:
            continue
        if clusters.mark[other] < 0:
            n_visited = _visit(graph, search, clusters, other, entry, at, n_visited)
            entry = n_visited - 1
        elif clusters.mark[other] != search.parents[entry]:
            search.lows[entry] = min(search.lows[entry], clusters.mark[other])


@kernel
def _visit(
    graph: Graph, search: Search, clusters: Clusters, node: int, parent: int, via: int, entry: int
) -> int:
    clusters.mark[node] = entry
    search.visited[entry] = node
    search.parents[entry] = parent
    search.via[entry] = via
    search.lows[entry] = entry
    search.sizes[entry] = 1
    search.cursors[entry] = graph.starts[node]
    return entry + 1


@kernel
def _evidence_across(
    graph: Graph, penalty: float, search: Search, clusters: Clusters, n_nodes: int, cut: int
) -> float:
    """Sum over all pairs between the subtree of entry `cut` and the rest."""
    inside = search.sizes[cut]
    total: float = -penalty * inside * (n_nodes - inside)
    for entry in range(cut, cut + inside):
        node = search.visited[entry]
        for at in range(graph.starts[node], graph.starts[node + 1]):
            other = graph.neighbours[at]
            if clusters.names[other] == clusters.names[node] and graph.kinds[at] != MUST:
                place = clusters.mark[other]
                if not cut <= place < cut + inside:
                    total += graph.excess[at] + penalty
    return total

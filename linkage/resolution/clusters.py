"""Clusters of nodes while they are being repaired: linked lists that kernels split and merge in place."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel
from linkage.resolution.graph import ACCEPTED, Graph


class Clusters(NamedTuple):
    """State by node, int64 (n,) each. A cluster is named by its head.

    `names` is the head of each node's cluster, `nexts` the node after it or -1; `tails` and `sizes` hold at heads.
    `mark` and `found` are scratch: a component's kernel leaves nothing in them that another relies on.
    """

    names: npt.NDArray[np.int64]
    nexts: npt.NDArray[np.int64]
    tails: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    mark: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]


class Components(NamedTuple):
    """Clusters that a round looks at: nodes of number c at ``nodes[starts[c] : starts[c + 1]]``, ascending.

    The links that join its nodes, strongest first, stand at ``links[link_starts[c] : link_starts[c + 1]]``.
    """

    nodes: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    links: npt.NDArray[np.int64]
    link_starts: npt.NDArray[np.int64]


def new_clusters(n_nodes: int) -> Clusters:
    """Every node alone."""
    nodes = np.arange(n_nodes, dtype=np.int64)
    return Clusters(
        nodes,
        np.full(n_nodes, -1, dtype=np.int64),
        nodes.copy(),
        np.ones(n_nodes, dtype=np.int64),
        np.zeros(n_nodes, dtype=np.int64),
        np.zeros(n_nodes, dtype=np.int64),
    )


@kernel
def merge(clusters: Clusters, a: int, b: int) -> None:
    """Append the smaller of the clusters headed by `a` and `b` to the other; of equal ones the later head's."""
    if clusters.sizes[a] < clusters.sizes[b] or (clusters.sizes[a] == clusters.sizes[b] and b < a):
        a, b = b, a
    node = b
    while node >= 0:
        clusters.names[node] = a
        node = clusters.nexts[node]
    clusters.nexts[clusters.tails[a]] = b
    clusters.tails[a] = clusters.tails[b]
    clusters.sizes[a] += clusters.sizes[b]


@kernel
def start_from_groups(graph: Graph, members: npt.NDArray[np.int64], clusters: Clusters) -> None:
    """Make every must-linked group of `members` (ascending) a cluster."""
    for node in members:
        clusters.names[node] = node
        clusters.nexts[node] = -1
        clusters.tails[node] = node
        clusters.sizes[node] = 1
    for node in members:
        group = graph.groups[node]
        if group != node:
            # The group's first node stays its head: a group of one never beats it in size.
            merge(clusters, clusters.names[group], node)


@kernel
def split_connected(graph: Graph, members: npt.NDArray[np.int64], clusters: Clusters) -> None:
    """Split clusters of `members` into parts that accepted or known links connect.

    `members` holds whole clusters, the nodes of each ascending. Heads become the smallest nodes, so names no longer
    depend on the repair that made the clusters.
    """
    for node in members:
        clusters.found[node] = -1
    for seed in members:
        if clusters.found[seed] >= 0:
            continue
        clusters.found[seed] = seed
        clusters.nexts[seed] = -1
        tail, size = seed, 1
        node = seed
        while node >= 0:
            for at in range(graph.starts[node], graph.starts[node + 1]):
                other = graph.neighbours[at]
                if (
                    graph.kinds[at] >= ACCEPTED
                    and clusters.names[other] == clusters.names[node]
                    and clusters.found[other] < 0
                ):
                    clusters.found[other] = seed
                    clusters.nexts[tail] = other
                    clusters.nexts[other] = -1
                    tail = other
                    size += 1
            node = clusters.nexts[node]
        clusters.tails[seed] = tail
        clusters.sizes[seed] = size
    for node in members:
        clusters.names[node] = clusters.found[node]

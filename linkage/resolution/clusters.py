"""Clusters of nodes while they are being repaired: linked lists that kernels split and merge in place."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel, step_kernel
from linkage.resolution.graph import ACCEPTED, Graph, Table

RUN = np.dtype([("start", np.int64), ("end", np.int64), ("link_start", np.int64), ("link_end", np.int64)])
"""Where the nodes and the links of a component stand in `Components`."""


class Components(NamedTuple):
    """Clusters that a round looks at.

    The nodes of component c are ``members[runs[c].start : runs[c].end]``, ascending; the links that join them
    ``links[runs[c].link_start : runs[c].link_end]``, strongest first.
    """

    members: npt.NDArray[np.int64]
    links: npt.NDArray[np.int64]
    runs: Table


@step_kernel
def merge(nodes: Table, a: int, b: int) -> None:
    """Append the shorter of the clusters named `a` and `b` to the other; of equal ones the later named."""
    if nodes[a].length < nodes[b].length or (nodes[a].length == nodes[b].length and b < a):
        a, b = b, a
    node = b
    while node >= 0:
        nodes[node].name = a
        node = nodes[node].next
    nodes[nodes[a].tail].next = b
    nodes[a].tail = nodes[b].tail
    nodes[a].length += nodes[b].length


@step_kernel
def make_single(nodes: Table, node: int) -> None:
    """Make a node a cluster of its own."""
    nodes[node].name = node
    nodes[node].next = -1
    nodes[node].tail = node
    nodes[node].length = 1


@step_kernel
def start_from_groups(nodes: Table, members: npt.NDArray[np.int64]) -> None:
    """Make every must-linked group of `members` (ascending) a cluster."""
    for node in members:
        make_single(nodes, node)
    for node in members:
        group = nodes[node].group
        if group != node:
            # The group's first node stays its name: a cluster of one is never the longer.
            merge(nodes, nodes[group].name, node)


@step_kernel
def relink(nodes: Table, members: npt.NDArray[np.int64]) -> None:
    """Make lists of `members` (ascending) by their names, each of which is the first node that bears it."""
    for node in members:
        head = nodes[node].name
        if head == node:
            make_single(nodes, node)
        else:
            nodes[nodes[head].tail].next = node
            nodes[head].tail = node
            nodes[head].length += 1
            nodes[node].next = -1


@kernel
def split_connected(graph: Graph, members: npt.NDArray[np.int64]) -> None:
    """Split clusters of `members` into parts that accepted or known links connect.

    `members` holds whole clusters, the nodes of each ascending. A part is named by its smallest node, so names no
    longer depend on the repair that made the clusters.
    """
    nodes, ends = graph.nodes, graph.ends
    for node in members:
        nodes[node].found = -1
    for seed in members:
        if nodes[seed].found >= 0:
            continue
        nodes[seed].found = seed
        nodes[seed].next = -1
        tail, length = seed, 1
        node = seed
        while node >= 0:
            for at in range(nodes[node].start, nodes[node + 1].start):
                other = ends[at].neighbour
                if (
                    ends[at].kind >= ACCEPTED
                    and nodes[other].name == nodes[node].name
                    and nodes[other].found < 0
                ):
                    nodes[other].found = seed
                    nodes[other].next = -1
                    nodes[tail].next = other
                    tail = other
                    length += 1
            node = nodes[node].next
        nodes[seed].tail = tail
        nodes[seed].length = length
    for node in members:
        nodes[node].name = nodes[node].found

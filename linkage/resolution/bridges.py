"""Weak bridges: a cluster that hangs together by one link between two groups that otherwise do not know each other.

Bridges are found by depth-first search (Tarjan 1974, Information Processing Letters 2(6)). One is weak when all pairs
across it, taken together, speak against it: the link's own excess over its threshold, links below their threshold, and
the penalty of every absent pair. So a link with strong evidence of its own (an identifier) holds against several absent
pairs, and a link that is barely accepted does not.
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel, step_kernel
from linkage.resolution.clusters import Components
from linkage.resolution.graph import ACCEPTED, MUST, Graph, Table

VISIT = np.dtype(
    [
        ("node", np.int64),
        ("parent", np.int64),
        ("via", np.int64),
        ("low", np.int64),
        ("length", np.int64),
        ("cursor", np.int64),
    ]
)
"""A node in the order of visit.

node, parent, via
    The node, the visit from which it was reached, and the place of that link in `ends`; -1 at the start.
low, length
    Earliest visit that its subtree reaches, and number of nodes in the subtree.
cursor
    Next link to look at.
"""


@kernel
def cut_weakest_bridges(
    graph: Graph,
    penalty: float,
    side: int,
    components: Components,
    chosen: npt.NDArray[np.int64],
    visits: Table,
    split: npt.NDArray[np.bool_],
) -> None:
    """Split each `chosen` component at its weakest bridge, if it has a weak one; `split` says where.

    A bridge is weighed only with at least `side` nodes on either side. Of equally weak bridges the one
    whose nodes come first goes. Known links are never cut. `visits` is scratch, as long as the largest component.
    """
    nodes, ends = graph.nodes, graph.ends
    for at in range(chosen.size):
        run = components.runs[chosen[at]]
        members = components.members[run.start : run.end]
        _search(graph, members, visits)
        weakest, cut = 0.0, 0
        for entry in range(1, members.size):
            inside = visits[entry].length
            bridge = visits[entry].low == entry and ends[visits[entry].via].kind == ACCEPTED
            if bridge and inside >= side and members.size - inside >= side:
                evidence = _evidence_across(graph, penalty, visits, members.size, entry)
                if evidence < weakest or (
                    evidence == weakest and cut > 0 and _comes_first(visits, entry, cut)
                ):
                    weakest, cut = evidence, entry
        split[at] = cut > 0
        if cut > 0:
            # The search starts at the first node, so the other side keeps the node that names it.
            for entry in range(cut, cut + visits[cut].length):
                nodes[visits[entry].node].name = visits[cut].node


@step_kernel
def _comes_first(visits: Table, entry: int, other: int) -> bool:
    """Whether the link that led to one visit comes before that of another, by its earlier, then its later node."""
    a, b = visits[entry].node, visits[visits[entry].parent].node
    c, d = visits[other].node, visits[visits[other].parent].node
    return bool(min(a, b) < min(c, d) or (min(a, b) == min(c, d) and max(a, b) < max(c, d)))


@step_kernel
def _search(graph: Graph, members: npt.NDArray[np.int64], visits: Table) -> None:
    """Visit all nodes along accepted and known links; `nodes[x].mark` is the visit of node x."""
    nodes, ends = graph.nodes, graph.ends
    for node in members:
        nodes[node].mark = -1
    n_visits, entry, other, at = 0, -1, members[0], -1
    while True:
        if nodes[other].mark < 0:
            nodes[other].mark = n_visits
            visit = visits[n_visits]
            visit.node, visit.parent, visit.via = other, entry, at
            visit.low, visit.length, visit.cursor = n_visits, 1, nodes[other].start
            entry = n_visits
            n_visits += 1
        elif nodes[other].mark != visits[entry].parent:
            visits[entry].low = min(visits[entry].low, nodes[other].mark)
        # Go back from nodes without further links, to the next link that stays inside.
        at = _next_link(graph, visits, entry)
        while at < 0:
            parent = visits[entry].parent
            if parent < 0:
                return
            visits[parent].low = min(visits[parent].low, visits[entry].low)
            visits[parent].length += visits[entry].length
            entry = parent
            at = _next_link(graph, visits, entry)
        other = ends[at].neighbour


@step_kernel
def _next_link(graph: Graph, visits: Table, entry: int) -> int:
    nodes, ends = graph.nodes, graph.ends
    node = visits[entry].node
    for at in range(visits[entry].cursor, nodes[node + 1].start):
        if ends[at].kind >= ACCEPTED and nodes[ends[at].neighbour].name == nodes[node].name:
            visits[entry].cursor = at + 1
            return at
    visits[entry].cursor = nodes[node + 1].start
    return -1


@step_kernel
def _evidence_across(graph: Graph, penalty: float, visits: Table, n_nodes: int, cut: int) -> float:
    """Sum over all pairs between the subtree of visit `cut` and the rest."""
    nodes, ends = graph.nodes, graph.ends
    inside = visits[cut].length
    total: float = -penalty * inside * (n_nodes - inside)
    for entry in range(cut, cut + inside):
        node = visits[entry].node
        for at in range(nodes[node].start, nodes[node + 1].start):
            other = ends[at].neighbour
            if nodes[other].name == nodes[node].name and ends[at].kind != MUST:
                place = nodes[other].mark
                if not cut <= place < cut + inside:
                    total += ends[at].excess + penalty
    return total

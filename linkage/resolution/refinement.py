"""Second thoughts after agglomeration: neighbouring clusters are taken together and solved again, exactly.

The strongest link decides first in agglomeration, and may decide wrongly. So for every accepted link between two
clusters, strongest first, the two (with further neighbours, as long as they fit) are partitioned anew by the exact
method; what is worth more replaces them. This goes on until a round changes nothing, as large-neighbourhood search does
(Shaw 1998, CP-98, LNCS 1520).
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel, step_kernel
from linkage.resolution.clusters import Components, relink
from linkage.resolution.exact import Tables, name_parts, solve
from linkage.resolution.graph import ACCEPTED, Graph, Table

LEAST_GAIN = 1e-9
"""Smaller gains are rounding: following them could go round in circles."""

Rows = npt.NDArray[np.int64]


@kernel
def refine(
    graph: Graph,
    links: Table,
    several: npt.NDArray[np.bool_],
    penalty: float,
    components: Components,
    chosen: Rows,
    tables: Tables,
    inside: npt.NDArray[np.bool_],
) -> None:
    """Improve the clusters of each `chosen` component until no small neighbourhood can be improved.

    `inside` is scratch by node, all false between calls.
    """
    nodes = graph.nodes
    taken = np.empty(tables.units.size, dtype=np.int64)
    before = np.empty(tables.units.size, dtype=np.int64)
    for component in chosen:
        run = components.runs[component]
        for at in range(run.start, run.end):
            inside[components.members[at]] = True
        changed = True
        while changed:
            changed = False
            for at in range(run.link_start, run.link_end):
                link = links[components.links[at]]
                a, b = nodes[link.low].name, nodes[link.high].name
                if a != b and nodes[a].length + nodes[b].length <= taken.size:
                    n_taken = _neighbourhood(graph, inside, a, b, taken)
                    if _solve_again(graph, several, penalty, taken[:n_taken], before, tables):
                        changed = True
        for at in range(run.start, run.end):
            inside[components.members[at]] = False


@step_kernel
def _neighbourhood(graph: Graph, inside: npt.NDArray[np.bool_], a: int, b: int, taken: Rows) -> int:
    """Collect the nodes of clusters `a` and `b` and of further neighbours while they fit; returns how many."""
    nodes, ends = graph.nodes, graph.ends
    n_taken = _append(nodes, b, taken, _append(nodes, a, taken, 0))
    at = 0
    while at < n_taken:
        node = taken[at]
        for link in range(nodes[node].start, nodes[node + 1].start):
            other = ends[link].neighbour
            head = nodes[other].name
            if inside[other] and ends[link].kind == ACCEPTED and n_taken + nodes[head].length <= taken.size:
                known = False
                for place in range(n_taken):
                    known = known or taken[place] == other
                if not known:
                    n_taken = _append(nodes, head, taken, n_taken)
        at += 1
    _sort(taken, n_taken)
    return n_taken


@step_kernel
def _sort(taken: Rows, n_taken: int) -> None:
    """Sort a handful of nodes by insertion: the library's sort takes longer to compile than all of this file."""
    for end in range(1, n_taken):
        node, at = taken[end], end
        while at > 0 and taken[at - 1] > node:
            taken[at] = taken[at - 1]
            at -= 1
        taken[at] = node


@step_kernel
def _append(nodes: Table, head: int, taken: Rows, n_taken: int) -> int:
    node = head
    while node >= 0:
        taken[n_taken] = node
        n_taken += 1
        node = nodes[node].next
    return n_taken


@step_kernel
def _solve_again(
    graph: Graph,
    several: npt.NDArray[np.bool_],
    penalty: float,
    taken: Rows,
    before: Rows,
    tables: Tables,
) -> bool:
    nodes = graph.nodes
    for at in range(taken.size):
        before[at] = nodes[taken[at]].name
        nodes[taken[at]].name = taken[0]
    n_units = solve(graph, several, penalty, taken, tables)
    gain = -1.0
    if n_units >= 0:
        gain = tables.subsets[(1 << n_units) - 1].best - _worth(nodes, taken, before, tables.subsets)
    if gain <= LEAST_GAIN:
        for at in range(taken.size):
            nodes[taken[at]].name = before[at]
        return False
    name_parts(nodes, taken, tables, n_units)
    relink(nodes, taken)
    return True


@step_kernel
def _worth(nodes: Table, taken: Rows, before: Rows, subsets: Table) -> float:
    """Worth of the clusters that the nodes had before."""
    worth = 0.0
    for at in range(taken.size):
        part, first = 0, True
        for other in range(taken.size):
            if before[other] == before[at]:
                part |= 1 << nodes[taken[other]].mark
                first = first and other >= at
        if first:
            worth += subsets[part].total
    return worth

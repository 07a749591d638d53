"""Repair of components too large for an exact search: join along the strongest links first, refuse what breaks a rule.

Each accepted link, in descending order of strength, proposes to join the two clusters it connects. They are joined if
the evidence between them is not negative, all their pairs counted (absent ones as minus the penalty), and if
together they break no rule. Refused proposals are made again until a round changes nothing.
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel, step_kernel
from linkage.resolution.clusters import Components, merge, start_from_groups
from linkage.resolution.constraints import HOLDS, broken_rule
from linkage.resolution.graph import Graph, Table


@kernel
def agglomerate(
    graph: Graph,
    links: Table,
    several: npt.NDArray[np.bool_],
    penalty: float,
    components: Components,
    chosen: npt.NDArray[np.int64],
    counts: Table,
) -> None:
    """Rename the nodes of each `chosen` component to the clusters that agglomeration makes."""
    nodes = graph.nodes
    for component in chosen:
        run = components.runs[component]
        start_from_groups(nodes, components.members[run.start : run.end])
        changed = True
        while changed:
            changed = False
            for at in range(run.link_start, run.link_end):
                link = links[components.links[at]]
                a, b = nodes[link.low].name, nodes[link.high].name
                if (
                    a != b
                    and _evidence_between(graph, penalty, a, b) >= 0
                    and broken_rule(graph, several, counts, a, b) == HOLDS
                ):
                    merge(nodes, a, b)
                    changed = True


@step_kernel
def _evidence_between(graph: Graph, penalty: float, a: int, b: int) -> float:
    """Sum, over all pairs across the clusters named `a` and `b`, of weight less threshold."""
    nodes, ends = graph.nodes, graph.ends
    if nodes[a].length > nodes[b].length or (nodes[a].length == nodes[b].length and a > b):
        a, b = b, a
    total: float = -penalty * nodes[a].length * nodes[b].length
    node = a
    while node >= 0:
        for at in range(nodes[node].start, nodes[node + 1].start):
            if nodes[ends[at].neighbour].name == b:
                total += ends[at].excess + penalty
        node = nodes[node].next
    return total

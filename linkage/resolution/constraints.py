"""Whether one cluster, or two taken together, break a rule."""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel, step_kernel
from linkage.resolution.clusters import Components
from linkage.resolution.graph import ACCEPTED, Graph, Table

HOLDS, EXCLUSIVE, SEVERED = 0, 2, 4
"""The rule that is broken, numbered as in `Reason`; exclusivity is named only where severance holds."""

COUNT = np.dtype([("present", np.int64), ("unproven", np.int64)])
"""Scratch by source, all zero between calls: nodes, and pairs that nothing shows to be duplicates."""

Flags = npt.NDArray[np.bool_]


@kernel
def broken_rules(
    graph: Graph,
    several: Flags,
    components: Components,
    counts: Table,
    broken: npt.NDArray[np.uint8],
) -> None:
    """Name the rule that each component breaks, in `broken`."""
    for component in range(broken.size):
        head = components.members[components.runs[component].start]
        broken[component] = broken_rule(graph, several, counts, head, head)


@kernel
def chained(
    graph: Graph,
    several: Flags,
    components: Components,
    counts: Table,
    found: Flags,
) -> None:
    """Say which components hang together by chains: unlinked pairs of a source that allows them."""
    for component in range(found.size):
        head = components.members[components.runs[component].start]
        _count(graph, counts, head, head, head)
        found[component] = False
        for source in range(counts.size):
            if several[source, source] and counts[source].unproven > 0:
                found[component] = True
        _clear(graph.nodes, counts, head)


@kernel
def explain(
    graph: Graph,
    links: Table,
    several: Flags,
    parted: npt.NDArray[np.int64],
    counts: Table,
    reasons: npt.NDArray[np.uint8],
) -> None:
    """Write for each link of `parted` the rule that its two clusters would break as one, if any."""
    for link in parted:
        a, b = graph.nodes[links[link].low].name, graph.nodes[links[link].high].name
        reasons[link] = broken_rule(graph, several, counts, a, b)


@step_kernel
def broken_rule(graph: Graph, several: Flags, counts: Table, a: int, b: int) -> int:
    """Name the rule that the clusters named `a` and `b` would break as one; ``a == b`` for one alone.

    Two nodes of a source are unproven unless an accepted link joins them or they are must-linked, directly or in
    a chain. A source may have unproven pairs only if every other source of the cluster allows several of it.
    """
    severed = _count(graph, counts, a, a, b)
    if b != a:
        severed = _count(graph, counts, b, a, b) or severed
    broken = SEVERED if severed else HOLDS
    if not severed:
        for source in range(counts.size):
            if counts[source].unproven > 0 and not _allowed(several, counts, source):
                broken = EXCLUSIVE
                break
    _clear(graph.nodes, counts, a)
    _clear(graph.nodes, counts, b)
    return broken


@step_kernel
def _count(graph: Graph, counts: Table, head: int, a: int, b: int) -> bool:
    """Count the cluster of `head` against itself and those before it; true if severed nodes meet."""
    nodes, ends = graph.nodes, graph.ends
    severed = False
    node = head
    while node >= 0:
        source = nodes[node].source
        counts[source].unproven += counts[source].present - nodes[node].rank
        counts[source].present += 1
        for at in range(nodes[node].start, nodes[node + 1].start):
            other = ends[at].neighbour
            if (
                other < node  # each link once
                and ends[at].kind == ACCEPTED
                and nodes[other].source == source
                and (nodes[other].name == a or nodes[other].name == b)
                and nodes[other].group != nodes[node].group
            ):
                counts[source].unproven -= 1
        for at in range(nodes[node].apart_start, nodes[node + 1].apart_start):
            name = nodes[graph.apart[at]].name
            severed = severed or name in (a, b)
        node = nodes[node].next
    return severed


@step_kernel
def _allowed(several: Flags, counts: Table, source: int) -> bool:
    alone = True
    for other in range(counts.size):
        if other != source and counts[other].present > 0:
            alone = False
            if not several[source, other]:
                return False
    return not alone or several[source, source]


@step_kernel
def _clear(nodes: Table, counts: Table, head: int) -> None:
    node = head
    while node >= 0:
        counts[nodes[node].source].present = 0
        counts[nodes[node].source].unproven = 0
        node = nodes[node].next

"""Components too large to be one child: the threshold is raised, inside the component only, until the parts are not.

Links are followed from the strongest down, equally strong ones together, as in single-link clustering; a part stops
growing when the next links would take it over the limit. Nothing arbitrary is decided: a knot of equally strong links
over the limit falls into single records, for nothing tells its right parts from wrong ones.
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel, step_kernel
from linkage.resolution.clusters import Components
from linkage.resolution.graph import MUST, Table

FROZEN = -1


@kernel
def raise_thresholds(
    nodes: Table,
    links: Table,
    limit: int,
    components: Components,
    chosen: npt.NDArray[np.int64],
    split: npt.NDArray[np.bool_],
) -> None:
    """Split each `chosen` component into parts of at most `limit` nodes; `split` says which were.

    A group of must-linked nodes over the limit stays as it is.
    """
    for at in range(chosen.size):
        run = components.runs[chosen[at]]
        members = components.members[run.start : run.end]
        # mark: parent in the forest of parts that stand; found: parent in the forest that the next ties would make.
        # length: of what the next ties would make, at its root, or FROZEN.
        for node in members:
            nodes[node].mark = node
            nodes[node].found = node
            nodes[node].length = 1
        _follow(nodes, links, components.links[run.link_start : run.link_end], limit, members.size)
        split[at] = False
        for node in members:
            nodes[node].name = _standing(nodes, node)
            split[at] = split[at] or nodes[node].name != nodes[members[0]].name


@step_kernel
def _follow(nodes: Table, links: Table, own_links: npt.NDArray[np.int64], limit: int, n_members: int) -> None:
    start = 0
    while start < own_links.size:
        first = links[own_links[start]]
        end = start + 1
        while end < own_links.size and (
            links[own_links[end]].kind == first.kind and links[own_links[end]].excess == first.excess
        ):
            end += 1
        ties = own_links[start:end]
        # Known links hold at any size.
        most = n_members if first.kind == MUST else limit
        for link in ties:
            _propose(nodes, links[link].low, links[link].high, most)
        for link in ties:
            if nodes[_proposed(nodes, links[link].low)].length != FROZEN:
                a, b = _standing(nodes, links[link].low), _standing(nodes, links[link].high)
                nodes[max(a, b)].mark = min(a, b)
        start = end


@step_kernel
def _propose(nodes: Table, low: int, high: int, limit: int) -> None:
    """Join two nodes in the proposed forest; what gets too large is frozen with all its parts."""
    a, b = _proposed(nodes, low), _proposed(nodes, high)
    if a != b:
        frozen = nodes[a].length == FROZEN or nodes[b].length == FROZEN
        length = nodes[a].length + nodes[b].length
        nodes[max(a, b)].found = min(a, b)
        nodes[min(a, b)].length = FROZEN if frozen or length > limit else length


@step_kernel
def _standing(nodes: Table, node: int) -> int:
    while nodes[node].mark != node:
        nodes[node].mark = nodes[nodes[node].mark].mark
        node = nodes[node].mark
    return node


@step_kernel
def _proposed(nodes: Table, node: int) -> int:
    while nodes[node].found != node:
        nodes[node].found = nodes[nodes[node].found].found
        node = nodes[node].found
    return node

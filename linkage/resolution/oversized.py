"""Components too large to be one child: the threshold is raised, inside the component only, until the parts are not.

Links are followed from the strongest down, equally strong ones together, as in single-link clustering; a part stops
growing when the next links would take it over the limit. Nothing arbitrary is decided: a knot of equally strong links
over the limit falls into single records, for nothing tells its right parts from wrong ones.
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel
from linkage.resolution.clusters import Clusters, Components
from linkage.resolution.graph import MUST, Links

FROZEN = -1


@kernel
def raise_thresholds(
    links: Links,
    limit: int,
    components: Components,
    chosen: npt.NDArray[np.int64],
    clusters: Clusters,
    split: npt.NDArray[np.bool_],
) -> None:
    """Split each `chosen` component into parts of at most `limit` nodes; `split` says which were.

    A group of must-linked nodes over the limit stays as it is.
    """
    for at in range(chosen.size):
        component = chosen[at]
        members = components.nodes[components.starts[component] : components.starts[component + 1]]
        own_links = components.links[
            components.link_starts[component] : components.link_starts[component + 1]
        ]
        split[at] = _raise_threshold(links, own_links, limit, members, clusters)


@kernel
def _raise_threshold(
    links: Links,
    own_links: npt.NDArray[np.int64],
    limit: int,
    members: npt.NDArray[np.int64],
    clusters: Clusters,
) -> bool:
    # mark: parent in the forest of parts that stand; found: parent in the forest that the next ties would make.
    # sizes: of what the next ties would make, at its root, or FROZEN.
    for node in members:
        clusters.mark[node] = node
        clusters.found[node] = node
        clusters.sizes[node] = 1
    start = 0
    while start < own_links.size:
        end = start + 1
        first = own_links[start]
        while end < own_links.size and (
            links.kinds[own_links[end]] == links.kinds[first]
            and links.excess[own_links[end]] == links.excess[first]
        ):
            end += 1
        # Known links hold at any size.
        most = members.size if links.kinds[first] == MUST else limit
        _propose(links, own_links[start:end], most, clusters)
        _settle(links, own_links[start:end], clusters)
        start = end
    split = False
    root = _root(clusters.mark, members[0])
    for node in members:
        clusters.names[node] = _root(clusters.mark, node)
        split = split or clusters.names[node] != root
    return split


@kernel
def _root(parents: npt.NDArray[np.int64], node: int) -> int:
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


@kernel
def _propose(links: Links, ties: npt.NDArray[np.int64], limit: int, clusters: Clusters) -> None:
    """Join the ends of all ties in the proposed forest; what gets too large is frozen with all its parts."""
    for link in ties:
        a, b = _root(clusters.found, links.low[link]), _root(clusters.found, links.high[link])
        if a == b:
            continue
        frozen = clusters.sizes[a] == FROZEN or clusters.sizes[b] == FROZEN
        size = clusters.sizes[a] + clusters.sizes[b]
        low, high = min(a, b), max(a, b)
        clusters.found[high] = low
        clusters.sizes[low] = FROZEN if frozen or size > limit else size


@kernel
def _settle(links: Links, ties: npt.NDArray[np.int64], clusters: Clusters) -> None:
    for link in ties:
        if clusters.sizes[_root(clusters.found, links.low[link])] == FROZEN:
            continue
        a, b = _root(clusters.mark, links.low[link]), _root(clusters.mark, links.high[link])
        clusters.mark[max(a, b)] = min(a, b)

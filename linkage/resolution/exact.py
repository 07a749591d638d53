"""The best partition of a small component, by dynamic programming over its subsets.

The worth of a partition is the sum, over all pairs that share a cluster, of the pair's weight less its threshold, an
absent pair counting as minus the penalty; clusters that break a rule are not allowed. Weights being log-odds, this is
correlation clustering (Bansal, Blum and Chawla 2004, Machine Learning 56, section 1) under constraints.

Limits: must-linked groups count as one unit; at most 14 units and 60 sources, else the caller takes agglomeration.
Time 3 ** units, memory 2 ** units.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel
from linkage.resolution.clusters import Clusters, Components
from linkage.resolution.graph import ACCEPTED, Graph

MOST_SOURCES = 60


class Tables(NamedTuple):
    """Scratch for k units: sets of units and of sources are bit masks.

    By unit: `heads`, `apart` (units that it must not meet), `own` (its sources), `worth` (k, k) of pairs of units,
    `doubts` (k, k) sources with an unproven pair across. By subset: `total` worth inside, `present` sources,
    `doubt` sources with an unproven pair, `clash` 1 where severed units meet, `best` worth of its best partition,
    `choice` the part that holds its first unit. By local source: `sources` number, `several` sources that allow
    several of it.
    """

    heads: npt.NDArray[np.int64]
    apart: npt.NDArray[np.int64]
    own: npt.NDArray[np.int64]
    worth: npt.NDArray[np.float64]
    doubts: npt.NDArray[np.int64]
    total: npt.NDArray[np.float64]
    present: npt.NDArray[np.int64]
    doubt: npt.NDArray[np.int64]
    clash: npt.NDArray[np.uint8]
    best: npt.NDArray[np.float64]
    choice: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int64]
    several: npt.NDArray[np.int64]


def new_tables(most_units: int) -> Tables:
    """Allocate scratch for components of up to `most_units` units."""
    k, subsets = most_units, 1 << most_units
    return Tables(
        heads=np.zeros(k, dtype=np.int64),
        apart=np.zeros(k, dtype=np.int64),
        own=np.zeros(k, dtype=np.int64),
        worth=np.zeros((k, k), dtype=np.float64),
        doubts=np.zeros((k, k), dtype=np.int64),
        total=np.zeros(subsets, dtype=np.float64),
        present=np.zeros(subsets, dtype=np.int64),
        doubt=np.zeros(subsets, dtype=np.int64),
        clash=np.zeros(subsets, dtype=np.uint8),
        best=np.zeros(subsets, dtype=np.float64),
        choice=np.zeros(subsets, dtype=np.int64),
        sources=np.zeros(MOST_SOURCES, dtype=np.int64),
        several=np.zeros(MOST_SOURCES, dtype=np.int64),
    )


@kernel
def best_partitions(
    graph: Graph,
    several: npt.NDArray[np.bool_],
    penalty: float,
    components: Components,
    chosen: npt.NDArray[np.int64],
    clusters: Clusters,
    tables: Tables,
    solved: npt.NDArray[np.bool_],
) -> None:
    """Rename the nodes of each `chosen` component to their best clusters; `solved` is false where it is too large.

    Of partitions of equal worth the one stands that keeps the first unit with the later set of others, read as a
    number with the first unit lowest; then likewise for the units that are left.
    """
    for at in range(chosen.size):
        component = chosen[at]
        members = components.nodes[components.starts[component] : components.starts[component + 1]]
        n_units = solve(graph, several, penalty, members, clusters, tables)
        solved[at] = n_units >= 0
        if solved[at]:
            name_parts(members, clusters, tables, n_units)


@kernel
def solve(
    graph: Graph,
    several: npt.NDArray[np.bool_],
    penalty: float,
    members: npt.NDArray[np.int64],
    clusters: Clusters,
    tables: Tables,
) -> int:
    """Fill the tables for `members`, ascending, all of one name, and return their number of units.

    Unit `clusters.mark[x]` holds node x; `tables.best` and `tables.choice` then hold the best partition of every set of
    units, `tables.total` the worth of the set as one cluster. Returns -1 if there are too many units or sources.
    """
    n_units = _number_units(graph, members, clusters, tables)
    n_sources = _number_sources(graph, several, members, tables)
    if n_units < 0 or n_sources < 0:
        return -1
    _weigh_pairs(graph, penalty, members, clusters, tables, n_units)
    _find_doubts(graph, members, clusters, tables, n_sources)
    _fill_subsets(tables, n_units)
    _choose_parts(tables, n_units)
    return n_units


@kernel
def name_parts(members: npt.NDArray[np.int64], clusters: Clusters, tables: Tables, n_units: int) -> None:
    """Rename `members` to the parts that `solve` chose for all its units, by their first nodes."""
    rest = (1 << n_units) - 1
    while rest != 0:
        part = tables.choice[rest]
        head = tables.heads[_first(part)]
        for node in members:
            if (part >> clusters.mark[node]) & 1:
                clusters.names[node] = head
        rest ^= part


@kernel
def _first(units: int) -> int:
    unit = 0
    while not (units >> unit) & 1:
        unit += 1
    return unit


@kernel
def _number_units(graph: Graph, members: npt.NDArray[np.int64], clusters: Clusters, tables: Tables) -> int:
    n_units = 0
    for node in members:
        group = graph.groups[node]
        if group == node:
            if n_units == tables.heads.size:
                return -1
            tables.heads[n_units] = node
            tables.apart[n_units] = 0
            tables.own[n_units] = 0
            clusters.mark[node] = n_units
            n_units += 1
        else:
            clusters.mark[node] = clusters.mark[group]
    return n_units


@kernel
def _local(tables: Tables, n_sources: int, source: int) -> int:
    for at in range(n_sources):
        if tables.sources[at] == source:
            return at
    return -1


@kernel
def _number_sources(
    graph: Graph, several: npt.NDArray[np.bool_], members: npt.NDArray[np.int64], tables: Tables
) -> int:
    n_sources = 0
    for node in members:
        if _local(tables, n_sources, graph.sources[node]) < 0:
            if n_sources == MOST_SOURCES:
                return -1
            tables.sources[n_sources] = graph.sources[node]
            n_sources += 1
    for a in range(n_sources):
        tables.several[a] = 0
        for b in range(n_sources):
            if several[tables.sources[a], tables.sources[b]]:
                tables.several[a] |= 1 << b
    return n_sources


@kernel
def _weigh_pairs(
    graph: Graph,
    penalty: float,
    members: npt.NDArray[np.int64],
    clusters: Clusters,
    tables: Tables,
    n_units: int,
) -> None:
    """Worth of every pair of units: what its links exceed the penalty by, less the penalty of all its pairs."""
    sizes = np.zeros(n_units, dtype=np.int64)
    for node in members:
        sizes[clusters.mark[node]] += 1
    for a in range(n_units):
        for b in range(n_units):
            tables.worth[a, b] = -penalty * sizes[a] * sizes[b]
            tables.doubts[a, b] = 0
    for node in members:
        unit = clusters.mark[node]
        for at in range(graph.starts[node], graph.starts[node + 1]):
            other = graph.neighbours[at]
            if other > node and clusters.names[other] == clusters.names[node]:
                gain = graph.excess[at] + penalty
                tables.worth[unit, clusters.mark[other]] += gain
                if clusters.mark[other] != unit:
                    tables.worth[clusters.mark[other], unit] += gain
        for at in range(graph.apart_starts[node], graph.apart_starts[node + 1]):
            other = graph.apart[at]
            if clusters.names[other] == clusters.names[node]:
                tables.apart[unit] |= 1 << clusters.mark[other]


@kernel
def _find_doubts(
    graph: Graph, members: npt.NDArray[np.int64], clusters: Clusters, tables: Tables, n_sources: int
) -> None:
    for node in members:
        source = graph.sources[node]
        bit = 1 << _local(tables, n_sources, source)
        unit = clusters.mark[node]
        tables.own[unit] |= bit
        for other in members:
            clusters.found[other] = 0
        for at in range(graph.starts[node], graph.starts[node + 1]):
            if graph.kinds[at] == ACCEPTED:
                clusters.found[graph.neighbours[at]] = 1
        for other in members:
            if graph.sources[other] == source and clusters.found[other] == 0:
                tables.doubts[unit, clusters.mark[other]] |= bit


@kernel
def _fill_subsets(tables: Tables, n_units: int) -> None:
    tables.total[0] = 0.0
    tables.present[0] = 0
    tables.doubt[0] = 0
    tables.clash[0] = 0
    for subset in range(1, 1 << n_units):
        unit = _first(subset)
        rest = subset & (subset - 1)
        total, doubt = tables.total[rest], tables.doubt[rest]
        for other in range(unit + 1, n_units):
            if (rest >> other) & 1:
                total += tables.worth[unit, other]
                doubt |= tables.doubts[unit, other]
        tables.total[subset] = total
        tables.doubt[subset] = doubt
        tables.present[subset] = tables.present[rest] | tables.own[unit]
        tables.clash[subset] = 1 if tables.clash[rest] or tables.apart[unit] & rest else 0


@kernel
def _valid(tables: Tables, subset: int) -> bool:
    if tables.clash[subset]:
        return False
    doubt = tables.doubt[subset]
    source = 0
    while doubt >> source:
        if (doubt >> source) & 1:
            others = tables.present[subset] & ~(1 << source)
            needed = others or 1 << source
            if needed & ~tables.several[source]:
                return False
        source += 1
    return True


@kernel
def _choose_parts(tables: Tables, n_units: int) -> None:
    for subset in range(1, 1 << n_units):
        if not _valid(tables, subset):
            tables.total[subset] = -np.inf
    tables.best[0] = 0.0
    for subset in range(1, 1 << n_units):
        first = subset & -subset
        rest = subset ^ first
        tables.best[subset] = -np.inf
        others = rest
        while True:
            part = first | others
            worth = tables.total[part] + tables.best[subset ^ part]
            if worth > tables.best[subset]:
                tables.best[subset] = worth
                tables.choice[subset] = part
            if others == 0:
                break
            others = (others - 1) & rest

"""The best partition of a small component, by dynamic programming over its subsets.

The worth of a partition is the sum, over all pairs that share a cluster, of the pair's weight less its threshold, an
absent pair counting as minus the penalty; clusters that break a rule are not allowed. Weights being log-odds, this is
correlation clustering (Bansal, Blum and Chawla 2004, Machine Learning 56, section 1) under constraints.

Where several partitions into equally few clusters are the best, the data do not say which is right: twins of nearly one
name, of whom a source has but one, are the common case. Whoever asks for it gets what all of these agree on, so that a
record which two children claim equally well goes to neither.

Limits: must-linked groups count as one unit; at most 14 units and 60 sources, else the caller takes agglomeration.
Time 3 ** units, memory 2 ** units. Sets of units and of sources are bit masks.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel, step_kernel
from linkage.resolution.clusters import Components
from linkage.resolution.graph import ACCEPTED, Graph, Table

MOST_SOURCES = 60

EQUAL_WORTH = 1e-9
"""Smaller differences of worth are rounding."""

UNIT = np.dtype(
    [
        ("head", np.int64),
        ("length", np.int64),
        ("own", np.int64),
        ("apart", np.int64),
        ("part", np.int64),
        ("agreed", np.int64),
    ]
)
"""First node, number of nodes, their sources, units that it must not meet; the part of the chosen partition that holds
it, and the units that are with it in every best partition."""

PAIR = np.dtype([("worth", np.float64), ("doubt", np.int64)])
"""Of two units: worth of all pairs across, sources with an unproven pair across."""

SUBSET = np.dtype(
    [
        ("total", np.float64),
        ("best", np.float64),
        ("choice", np.int64),
        ("n_parts", np.int64),
        ("reached", np.int64),
        ("present", np.int64),
        ("doubt", np.int64),
        ("clash", np.int64),
    ]
)
"""Of a set of units: worth as one cluster (minus infinity if it breaks a rule), worth of its best partition and the
part of that which holds the first unit, how many parts it has, 1 where some best partition comes to it; its sources,
those with an unproven pair, 1 where severed units meet."""

SOURCE = np.dtype([("number", np.int64), ("several", np.int64)])
"""A source of the component: its number, and the sources that allow several of it."""


class Tables(NamedTuple):
    """Scratch for one component."""

    units: Table
    pairs: Table
    subsets: Table
    sources: Table


def new_tables(most_units: int) -> Tables:
    """Allocate scratch for components of up to `most_units` units."""
    return Tables(
        np.zeros(most_units, dtype=UNIT),
        np.zeros((most_units, most_units), dtype=PAIR),
        np.zeros(1 << most_units, dtype=SUBSET),
        np.zeros(MOST_SOURCES, dtype=SOURCE),
    )


@kernel
def best_partitions(
    graph: Graph,
    several: npt.NDArray[np.bool_],
    penalty: float,
    components: Components,
    chosen: npt.NDArray[np.int64],
    tables: Tables,
    solved: npt.NDArray[np.bool_],
    agreed: bool,  # noqa: FBT001 - kernels take arguments by place
) -> None:
    """Rename the nodes of each `chosen` component to their best clusters; `solved` is false where it is too large.

    Of partitions of equal worth those with the fewest clusters are the best; of these, only what all agree on stands
    if it is `agreed` that is wanted, and nodes that they place differently are marked `contested`. Otherwise the one
    stands that keeps the first unit with the later set of others, read as a number with the first unit lowest; then
    likewise for the units that are left.
    """
    for at in range(chosen.size):
        run = components.runs[chosen[at]]
        members = components.members[run.start : run.end]
        n_units = solve(graph, several, penalty, members, tables)
        solved[at] = n_units >= 0
        if solved[at]:
            name_parts(graph.nodes, members, tables, n_units)
            if agreed:
                _find_agreed(tables, n_units)
                _name_agreed(graph.nodes, members, tables)


@step_kernel
def solve(
    graph: Graph,
    several: npt.NDArray[np.bool_],
    penalty: float,
    members: npt.NDArray[np.int64],
    tables: Tables,
) -> int:
    """Fill the tables for `members`, ascending, all of one name, and return their number of units.

    Unit `nodes[x].mark` holds node x; `subsets` then holds the best partition of every set of units. Returns -1 if
    there are too many units or sources.
    """
    n_units = _number_units(graph.nodes, members, tables)
    if n_units < 0 or not _number_sources(graph.nodes, several, members, tables):
        return -1
    _weigh_pairs(graph, penalty, members, tables, n_units)
    _find_doubts(graph, members, tables)
    _fill_subsets(tables, n_units)
    _choose_parts(tables.subsets, n_units)
    return n_units


@step_kernel
def name_parts(nodes: Table, members: npt.NDArray[np.int64], tables: Tables, n_units: int) -> None:
    """Rename `members` to the parts that `solve` chose for all its units, by their first nodes."""
    rest = (1 << n_units) - 1
    while rest != 0:
        part = tables.subsets[rest].choice
        head = -1
        for node in members:
            if (part >> nodes[node].mark) & 1:
                tables.units[nodes[node].mark].part = part
                if head < 0:
                    head = node
                nodes[node].name = head
        rest ^= part


@step_kernel
def _number_units(nodes: Table, members: npt.NDArray[np.int64], tables: Tables) -> int:
    n_units = 0
    for node in members:
        group = nodes[node].group
        if group == node:
            if n_units == tables.units.size:
                return -1
            tables.units[n_units].head = node
            tables.units[n_units].length = 0
            tables.units[n_units].own = 0
            tables.units[n_units].apart = 0
            nodes[node].mark = n_units
            n_units += 1
        else:
            nodes[node].mark = nodes[group].mark
        tables.units[nodes[node].mark].length += 1
    return n_units


@step_kernel
def _number_sources(
    nodes: Table, several: npt.NDArray[np.bool_], members: npt.NDArray[np.int64], tables: Tables
) -> bool:
    """Number the sources of `members`, and note in `units` which they are; false if they are too many."""
    sources = tables.sources
    n_sources = 0
    for node in members:
        place = 0
        while place < n_sources and sources[place].number != nodes[node].source:
            place += 1
        if place == MOST_SOURCES:
            return False
        if place == n_sources:
            sources[place].number = nodes[node].source
            n_sources += 1
        tables.units[nodes[node].mark].own |= 1 << place
        nodes[node].found = place
    for a in range(n_sources):
        sources[a].several = 0
        for b in range(n_sources):
            if several[sources[a].number, sources[b].number]:
                sources[a].several |= 1 << b
    return True


@step_kernel
def _weigh_pairs(
    graph: Graph, penalty: float, members: npt.NDArray[np.int64], tables: Tables, n_units: int
) -> None:
    """Worth of every pair of units: what its links exceed the penalty by, less the penalty of all its pairs."""
    nodes, ends, units, pairs = graph.nodes, graph.ends, tables.units, tables.pairs
    for a in range(n_units):
        for b in range(n_units):
            pairs[a, b].worth = -penalty * units[a].length * units[b].length
            pairs[a, b].doubt = 0
    for node in members:
        unit, name = nodes[node].mark, nodes[node].name
        for at in range(nodes[node].start, nodes[node + 1].start):
            other = ends[at].neighbour
            if other > node and nodes[other].name == name:
                pairs[unit, nodes[other].mark].worth += ends[at].excess + penalty
                pairs[nodes[other].mark, unit].worth += ends[at].excess + penalty
        for at in range(nodes[node].apart_start, nodes[node + 1].apart_start):
            other = graph.apart[at]
            if nodes[other].name == name:
                units[unit].apart |= 1 << nodes[other].mark


@step_kernel
def _find_doubts(graph: Graph, members: npt.NDArray[np.int64], tables: Tables) -> None:
    """Mark the sources of unproven pairs of nodes, in both directions."""
    nodes, ends = graph.nodes, graph.ends
    for node in members:
        for other in members:
            if other >= node or nodes[other].source != nodes[node].source:
                continue
            proven = False
            for at in range(nodes[node].start, nodes[node + 1].start):
                proven = proven or (ends[at].neighbour == other and ends[at].kind == ACCEPTED)
            if not proven:
                bit = 1 << nodes[node].found
                tables.pairs[nodes[node].mark, nodes[other].mark].doubt |= bit
                tables.pairs[nodes[other].mark, nodes[node].mark].doubt |= bit


@step_kernel
def _fill_subsets(tables: Tables, n_units: int) -> None:
    units, subsets = tables.units, tables.subsets
    subsets[0].total = 0.0
    subsets[0].present = 0
    subsets[0].doubt = 0
    subsets[0].clash = 0
    unit = 0
    for subset in range(1, 1 << n_units):
        # The highest unit of a set; the rest was filled before it.
        if subset >> (unit + 1):
            unit += 1
        rest = subset ^ (1 << unit)
        total, doubt = subsets[rest].total, subsets[rest].doubt
        for other in range(unit):
            if (rest >> other) & 1:
                total += tables.pairs[unit, other].worth
                doubt |= tables.pairs[unit, other].doubt
        subsets[subset].total = total
        subsets[subset].doubt = doubt
        subsets[subset].present = subsets[rest].present | units[unit].own
        subsets[subset].clash = subsets[rest].clash | (1 if units[unit].apart & rest else 0)
    for subset in range(1, 1 << n_units):
        if not _valid(tables, subset):
            subsets[subset].total = -np.inf


@step_kernel
def _valid(tables: Tables, subset: int) -> bool:
    doubt, present = tables.subsets[subset].doubt, tables.subsets[subset].present
    source = 0
    while doubt >> source:
        if (doubt >> source) & 1:
            needed = (present & ~(1 << source)) or 1 << source
            if needed & ~tables.sources[source].several:
                return False
        source += 1
    return bool(tables.subsets[subset].clash == 0)


@step_kernel
def _choose_parts(subsets: Table, n_units: int) -> None:
    subsets[0].best = 0.0
    subsets[0].n_parts = 0
    for subset in range(1, 1 << n_units):
        first = subset & -subset
        rest = subset ^ first
        best, choice, n_parts = -np.inf, 0, 0
        others = rest
        while True:
            left = rest ^ others
            worth = subsets[first | others].total + subsets[left].best
            fewer = worth > best - EQUAL_WORTH and subsets[left].n_parts + 1 < n_parts
            if worth > best + EQUAL_WORTH or fewer:
                best, choice, n_parts = worth, first | others, subsets[left].n_parts + 1
            if others == 0:
                break
            others = (others - 1) & rest
        subsets[subset].best = best
        subsets[subset].choice = choice
        subsets[subset].n_parts = n_parts


@step_kernel
def _find_agreed(tables: Tables, n_units: int) -> None:
    """Find which units are together in every best partition: `agreed`, a bit mask a unit."""
    units, subsets = tables.units, tables.subsets
    everything = (1 << n_units) - 1
    for subset in range(everything):
        subsets[subset].reached = 0
    subsets[everything].reached = 1
    for unit in range(n_units):
        units[unit].agreed = everything
    # What is left after a part is a smaller number: every set is reached before its turn comes.
    for subset in range(everything, 0, -1):
        if not subsets[subset].reached:
            continue
        first = subset & -subset
        rest = subset ^ first
        others = rest
        while True:
            part, left = first | others, rest ^ others
            worth = subsets[part].total + subsets[left].best
            n_parts = subsets[left].n_parts + 1
            if worth >= subsets[subset].best - EQUAL_WORTH and n_parts == subsets[subset].n_parts:
                subsets[left].reached = 1
                for unit in range(n_units):
                    if (part >> unit) & 1:
                        units[unit].agreed &= part
            if others == 0:
                break
            others = (others - 1) & rest


@step_kernel
def _name_agreed(nodes: Table, members: npt.NDArray[np.int64], tables: Tables) -> None:
    """Rename `members` to what all best partitions agree on, by first nodes; ascending, as everywhere."""
    for node in members:
        unit = tables.units[nodes[node].mark]
        nodes[node].contested = 1 if unit.agreed != unit.part else 0
        for head in members:
            if (unit.agreed >> nodes[head].mark) & 1:
                nodes[node].name = head
                break

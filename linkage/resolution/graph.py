"""The graph of suspect components, in an order that does not depend on how rows or edges are numbered.

Nodes are the records of suspect components, in ascending order of record id (then source). Links are in descending
order of strength, ties in the order of their nodes. Whatever the repairs do follows these two orders, so equal input
under another numbering is repaired alike, to the last bit of every sum.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

EVIDENCE, ACCEPTED, MUST = 0, 1, 2
"""Kinds of link: below its threshold (counts, never joins), at or above it, and known to hold."""


class Graph(NamedTuple):
    """Suspect components as adjacency lists; n nodes, m links.

    `sources`, `groups`, `ranks` are int64 (n,): source; first node of the group of must-linked nodes; number of
    earlier nodes of the same group and source. The neighbours of node x stand at ``starts[x] : starts[x + 1]`` in
    `neighbours`, `kinds`, `excess`; nodes severed from it at ``apart_starts[x] : apart_starts[x + 1]`` in `apart`.
    """

    sources: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    neighbours: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.uint8]
    excess: npt.NDArray[np.float64]
    apart_starts: npt.NDArray[np.int64]
    apart: npt.NDArray[np.int64]


class Links(NamedTuple):
    """Links in descending order of strength; arrays (m,). `edges` is the number of the edge, -1 for a known link."""

    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    excess: npt.NDArray[np.float64]
    kinds: npt.NDArray[np.uint8]
    edges: npt.NDArray[np.int64]


def canonical_order(
    record_ids: npt.NDArray[np.uint8], sources: npt.NDArray[np.integer]
) -> npt.NDArray[np.int64]:
    """Positions in ascending order of record id bytes, then source.

    Parameters
    ----------
    record_ids
        uint8 (n, 16).
    sources
        Integers (n,).

    Raises
    ------
    ValueError
        If two records have the same id and source, so that their order would be arbitrary.
    """
    words = np.ascontiguousarray(record_ids).view(">u8").astype(np.uint64)
    order = np.lexsort((sources, words[:, 1], words[:, 0]))
    ordered_words, ordered_sources = words[order], sources[order]
    repeated = (ordered_words[1:] == ordered_words[:-1]).all(axis=1) & (
        ordered_sources[1:] == ordered_sources[:-1]
    )
    if repeated.any():
        raise ValueError(
            f"record_ids: expected one record an id and source, got {int(repeated.sum())} repetitions"
        )
    return order.astype(np.int64)


def sort_links(links: Links, must_links: npt.NDArray[np.int64], n_nodes: int) -> Links:
    """Put links in order of strength, with known links first and in the place of an edge between the same nodes.

    Parameters
    ----------
    links
        Links from edges, in any order and either direction, each pair once.
    must_links
        int64 (n_must_links, 2) nodes; repetitions are allowed.
    n_nodes
        Number of nodes.
    """
    known = np.unique(np.sort(must_links, axis=1), axis=0)
    low, high = np.minimum(links.low, links.high), np.maximum(links.low, links.high)
    other = ~np.isin(low * n_nodes + high, known[:, 0] * n_nodes + known[:, 1])
    low = np.concatenate((known[:, 0], low[other]))
    high = np.concatenate((known[:, 1], high[other]))
    excess = np.concatenate((np.zeros(len(known)), links.excess[other]))
    kinds = np.concatenate((np.full(len(known), MUST, dtype=np.uint8), links.kinds[other]))
    edges = np.concatenate((np.full(len(known), -1, dtype=np.int64), links.edges[other]))
    strength = np.where(kinds == MUST, np.inf, excess)
    order = np.lexsort((low * n_nodes + high, -strength))
    return Links(low[order], high[order], excess[order], kinds[order], edges[order])


def build_graph(
    sources: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
    links: Links,
    cannot_links: npt.NDArray[np.int64],
) -> Graph:
    """Build adjacency lists from nodes in canonical order and links in order of strength.

    Parameters
    ----------
    sources, groups
        int64 (n_nodes,): source, and first node of the must-linked group.
    links
        In order of strength.
    cannot_links
        int64 (n_cannot_links, 2) nodes; repetitions are allowed.
    """
    apart = np.unique(np.sort(cannot_links, axis=1), axis=0)
    starts, ends = _adjacency(sources.size, links.low, links.high)
    apart_starts, apart_ends = _adjacency(sources.size, apart[:, 0], apart[:, 1])
    neighbours = np.where(ends >= 0, links.high[ends], links.low[~ends])
    of_link = np.where(ends >= 0, ends, ~ends)
    apart_neighbours = np.where(apart_ends >= 0, apart[apart_ends, 1], apart[~apart_ends, 0])
    return Graph(
        sources,
        groups,
        _ranks(sources, groups),
        starts,
        neighbours,
        links.kinds[of_link],
        links.excess[of_link],
        apart_starts,
        apart_neighbours,
    )


def _adjacency(
    n_nodes: int, low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Links by node, in their own order: link e at its low node, ~e at its high node."""
    ends = np.stack((low, high), axis=1).ravel()
    links = np.arange(low.size, dtype=np.int64)
    order = np.argsort(ends, kind="stable")
    starts = np.append(0, np.cumsum(np.bincount(ends, minlength=n_nodes)))
    return starts.astype(np.int64), np.stack((links, ~links), axis=1).ravel()[order]


def _ranks(sources: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    order = np.lexsort((np.arange(groups.size), sources, groups))
    same = np.zeros(groups.size, dtype=np.bool_)
    same[1:] = (np.diff(groups[order]) == 0) & (np.diff(sources[order]) == 0)
    position = np.arange(groups.size)
    first = np.maximum.accumulate(np.where(same, 0, position))
    ranks = np.empty(groups.size, dtype=np.int64)
    ranks[order] = position - first
    return ranks

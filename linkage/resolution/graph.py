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

Table = npt.NDArray[np.void]
"""A structured array. Kernels read `table[i].field`: one argument instead of one a field, which compiles faster."""

NODE = np.dtype(
    [
        ("source", np.int64),
        ("group", np.int64),
        ("rank", np.int64),
        ("start", np.int64),
        ("apart_start", np.int64),
        ("name", np.int64),
        ("next", np.int64),
        ("tail", np.int64),
        ("length", np.int64),
        ("contested", np.int64),
        ("mark", np.int64),
        ("found", np.int64),
    ]
)
"""A record, and the cluster that it is in while clusters are repaired.

source, group, rank
    Source; first node of the must-linked group; number of earlier nodes of the same group and source.
start, apart_start
    Where its links begin in `ends`, and its severances in `apart`; they end where those of the next node begin.
name, next
    Clusters are linked lists: the first node of the cluster, and the node after this one or -1.
tail, length
    Of a first node: the last node of its cluster, and the number of nodes.
contested
    1 if best partitions of equal worth place it differently, so that it was taken out of them.
mark, found
    Scratch: what works on a component leaves nothing in them that another relies on.
"""

END = np.dtype([("neighbour", np.int64), ("kind", np.int64), ("excess", np.float64)])
"""A link as seen from one of its nodes."""


class Graph(NamedTuple):
    """Suspect components as adjacency lists.

    `nodes` has one entry a node and one more, whose `start` and `apart_start` end the last lists; `ends` has two
    entries a link, `apart` (int64) two a severance: the node on the other side.
    """

    nodes: Table
    ends: Table
    apart: npt.NDArray[np.int64]

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return self.nodes.size - 1


LINK = np.dtype(
    [
        ("low", np.int64),
        ("high", np.int64),
        ("excess", np.float64),
        ("kind", np.int64),
        ("edge", np.int64),
    ]
)
"""A link: its nodes, the smaller first; what its weight exceeds its threshold by; its kind; the number of its edge, -1
for a known link."""


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


def sort_links(links: Table, must_links: npt.NDArray[np.int64], n_nodes: int) -> Table:
    """Put links in order of strength, with known links first and in the place of an edge between the same nodes.

    Parameters
    ----------
    links
        `LINK` (n,) from edges, in any order, each pair once.
    must_links
        int64 (n_must_links, 2) nodes, in either direction; repetitions are allowed.
    n_nodes
        Number of nodes.
    """
    pairs = np.unique(np.sort(must_links, axis=1), axis=0)
    known = np.zeros(len(pairs), dtype=LINK)
    known["low"], known["high"], known["kind"], known["edge"] = pairs[:, 0], pairs[:, 1], MUST, -1
    other = ~np.isin(links["low"] * n_nodes + links["high"], known["low"] * n_nodes + known["high"])
    together = np.concatenate((known, links[other]))
    strength = np.where(together["kind"] == MUST, np.inf, together["excess"])
    return together[np.lexsort((together["low"] * n_nodes + together["high"], -strength))]


def build_graph(
    sources: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
    links: Table,
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
    n = sources.size
    nodes = np.zeros(n + 1, dtype=NODE)
    nodes["source"][:n], nodes["group"][:n], nodes["rank"][:n] = sources, groups, _ranks(sources, groups)
    nodes["start"], sides = _adjacency(n, links["low"], links["high"])
    ends = np.empty(sides.size, dtype=END)
    link, low = sides // 2, sides % 2 == 0
    ends["neighbour"] = np.where(low, links["high"][link], links["low"][link])
    ends["kind"], ends["excess"] = links["kind"][link], links["excess"][link]
    nodes["apart_start"], sides = _adjacency(n, apart[:, 0], apart[:, 1])
    return Graph(nodes, ends, np.where(sides % 2 == 0, apart[sides // 2, 1], apart[sides // 2, 0]))


def _adjacency(
    n_nodes: int, low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where the sides of each node begin, and the sides: 2 e is the low one of link e, 2 e + 1 the high one."""
    ends = np.stack((low, high), axis=1).ravel()
    starts = np.append(0, np.cumsum(np.bincount(ends, minlength=n_nodes)))
    # Stable: links stay in their own order at every node.
    return starts, np.argsort(ends, kind="stable")


def _ranks(sources: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    order = np.lexsort((np.arange(groups.size), sources, groups))
    same = np.zeros(groups.size, dtype=np.bool_)
    same[1:] = (np.diff(groups[order]) == 0) & (np.diff(sources[order]) == 0)
    position = np.arange(groups.size)
    first = np.maximum.accumulate(np.where(same, 0, position))
    ranks = np.empty(groups.size, dtype=np.int64)
    ranks[order] = position - first
    return ranks

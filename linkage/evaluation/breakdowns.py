"""Quality by pair of feeds and by subgroup of records: where the links are wrong, and for whom they are missing."""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from linkage.evaluation.grouping import UNKNOWN, Integers, crossed, numbered, pairs_in, same_length
from linkage.evaluation.pair_quality import PairQuality


def quality_by_feed_pair(
    labels: Integers, truth: Integers, sources: Integers
) -> dict[tuple[int, int], PairQuality]:
    """Count links by the sources of their two records.

    Parameters
    ----------
    labels, truth
        As for `pair_quality`.
    sources
        Integers (n,) from 0.

    Returns
    -------
    Quality by ``(a, b)`` with ``a <= b``, ``(a, a)`` being links inside a source; pairs of sources without records of
    known entity are there too, with zeros.

    Raises
    ------
    ValueError
        If the lengths differ or a source is negative.
    """
    same_length(labels=labels, truth=truth, sources=sources)
    if sources.size and sources.min() < 0:
        raise ValueError("sources: expected numbers from 0")
    n_sources = int(sources.max()) + 1 if sources.size else 0
    known = truth != UNKNOWN
    own = sources[known].astype(np.int64)
    right = _pairs_by_source(crossed(labels[known], truth[known]), own, n_sources)
    links = _pairs_by_source(numbered(labels[known]), own, n_sources)
    true = _pairs_by_source(numbered(truth[known]), own, n_sources)
    return {
        (a, b): PairQuality(int(right[a, b]), int(links[a, b] - right[a, b]), int(true[a, b] - right[a, b]))
        for a in range(n_sources)
        for b in range(a, n_sources)
    }


def _pairs_by_source(
    groups: npt.NDArray[np.int64], sources: npt.NDArray[np.int64], n_sources: int
) -> npt.NDArray[np.int64]:
    """Pairs inside groups by their two sources, the smaller first: int64 (n_sources, n_sources)."""
    pairs = np.zeros((n_sources, n_sources), dtype=np.int64)
    cells, counts = np.unique(groups * max(n_sources, 1) + sources, return_counts=True)
    group, source = np.divmod(cells, max(n_sources, 1))
    np.add.at(pairs, (source, source), counts * (counts - 1) // 2)
    # Cells are sorted by group, then source: those of one group meet at distances below the number of its sources.
    for distance in range(1, n_sources):
        meet = np.flatnonzero(group[distance:] == group[:-distance])
        if not meet.size:
            break
        other = meet + distance
        np.add.at(pairs, (source[meet], source[other]), counts[meet] * counts[other])
    return pairs


def quality_by_group(labels: Integers, truth: Integers, groups: Integers) -> dict[int, PairQuality]:
    """Count, for each group of records, the links that at least one of its records takes part in.

    So recall says how much of what belongs to the group's records was found, and precision how far their links can be
    trusted, whoever is at the other end. A link between two groups counts in both.

    Parameters
    ----------
    labels, truth
        As for `pair_quality`.
    groups
        Integers (n,): the group of each record, -1 for none.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    same_length(labels=labels, truth=truth, groups=groups)
    known = truth != UNKNOWN
    own = groups[known]
    names = np.unique(own[own != UNKNOWN])
    right = _pairs_with_group(crossed(labels[known], truth[known]), own, names)
    links = _pairs_with_group(numbered(labels[known]), own, names)
    true = _pairs_with_group(numbered(truth[known]), own, names)
    return {
        int(name): PairQuality(int(right[at]), int(links[at] - right[at]), int(true[at] - right[at]))
        for at, name in enumerate(names)
    }


def _pairs_with_group(
    clusters: npt.NDArray[np.int64], groups: Integers, names: Integers
) -> npt.NDArray[np.int64]:
    """Pairs inside clusters with a record of each of the groups `names`."""
    member = groups != UNKNOWN
    group = np.searchsorted(names, groups[member])
    sizes = np.bincount(clusters)
    cells, inside = np.unique(clusters[member] * len(names) + group, return_counts=True)
    size = sizes[cells // max(len(names), 1)]
    outside = size - inside
    pairs = size * (size - 1) // 2 - outside * (outside - 1) // 2
    totals = np.zeros(len(names), dtype=np.int64)
    np.add.at(totals, cells % max(len(names), 1), pairs)
    return totals


@dataclass(frozen=True)
class RelativeLinks:
    """False links between different children of one household, twins included, and those between twins.

    `possible_household` and `possible_twin` are the pairs of records that could have been so linked.
    """

    false_household: int
    possible_household: int
    false_twin: int
    possible_twin: int

    def to_json(self) -> dict[str, int]:
        """Plain numbers."""
        return asdict(self)


def links_among_relatives(
    labels: Integers, truth: Integers, households: Integers, twins: npt.NDArray[np.bool_]
) -> RelativeLinks:
    """Count the false links that matter most for children: between siblings, and between twins.

    Parameters
    ----------
    labels, truth
        As for `pair_quality`.
    households
        Integers (n,): -1 where unknown.
    twins
        bool (n,): whether the record's child is a twin. Two twins of one household are taken for each other's.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    same_length(labels=labels, truth=truth, households=households, twins=twins)
    known = (truth != UNKNOWN) & (households != UNKNOWN)
    household = _links_inside(labels[known], truth[known], households[known])
    known &= twins
    return RelativeLinks(*household, *_links_inside(labels[known], truth[known], households[known]))


def _links_inside(labels: Integers, truth: Integers, homes: Integers) -> tuple[int, int]:
    """False links inside homes, and how many there could be."""
    child = crossed(homes, truth)
    false = _pairs(crossed(labels, homes)) - _pairs(crossed(labels, child))
    return false, _pairs(numbered(homes)) - _pairs(child)


def _pairs(groups: npt.NDArray[np.int64]) -> int:
    return pairs_in(np.bincount(groups)) if groups.size else 0

"""The first pass: which connected components of accepted edges may break a rule.

Nearly all components are pairs and triples that break none. They are settled here by counting, in one walk over
records and one over edges; what is left is few enough to be looked at one by one. The counts err towards suspicion:
a component that is let through breaks no rule.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel
from linkage.resolution.rules import ResolutionOptions


class Tallies(NamedTuple):
    """Counts by component, for those with at least three records; arrays (n_components,)."""

    sizes: npt.NDArray[np.int64]
    unproven: npt.NDArray[np.int64]
    """Pairs of one source, less those that an accepted edge joins."""
    links: npt.NDArray[np.int64]
    weakest: npt.NDArray[np.float64]
    """Smallest excess of an accepted edge over its threshold."""


def suspect_components(
    labels: npt.NDArray[np.int64],
    sources: npt.NDArray[np.int16],
    accepted: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]],
    must_links: npt.NDArray[np.int64],
    cannot_links: npt.NDArray[np.int64],
    options: ResolutionOptions,
) -> npt.NDArray[np.bool_]:
    """Mark the components that need a closer look.

    Parameters
    ----------
    labels
        int64 (n_records,), the smallest row of each record's component.
    sources
        int16 (n_records,).
    accepted
        Left rows, right rows and excess over the threshold of the accepted edges, each pair once.
    must_links, cannot_links
        int64 (n, 2) rows.
    options
        Rules and limits.

    Returns
    -------
    bool (n_records,): at the row that names a component, whether it is suspect; false elsewhere.
    """
    suspect = np.zeros(labels.size, dtype=np.bool_)
    # Known links prove duplicates that no edge shows: leave the exact count to the closer look.
    suspect[labels[must_links[:, 0]]] = True
    severed = labels[cannot_links[:, 0]] == labels[cannot_links[:, 1]]
    suspect[labels[cannot_links[severed, 0]]] = True

    sizes = np.bincount(labels, minlength=labels.size)
    # A pair joined by an accepted edge can break no rule but severance, unless no cluster may hold two.
    names = np.flatnonzero(sizes >= min(3, options.largest_cluster + 1))
    numbers = np.full(labels.size, -1, dtype=np.int64)
    numbers[names] = np.arange(names.size)
    members, starts = _members(labels, numbers, sizes[names])
    tallies = Tallies(
        sizes[names],
        np.zeros(names.size, dtype=np.int64),
        np.zeros(names.size, dtype=np.int64),
        np.full(names.size, np.inf, dtype=np.float64),
    )
    # The index gives sources that may only be read; a kernel is compiled anew for those that may be written.
    sources = sources.view()
    sources.flags.writeable = False
    _count_pairs(members, starts, sources, options.rules.n_sources, tallies.unproven)
    _count_links(numbers, labels, sources, accepted, tallies)
    suspect[names] |= _breaks_a_rule(tallies, options)
    return suspect


def _breaks_a_rule(tallies: Tallies, options: ResolutionOptions) -> npt.NDArray[np.bool_]:
    side = options.bridge_side
    sizes = tallies.sizes.astype(np.float64)
    # With a bridge, at most both sides are complete: fewest edges are missing when one side is as small as it may be.
    most_links = side * (side - 1) / 2 + (sizes - side) * (sizes - side - 1) / 2 + 1
    most_against = options.absent_penalty * (np.floor(sizes * sizes / 4) - 1)
    bridged = (sizes >= 2 * side) & (tallies.links <= most_links) & (tallies.weakest < most_against)
    return (tallies.unproven > 0) | bridged | (tallies.sizes > options.largest_cluster)


def _members(
    labels: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows grouped by numbered component, and where each group starts."""
    starts = np.append(0, np.cumsum(sizes))
    members = np.empty(starts[-1], dtype=np.int64)
    _fill_members(labels, numbers, starts[:-1].copy(), members)
    return members, starts


@kernel
def _fill_members(
    labels: npt.NDArray[np.int64],
    numbers: npt.NDArray[np.int64],
    free: npt.NDArray[np.int64],
    members: npt.NDArray[np.int64],
) -> None:
    for row in range(labels.size):
        component = numbers[labels[row]]
        if component >= 0:
            members[free[component]] = row
            free[component] += 1


@kernel
def _count_pairs(
    members: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    sources: npt.NDArray[np.int16],
    n_sources: int,
    unproven: npt.NDArray[np.int64],
) -> None:
    """Add the pairs of one source."""
    counts = np.zeros(n_sources, dtype=np.int64)
    for component in range(unproven.size):
        for at in range(starts[component], starts[component + 1]):
            source = sources[members[at]]
            unproven[component] += counts[source]
            counts[source] += 1
        for at in range(starts[component], starts[component + 1]):
            counts[sources[members[at]]] = 0


@kernel
def _count_links(
    numbers: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    sources: npt.NDArray[np.int16],
    accepted: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]],
    tallies: Tallies,
) -> None:
    left, right, excess = accepted
    for edge in range(left.size):
        component = numbers[labels[left[edge]]]
        if component >= 0:
            tallies.links[component] += 1
            tallies.weakest[component] = min(tallies.weakest[component], excess[edge])
            if sources[left[edge]] == sources[right[edge]]:
                tallies.unproven[component] -= 1

"""Agreement of two records by chance: the distribution of patterns among random pairs.

Levels are not independent even among strangers: a forename says the sex, a postcode the street. A tree of the
strongest pairwise dependences (Chow and Liu 1968, "Approximating discrete probability distributions with dependence
trees") is exact for every pair that it joins and needs nothing but the random-pairs table. Without it, a few per cent
of misfit among millions of chance agreements outweighs all matches, and EM explains the misfit instead of them.

A missing level is neutral: its factor is one, and so is that of every edge that touches it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.weights.patterns.evidence import Cells
from linkage.weights.patterns.pair_classes import PairClasses
from linkage.weights.patterns.slots import Slots

__all__ = ["Chance", "Edge", "chance_log_density", "estimate_chance"]

Floats = npt.NDArray[np.float64]

# Half a pair for every level that was never seen, so that no weight is infinite (Jeffreys).
SMOOTHING = 0.5
# So that no logarithm is infinite.
LEAST_PAIRS = 1e-6
# Pairs worth of independence mixed into a joint level, so that an edge never invents a dependence from a few pairs.
EDGE_SHRINKAGE = 5.0


@dataclass(frozen=True)
class Edge:
    """Dependence of two comparisons.

    `log_ratio` is float64 (n_levels[first], n_levels[second]): log of the joint probability over the product of the
    two, zero where either is missing.
    """

    first: int
    second: int
    log_ratio: Floats


@dataclass(frozen=True)
class Chance:
    """Distribution of patterns among pairs of strangers.

    Attributes
    ----------
    log_levels
        float64 (n_pair_classes, n_slots): log probability of each level given that the comparison is present; zero
        for missing.
    pooled
        float64 (n_slots,): probabilities over all pair classes.
    edges
        The dependence tree.
    """

    log_levels: Floats
    pooled: Floats
    edges: tuple[Edge, ...]


def estimate_chance(
    cells: Cells,
    stranger_share: Floats,
    *,
    n_fields: tuple[int, ...] = (),
    dependent: bool = True,
    kept: tuple[int, tuple[Edge, ...]] = (0, ()),
) -> Chance:
    """Chance agreement from the random pairs, each cell weighted by its share of strangers.

    Parameters
    ----------
    cells
        With the random counts.
    stranger_share
        float64 (n_cells,): probability that a random pair of the cell is a pair of strangers. One before anything
        is known; in small files the matches among the random pairs would otherwise pass for chance.
    n_fields
        Fields of each comparison; one each where left out.
    dependent
        Whether to look for dependences.
    kept
        Dependences among the first so many comparisons that are known already; others are looked for.
    """
    weights = cells.random * stranger_share
    slots = cells.slots
    seen = cells.halves.sums(weights) + np.where(slots.is_missing, 0.0, SMOOTHING)
    counts = np.stack(
        [
            _with_rare_tops(cells.halves.sums(weights * (cells.pair_class == c)), slots, n_fields)
            for c in range(len(cells.total_pairs))
        ]
    )
    by_class = _with_tops_as_within(counts, slots, n_fields, cells.pair_classes)
    # What is too much in one class is too much in the sum.
    seen = seen - (counts - by_class).sum(axis=0)
    pooled = slots.probabilities(_with_rare_tops(np.maximum(seen, LEAST_PAIRS), slots, n_fields))
    probabilities = slots.probabilities(by_class + pooled * _pooling_strength(by_class, pooled, slots))
    return Chance(np.log(probabilities), pooled, _tree(cells, weights, *kept) if dependent else ())


def _with_rare_tops(counts: Floats, slots: Slots, n_fields: tuple[int, ...]) -> Floats:
    """Counts by slot, with full agreement of several fields as rare as its parts make it, where too few were seen.

    A filter over k fields agrees fully only where all of them are the same. If that happened to one field or more in a
    share s of the pairs of strangers, it happened to all k in at most (s / k)^k of them (Maclaurin's inequality for
    independent fields), far less than some million random pairs can show: at that size even half a pair, or one
    doubtful match, stands for more strangers than there are matches who moved. A count that is plainly larger is kept.
    """
    counts = counts.copy()
    for comparison, k in enumerate(n_fields):
        present = slots.present(comparison)
        total, top = counts[present].sum(), present.stop - 1
        if k < 2 or total <= 0.0:
            continue
        most = total * (counts[present][1:].sum() / (total * k)) ** k
        if counts[top] - 2.0 * np.sqrt(counts[top]) <= most:
            counts[top] = min(counts[top], max(most, LEAST_PAIRS))
    return counts


def _with_tops_as_within(
    by_class: Floats, slots: Slots, n_fields: tuple[int, ...], classes: PairClasses
) -> Floats:
    """Counts by pair class and slot, with agreement of several fields no more common than within the sources.

    Where values have shares p and q in two sources, strangers agree on one in sum(p q) of the pairs between them, by
    Cauchy and Schwarz at most the geometric mean of sum(p p) and sum(q q), which is how often they agree within the
    sources. What is more between the sources is matches. Without that bound the only filter that two sources both
    hold can be explained by chance: nothing else speaks against it; and pairs that nearly agree in one filter alone,
    mostly matches who moved, remain what they were taken for at first. So each level and those above it are bounded,
    by what was seen and twice its standard error.
    """
    bounded = by_class.copy()
    for comparison, k in enumerate(n_fields):
        present = slots.present(comparison)
        totals = by_class[:, present].sum(axis=1)
        if k < 2:
            continue
        own = totals[classes.within]
        use = np.flatnonzero(~classes.is_within & (totals > 0))
        above = np.zeros(len(use))
        for level in range(present.stop - 1, present.start, -1):
            seen = by_class[classes.within, level : present.stop].sum(axis=1)
            rates = np.where(own > 0, (seen + 2.0 * np.sqrt(seen) + 1.0) / np.maximum(own, 1.0), np.inf)
            most = np.sqrt(rates[classes.first[use]] * rates[classes.second[use]]) * totals[use]
            kept = np.minimum(by_class[use, level], np.maximum(most - above, 0.0))
            bounded[use, level] = kept
            above += kept
    return bounded


def _pooling_strength(by_class: Floats, pooled: Floats, slots: Slots) -> Floats:
    """Prior pairs per slot that tie the pair classes to the pooled levels.

    Moment estimate of the Dirichlet-multinomial's precision a comparison: as large as the classes are alike, so that
    classes that differ only by sampling share one estimate and classes that truly differ keep their own.
    """
    strength = np.ones_like(pooled)
    for comparison in range(len(slots.n_levels)):
        levels = slots.present(comparison)
        counts, expected = by_class[:, levels], pooled[levels]
        totals = counts.sum(axis=1)
        used = totals > 0
        precision = 1e9
        if used.sum() > 1:
            shares = counts[used] / totals[used, None]
            chi_square = float((totals[used, None] * (shares - expected) ** 2 / expected).sum())
            freedom = float((used.sum() - 1) * (len(expected) - 1))
            excess = chi_square - freedom
            if excess > 0:
                precision = max(1.0, freedom * float(totals[used].mean()) / excess)
        strength[levels] = precision
    return strength


def _tree(cells: Cells, weights: Floats, n_known: int, kept: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """Maximum spanning forest over the pairwise mutual information that a penalised likelihood accepts.

    Among the first `n_known` comparisons it is the edges `kept`.
    """
    found = []
    for first in range(cells.n_comparisons):
        for second in range(max(first + 1, n_known), cells.n_comparisons):
            gain, log_ratio = _dependence(cells, weights, first, second)
            if gain > 0:
                found.append((gain, Edge(first, second, log_ratio)))
    found.sort(key=lambda item: -item[0])
    root = list(range(cells.n_comparisons))

    def find(node: int) -> int:
        while root[node] != node:
            node = root[node]
        return node

    edges = []
    for edge in (*kept, *(edge for _, edge in found)):
        ends = find(edge.first), find(edge.second)
        if ends[0] != ends[1]:
            root[ends[0]] = ends[1]
            edges.append(edge)
    return tuple(edges)


def _dependence(cells: Cells, weights: Floats, first: int, second: int) -> tuple[float, Floats]:
    """Gain in log likelihood of joining two comparisons less its price (BIC), and the log ratio."""
    n_first, n_second = cells.slots.n_levels[first], cells.slots.n_levels[second]
    joint = np.bincount(
        cells.levels[:, first] * n_second + cells.levels[:, second], weights, n_first * n_second
    ).reshape(n_first, n_second)[1:, 1:]
    total = float(joint.sum())
    log_ratio = np.zeros((n_first, n_second))
    if total < 1.0:
        return 0.0, log_ratio
    margins = joint.sum(axis=1), joint.sum(axis=0)
    expected = np.outer(*margins) / total
    seen = joint > 0
    information = float((joint[seen] * np.log(joint[seen] / expected[seen])).sum())
    price = 0.5 * (n_first - 2) * (n_second - 2) * np.log(total)
    log_ratio[1:, 1:] = np.log((joint + EDGE_SHRINKAGE) / (expected + EDGE_SHRINKAGE))
    return information - price, log_ratio


def chance_log_density(cells: Cells, chance: Chance) -> Floats:
    """Log probability of each cell's present levels among strangers, float64 (n_cells,)."""
    density = chance.log_levels[cells.pair_class[:, None], cells.levels + cells.slots.offsets[:-1]].sum(
        axis=1
    )
    for edge in chance.edges:
        density += edge.log_ratio[cells.levels[:, edge.first], cells.levels[:, edge.second]]
    return np.asarray(density)

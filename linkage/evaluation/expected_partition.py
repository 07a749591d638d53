"""What precision and recall a partition of records is expected to have, without labels, with intervals.

Inside a component the posteriors of its partitions count (`partition_posterior`), outside it those of single pairs.
The interval answers three doubts: whether the odds are right at all (a shift of all odds, drawn anew for each
replicate), whether errors are counted right (a factor, likewise), and how many of the doubtful pairs happen to be wrong
(Poisson). It says nothing of what lies outside the model, such as matches that agree in nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from linkage.evaluation.partition_posterior import LARGEST_COMPONENT, together

__all__ = ["ExpectedShare", "PartitionEvidence", "expected_partition"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

CONFIDENCE = 0.9
N_REPLICATES = 400
# Standard deviation of the shift of all odds, in bits.
ODDS_DOUBT_BITS = 0.5
# Standard deviation, in bits, of the factor by which expected errors are off: pairs of one component are not
# independent, and a share of the errors are twins, who are too few to be known well.
ERROR_DOUBT_BITS = 1.5
# Errors of a kind that the model does not foresee.
UNFORESEEN = 0.5
# Shifts, in standard deviations, at which everything is computed; between them it is interpolated.
SHIFTS = np.linspace(-3.0, 3.0, 7)
# Log odds are not believed beyond this: no evidence of a pair outweighs any number of others.
MOST_BITS = 20.0


@dataclass(frozen=True)
class ExpectedShare:
    """An estimate with its interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class PartitionEvidence:
    """What speaks for and against a partition.

    Attributes
    ----------
    labels
        int64 (n_records,): the partition.
    components
        int64 (n_records,): connected components of the pairs that reached their threshold, before any repair.
    left, right
        int64 (n_edges,): pairs whose odds are known.
    log_odds
        float64 (n_edges,): their log2 odds on their own.
    bits
        float64 (n_edges,): what a pair gains by having no better rival.
    absent
        Log2 odds of pairs that are not among the edges, at most.
    pattern_odds, pattern_counts
        float64 (n_patterns,): log2 odds and number of all compared pairs.
    estimated_matches
        Matches that the model expects in all, compared or not.
    sources
        int16 (n_records,): two records of one source without odds are two people, where there are several sources.
    """

    labels: Rows
    components: Rows
    left: Rows
    right: Rows
    log_odds: Floats
    bits: Floats
    absent: float
    pattern_odds: Floats
    pattern_counts: Floats
    estimated_matches: float
    sources: npt.NDArray[np.integer]


def expected_partition(evidence: PartitionEvidence, *, seed: int = 0) -> dict[str, ExpectedShare]:
    """Expected precision, recall and F1 over all pairs of records, with intervals of `CONFIDENCE`.

    Precision is one by convention where nothing is together, recall where there is nothing to find.
    """
    shifts = SHIFTS * ODDS_DOUBT_BITS
    n_linked, true, parted, counted = 0, np.zeros(len(shifts)), np.zeros(len(shifts)), np.zeros(len(shifts))
    groups: list[_Group | _Large] = [*_groups(evidence), _large(evidence)]
    for group in groups:
        n_linked += group.n_linked
        for at, shift in enumerate(shifts):
            sums = group.sums(shift)
            true[at], parted[at], counted[at] = (
                true[at] + sums[0],
                parted[at] + sums[1],
                counted[at] + sums[2],
            )
    overall = np.array(
        [(evidence.pattern_counts * _probability(evidence.pattern_odds + shift)).sum() for shift in shifts]
    )
    uncompared = max(0.0, evidence.estimated_matches - overall[len(shifts) // 2])
    # Outside the components pairs count on their own.
    missed_by_shift = np.maximum(overall - counted, 0.0) + uncompared + parted
    matches = true + missed_by_shift
    generator = np.random.default_rng(seed)
    drawn = generator.normal(0.0, ODDS_DOUBT_BITS, N_REPLICATES)
    false_drawn = np.interp(drawn, shifts, np.maximum(n_linked - true, 0.0))
    wrong = np.minimum(_drawn(false_drawn, generator), n_linked)
    missed = _drawn(np.interp(drawn, shifts, missed_by_shift), generator)
    right = n_linked - wrong
    centre = len(shifts) // 2
    estimate = _measures(true[centre : centre + 1], matches[centre : centre + 1] - true[centre], n_linked)
    replicates = _measures(right, missed, n_linked)
    tails = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    low, high = np.quantile(replicates, tails, axis=1)
    return {
        name: ExpectedShare(
            float(estimate[row, 0]),
            float(min(low[row], estimate[row, 0])),
            float(max(high[row], estimate[row, 0])),
        )
        for row, name in enumerate(("precision", "recall", "f1"))
    }


def _drawn(expected: Floats, generator: np.random.Generator) -> Floats:
    """Errors that may happen where so many are expected."""
    factor = np.exp2(generator.normal(0.0, ERROR_DOUBT_BITS, len(expected)))
    return generator.poisson((expected + UNFORESEEN) * factor).astype(np.float64)


def _measures(right: Floats, missed: Floats, n_linked: int) -> Floats:
    """Precision, recall and F1, float64 (3, n)."""
    matches = right + missed
    precision = right / n_linked if n_linked else np.ones_like(right)
    recall = np.divide(right, matches, out=np.ones_like(right), where=matches > 0)
    both = n_linked + matches
    f1 = np.divide(2.0 * right, both, out=np.ones_like(right), where=both > 0)
    return np.stack([precision, recall, f1])


def _probability(log_odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(log_odds, -1000.0, 1000.0))))


@dataclass(frozen=True)
class _Group:
    """All pairs of components of one size, (n_components, n_pairs)."""

    n_records: int
    log_odds: Floats
    bits: Floats
    is_known: npt.NDArray[np.bool_]
    is_linked: npt.NDArray[np.bool_]
    first: Rows
    second: Rows
    sources: Rows

    def alone(self, shift: float) -> Floats:
        """Probability of each pair on its own, as the sum over patterns has it."""
        return np.where(self.is_known, _probability(self.log_odds + shift), 0.0)

    @property
    def n_linked(self) -> int:
        """Pairs that are together."""
        return int(self.is_linked.sum())

    def sums(self, shift: float) -> tuple[float, float, float]:
        """Expected matches among pairs that are together, among those that are not, and of all pairs on their own."""
        odds = np.clip(self.log_odds + self.bits + shift, -MOST_BITS, MOST_BITS)
        posterior = together(odds, self.n_records)
        true = float(posterior[self.is_linked].sum())
        return true, float(self.parted(shift, posterior).sum()), float(self.alone(shift).sum())

    def parted(self, shift: float, posterior: Floats) -> Floats:
        """Probability that a pair which is not together belongs together, zero for those that are.

        Between two sources it does so only if the partners that its records have there are wrong.
        """
        rows = np.arange(len(self.sources))[:, None]
        partner = np.zeros((*self.sources.shape, int(self.sources.max(initial=0)) + 1))
        of_first, of_second = self.sources[:, self.first], self.sources[:, self.second]
        linked = np.where(self.is_linked & (of_first != of_second), posterior, 0.0)
        np.maximum.at(partner, (rows, self.first[None, :], of_second), linked)
        np.maximum.at(partner, (rows, self.second[None, :], of_first), linked)
        free = (1.0 - partner[rows, self.first[None, :], of_second]) * (
            1.0 - partner[rows, self.second[None, :], of_first]
        )
        odds = np.clip(self.log_odds + self.bits + shift, -MOST_BITS, MOST_BITS)
        across = np.where(of_first == of_second, posterior, _probability(odds) * free)
        return np.where(self.is_known & ~self.is_linked, across, 0.0)


@dataclass(frozen=True)
class _Large:
    """Pairs of components of too many records to weigh all partitions; only pairs whose odds are known are listed.

    `first` and `second` are numbers of records, `n_absent` pairs that are together without odds of their own.
    """

    first: Rows
    second: Rows
    sources: Rows
    log_odds: Floats
    bits: Floats
    is_linked: npt.NDArray[np.bool_]
    n_absent: int

    @property
    def n_linked(self) -> int:
        """Pairs that are together."""
        return int(self.is_linked.sum()) + self.n_absent

    def sums(self, shift: float) -> tuple[float, float, float]:
        """As for small components, from pairs on their own; those without odds are as likely as the others."""
        single = _probability(np.clip(self.log_odds + self.bits + shift, -MOST_BITS, MOST_BITS))
        alone = float(_probability(self.log_odds + shift).sum())
        linked = single[self.is_linked]
        true = float(linked.sum()) + self.n_absent * (float(linked.mean()) if len(linked) else 0.0)
        partner = np.zeros((len(self.sources), int(self.sources.max(initial=0)) + 1))
        of_first, of_second = self.sources[self.first], self.sources[self.second]
        across = self.is_linked & (of_first != of_second)
        np.maximum.at(partner, (self.first[across], of_second[across]), single[across])
        np.maximum.at(partner, (self.second[across], of_first[across]), single[across])
        free = (1.0 - partner[self.first, of_second]) * (1.0 - partner[self.second, of_first])
        parted = np.where(of_first == of_second, single, single * free)[~self.is_linked]
        return true, float(parted.sum()), alone


def _large(evidence: PartitionEvidence) -> _Large:
    sizes = np.bincount(evidence.components, minlength=len(evidence.labels))[evidence.components]
    rows = np.flatnonzero(sizes > LARGEST_COMPONENT)
    number = np.full(len(evidence.labels), -1, dtype=np.int64)
    number[rows] = np.arange(len(rows))
    inside = np.flatnonzero(
        (number[evidence.left] >= 0)
        & (evidence.components[evidence.left] == evidence.components[evidence.right])
    )
    left, right = evidence.left[inside], evidence.right[inside]
    is_linked = evidence.labels[left] == evidence.labels[right]
    clusters = np.unique(evidence.labels[rows], return_counts=True)[1]
    n_together = int((clusters * (clusters - 1) // 2).sum())
    return _Large(
        number[left],
        number[right],
        evidence.sources[rows].astype(np.int64),
        evidence.log_odds[inside],
        evidence.bits[inside],
        is_linked,
        n_together - int(is_linked.sum()),
    )


def _groups(evidence: PartitionEvidence) -> Iterator[_Group]:
    """Components of two records or a few more, those of one size together."""
    order = np.argsort(evidence.components, kind="stable")
    names, starts, sizes = np.unique(evidence.components[order], return_index=True, return_counts=True)
    several_sources = bool(len(evidence.sources) and (evidence.sources != evidence.sources[0]).any())
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    number = np.full(len(order), -1, dtype=np.int64)
    own = evidence.components[evidence.left]
    inside = np.flatnonzero(own == evidence.components[evidence.right])
    size_of = np.zeros(len(order), dtype=np.int64)
    size_of[names] = sizes
    edge_sizes = size_of[own[inside]]
    for size in range(2, LARGEST_COMPONENT + 1):
        chosen = np.flatnonzero(sizes == size)
        members = order[starts[chosen][:, None] + np.arange(size)]
        number[names[chosen]] = np.arange(len(chosen))
        pairs = np.array(list(combinations(range(size), 2)), dtype=np.int64)
        column = np.zeros((size, size), dtype=np.int64)
        column[pairs[:, 0], pairs[:, 1]] = column[pairs[:, 1], pairs[:, 0]] = np.arange(len(pairs))
        edges = inside[edge_sizes == size]
        at = number[own[edges]], column[place[evidence.left[edges]], place[evidence.right[edges]]]
        one_source = evidence.sources[members[:, pairs[:, 0]]] == evidence.sources[members[:, pairs[:, 1]]]
        log_odds = np.where(one_source & several_sources, -MOST_BITS, evidence.absent)
        bits, known = np.zeros_like(log_odds), np.zeros(log_odds.shape, dtype=np.bool_)
        log_odds[at], bits[at], known[at] = evidence.log_odds[edges], evidence.bits[edges], True
        linked = evidence.labels[members[:, pairs[:, 0]]] == evidence.labels[members[:, pairs[:, 1]]]
        sources = evidence.sources[members].astype(np.int64)
        yield _Group(size, log_odds, bits, known, linked, pairs[:, 0], pairs[:, 1], sources)

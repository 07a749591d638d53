"""What each threshold of a grid would do: real resolution of the candidate pairs at every one of them.

Nothing here is interpolated. At each threshold the pairs are resolved exactly as linking would resolve them, with the
same evidence below the threshold, the same rules and the same known pairs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from linkage.analysis.changes import Changes, changes_against
from linkage.analysis.material import Material
from linkage.analysis.scored_pairs import ScoredPairs
from linkage.analysis.subgroups import Grouping, GroupLinks, group_links, record_links
from linkage.evaluation import PairQuality
from linkage.resolution import Resolution, resolve
from linkage.resolution.specified import ABSENT_PENALTY, resolution_options
from linkage.weights import ExpectedQuality, ScoredCounts, expected_qualities

__all__ = [
    "EVIDENCE_BITS",
    "SIZE_NAMES",
    "Lowered",
    "Outcome",
    "Sweep",
    "lowest_weight",
    "sweep",
    "threshold_grid",
]

EVIDENCE_BITS = ABSENT_PENALTY
"""Pairs so far below a threshold still count when clusters are repaired; further down they say no more than absence."""

MOST_PAIRS = 20_000_000
"""The grid does not go so low that more pairs would have to be held in memory."""

STEPS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
LEAST_RECORDS = 30
"""Groups of fewer records have no figures of their own."""

SIZES = (1, 2, 3, 4, 5, 6, 10)
SIZE_NAMES = ("1", "2", "3", "4", "5", "6 to 9", "10 or more")


@dataclass(frozen=True, repr=False)
class Lowered:
    """How thresholds that the software chooses are lower than others.

    Attributes
    ----------
    bits
        float64 (n_sources, n_sources): by so much, between two sources.
    table
        float64 (n_pair_classes, n_patterns): odds as resolution weighs them there, `linkage.weights.resolving_odds`.
    """

    bits: npt.NDArray[np.float64]
    table: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """What a threshold does.

    Attributes
    ----------
    threshold
        In bits of posterior log odds.
    links
        Candidate pairs at or above it.
    expected
        Without labels, of these pairs: false, missed, precision, recall, with intervals.
    children
        Clusters after resolution.
    sizes
        Children by number of records, as `SIZE_NAMES`.
    duplicates
        By source: records beyond the source's first in a child.
    linked
        By source: records that share a child with a record of another source.
    conflicts
        Clusters that broke a rule, by rule, and links that were not followed, by reason.
    changes
        Against the children that the index has now.
    by_feed_pair
        By pair of sources: links and how many of them are expected to be false.
    measured
        Of the children, where the truth is known.
    measured_links
        Of the links before resolution, against all pairs that belong together, compared or not.
    by_group
        Of the children by group of records, for groups of `LEAST_RECORDS` and more.
    """

    threshold: float
    links: int
    expected: ExpectedQuality
    children: int
    sizes: tuple[int, ...]
    duplicates: dict[str, int]
    linked: dict[str, int]
    conflicts: dict[str, int]
    changes: Changes
    by_feed_pair: dict[str, tuple[int, float]]
    measured: PairQuality | None = None
    measured_links: PairQuality | None = None
    by_group: tuple[GroupLinks, ...] = ()

    @property
    def posterior(self) -> float:
        """The threshold as a probability."""
        return float(1.0 / (1.0 + np.exp2(-self.threshold)))


@dataclass(frozen=True, repr=False)
class Sweep:
    """Outcomes in ascending order of threshold."""

    outcomes: tuple[Outcome, ...]

    def frame(self) -> pd.DataFrame:
        """One row a threshold, for notebooks."""
        return pd.DataFrame([_row(outcome) for outcome in self.outcomes])

    def at(self, threshold: float) -> Outcome:
        """The outcome of the grid's threshold that is nearest to one."""
        return min(self.outcomes, key=lambda outcome: abs(outcome.threshold - threshold))


def threshold_grid(
    scored: ScoredCounts, marks: Sequence[float] = (), *, most: int = 60
) -> npt.NDArray[np.float64]:
    """Thresholds worth trying, ascending, in even steps.

    Parameters
    ----------
    scored
        Candidate patterns with their odds.
    marks
        Thresholds that must be among them where they are finite, such as today's.
    most
        Steps at most, the marks not counted.

    Returns
    -------
    float64 (n,): from where four pairs are linked for every match that is expected up to where half of the matches
    are lost; only the marks where there are no candidates.
    """
    finite = [mark for mark in marks if np.isfinite(mark)]
    if not len(scored.log_odds):
        return np.unique(np.array(finite, dtype=np.float64))
    probability = 1.0 / (1.0 + np.exp2(-np.clip(scored.log_odds, -1000.0, 1000.0)))
    links, true = np.cumsum(scored.counts), np.cumsum(scored.counts * probability)
    matches = true[-1]
    enough = np.searchsorted(links, min(4.0 * matches + 100.0, MOST_PAIRS), side="right")
    lowest = scored.log_odds[min(int(enough), len(links) - 1)] + EVIDENCE_BITS
    highest = scored.log_odds[int(np.searchsorted(true, 0.5 * matches))]
    lowest = min([max(lowest, -12.0), highest, *(mark - 2.0 for mark in finite)])
    highest = max([highest, lowest + 4.0, *(mark + 2.0 for mark in finite)])
    step = next((step for step in STEPS if (highest - lowest) / step <= most), STEPS[-1])
    even = np.arange(np.ceil(lowest / step), np.floor(highest / step) + 1) * step
    return np.unique(np.concatenate([even, finite]))


def sweep(
    material: Material,
    pairs: ScoredPairs,
    tables: Sequence[ScoredCounts],
    thresholds: npt.NDArray[np.float64],
    *,
    automatic: Sequence[float] = (),
    exclusivity: Lowered | None = None,
    truth: npt.NDArray[np.int64] | None = None,
    groupings: Sequence[Grouping] = (),
    reach: Callable[[int], None] | None = None,
) -> Sweep:
    """Resolve the pairs at every threshold.

    Parameters
    ----------
    material
        The records.
    pairs
        Every candidate pair down to `EVIDENCE_BITS` below the lowest threshold.
    tables
        The candidate patterns with their odds: of all pairs, and then of each pair class.
    thresholds
        float64 (n,) ascending, in bits.
    automatic, exclusivity
        Thresholds that the software chooses, and how much lower they are where a pair has no rival; a threshold that a
        person sets is not lowered.
    truth
        int64, the entity of each live record, -1 where unknown.
    groupings
        Ways to part the records; looked at where the truth is known.
    reach
        Called with the number of thresholds done.

    Raises
    ------
    ValueError
        If the pairs do not reach down far enough.
    """
    lowered = dict.fromkeys(automatic, exclusivity)
    lowest = lowest_weight(thresholds, automatic, None if exclusivity is None else exclusivity.bits)
    if pairs.cutoff > lowest:
        raise ValueError(f"pairs: expected all from {lowest:.2f} bits, got those from {pairs.cutoff:.2f}")
    outcomes = []
    for done, expected in enumerate(expected_qualities(tables[0], np.sort(thresholds).tolist()), start=1):
        bits = lowered.get(expected.threshold)
        outcomes.append(_outcome(material, pairs, tables[1:], expected, bits, truth, groupings))
        if reach is not None:
            reach(done)
    return Sweep(tuple(outcomes))


def lowest_weight(
    thresholds: npt.NDArray[np.float64],
    automatic: Sequence[float],
    exclusivity: npt.NDArray[np.float64] | None,
) -> float:
    """The weight from which pairs are needed to resolve at these thresholds; infinity for none."""
    bits = 0.0 if exclusivity is None else float(exclusivity.max(initial=0.0))
    lowered = thresholds - np.where(np.isin(thresholds, list(automatic)), bits, 0.0)
    return float(lowered.min(initial=np.inf)) - EVIDENCE_BITS


def _outcome(
    material: Material,
    pairs: ScoredPairs,
    tables: Sequence[ScoredCounts],
    expected: ExpectedQuality,
    lowered: Lowered | None,
    truth: npt.NDArray[np.int64] | None,
    groupings: Sequence[Grouping],
) -> Outcome:
    threshold = expected.threshold
    resolution = _resolved(material, pairs, threshold, lowered)
    labels = resolution.labels
    sizes = np.bincount(labels)
    sizes = sizes[sizes > 0]
    by_size = np.bincount(np.searchsorted(SIZES, sizes, side="right") - 1, minlength=len(SIZES))
    duplicates, linked = _by_source(material, labels)
    links = None if truth is None else record_links(labels, truth)
    n_links = pairs.reaching(threshold)
    return Outcome(
        threshold=threshold,
        links=n_links,
        expected=expected,
        children=len(sizes),
        sizes=tuple(by_size.tolist()),
        duplicates=duplicates,
        linked=linked,
        conflicts=_conflicts(resolution),
        changes=changes_against(material.live, labels),
        by_feed_pair={
            name: _links_and_false(table, threshold)
            for name, table in zip(material.feed_pairs, tables, strict=True)
        },
        measured=None if links is None else links.quality(),
        measured_links=None if truth is None else _links_quality(pairs, n_links, truth),
        by_group=() if links is None else group_links(links, groupings, least=LEAST_RECORDS),
    )


def _resolved(
    material: Material, pairs: ScoredPairs, threshold: float, lowered: Lowered | None
) -> Resolution:
    """The clusters at a threshold, resolved as linking does."""
    weights = pairs.odds if lowered is None else lowered.table[pairs.classes, pairs.patterns]
    exclusivity = None if lowered is None else lowered.bits
    lowest = lowest_weight(np.array([threshold]), [threshold], exclusivity)
    kept = slice(pairs.reaching(lowest)) if lowered is None else np.flatnonzero(weights >= lowest)
    return resolve(
        pairs.left[kept],
        pairs.right[kept],
        weights[kept],
        material.live.sources,
        material.record_ids,
        resolution_options(material.specification, material.sources, threshold, exclusivity_bits=exclusivity),
        must_links=material.together,
        cannot_links=material.apart,
    )


def _conflicts(resolution: Resolution) -> dict[str, int]:
    """Clusters that broke a rule, and links that were not followed though they reach the threshold."""
    conflicts = resolution.conflicts.to_json()
    clusters = {f"clusters: {name}": count for name, count in conflicts["components"].items()}
    return clusters | {
        f"links: {name}": count
        for name, count in conflicts["edges"].items()
        if name not in ("accepted", "below_threshold")
    }


def _by_source(material: Material, labels: npt.NDArray[np.int64]) -> tuple[dict[str, int], dict[str, int]]:
    """Records beyond the first of their source in a child, and records that share one with another source."""
    sources, n_sources = material.live.sources, len(material.sources)
    holds = np.zeros((int(labels.max(initial=-1)) + 1, n_sources), dtype=np.bool_)
    holds[labels, sources] = True
    firsts = holds.sum(axis=0)
    linked = np.bincount(sources[(holds.sum(axis=1) > 1)[labels]], minlength=n_sources)
    duplicates = material.counts - firsts
    names = material.sources
    return dict(zip(names, duplicates.tolist(), strict=True)), dict(zip(names, linked.tolist(), strict=True))


def _links_quality(pairs: ScoredPairs, n_links: int, truth: npt.NDArray[np.int64]) -> PairQuality:
    """Of the first so many pairs; those with a record of unknown entity count nowhere."""
    left, right = truth[pairs.left[:n_links]], truth[pairs.right[:n_links]]
    known = (left >= 0) & (right >= 0)
    true = int((left == right)[known].sum())
    sizes = np.bincount(truth[truth >= 0])
    return PairQuality(true, int(known.sum()) - true, int((sizes * (sizes - 1) // 2).sum()) - true)


def _links_and_false(table: ScoredCounts, threshold: float) -> tuple[int, float]:
    linked = table.log_odds >= threshold
    odds, counts = table.log_odds[linked], table.counts[linked]
    return int(counts.sum()), float((counts / (1.0 + np.exp2(np.minimum(odds, 1000.0)))).sum())


def _row(outcome: Outcome) -> dict[str, Any]:
    expected = outcome.expected
    row: dict[str, Any] = {
        "threshold": outcome.threshold,
        "posterior": outcome.posterior,
        "links": outcome.links,
        "children": outcome.children,
    }
    for name in ("false_links", "missed_links", "precision", "recall", "f1"):
        interval = getattr(expected, name)
        row |= {name: interval.estimate, f"{name}_low": interval.low, f"{name}_high": interval.high}
    row |= {f"size {name}": count for name, count in zip(SIZE_NAMES, outcome.sizes, strict=True)}
    row |= {f"duplicates {name}": count for name, count in outcome.duplicates.items()}
    row |= {f"linked {name}": count for name, count in outcome.linked.items()}
    row |= vars(outcome.changes)
    if outcome.measured is not None:
        row["measured_precision"] = outcome.measured.precision
        row["measured_recall"] = outcome.measured.recall
    return row

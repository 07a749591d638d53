"""What the model is fitted to: counts of agreement patterns, and nothing about any single pair.

The dense tables are cut down to *cells*: the (pair class, pattern) combinations that were seen at all, a few
thousand of them even for billions of pairs.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from linkage.weights.patterns.halves import Halves, halves_of
from linkage.weights.patterns.incomplete import fitted_codes, fitted_comparisons, fitted_levels
from linkage.weights.patterns.pair_classes import PairClasses
from linkage.weights.patterns.slots import Slots
from linkage.weights.patterns.traits import ComparisonTraits

__all__ = ["Cells", "Evidence", "LabelledCounts", "cells_of", "codes_of_cells", "levels_of_patterns"]

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LabelledCounts:
    """Pairs that a person has judged, counted by pattern.

    Parameters
    ----------
    matches, non_matches
        int64 (n_pair_classes, n_patterns): judged pairs of each pattern; they are part of the candidate counts.
    """

    matches: Counts
    non_matches: Counts


@dataclass(frozen=True)
class Evidence:
    """Pattern counts of all candidate pairs and of random pairs, with the sizes of the sources.

    Parameters
    ----------
    comparisons
        In the order of the pattern code's digits.
    n_records
        Records per source, in the order of the sources.
    candidates
        int64 (n_strata, n_pair_classes, n_patterns), or without the strata axis: candidate pairs by pattern.
    random_pairs
        int64 (1, n_pair_classes, n_patterns), or without the first axis: uniformly random pairs by pattern.
    labels
        Judged pairs, where there are any.
    sources
        Names of the sources; may be left out.
    exclusive
        Which sources hold no child twice, by specification; none where left out.
    """

    comparisons: tuple[ComparisonTraits, ...]
    n_records: tuple[int, ...]
    candidates: Counts
    random_pairs: Counts
    labels: LabelledCounts | None = None
    sources: tuple[str, ...] = ()
    exclusive: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        if not self.exclusive:
            object.__setattr__(self, "exclusive", (False,) * len(self.n_records))
        faults = _faults(self)
        if faults:
            raise ValueError("evidence cannot be used:\n- " + "\n- ".join(faults))

    @property
    def n_levels(self) -> tuple[int, ...]:
        """Levels per comparison, missing included."""
        return tuple(traits.n_levels for traits in self.comparisons)

    @cached_property
    def fitted(self) -> tuple[ComparisonTraits, ...]:
        """The comparisons as they are fitted: pairs that lack a field have comparisons of their own."""
        return fitted_comparisons(self.comparisons)

    @property
    def n_fields(self) -> tuple[int, ...]:
        """Fields behind the strongest agreement of each fitted comparison; zero where they are not known."""
        return tuple(traits.n_fields for traits in self.fitted)

    @cached_property
    def n_pair_classes(self) -> int:
        """Unordered pairs of sources, a source with itself included."""
        return int(self.candidates.shape[-2])

    @cached_property
    def pair_classes(self) -> PairClasses:
        """The pair classes and their sizes."""
        return PairClasses(self.n_records)

    @cached_property
    def candidate_counts(self) -> Counts:
        """Candidate pairs over all strata, int64 (n_pair_classes, n_patterns)."""
        return _without_strata(self.candidates)

    @cached_property
    def random_counts(self) -> Counts:
        """Random pairs, int64 (n_pair_classes, n_patterns)."""
        return _without_strata(self.random_pairs)


def _without_strata(counts: Counts) -> Counts:
    if counts.ndim == 2:
        return counts
    return np.asarray(counts[0] if len(counts) == 1 else counts.sum(axis=0))


def _faults(evidence: Evidence) -> list[str]:
    n_patterns = int(np.prod([traits.n_levels for traits in evidence.comparisons], dtype=np.int64))
    names = [traits.name for traits in evidence.comparisons]
    faults = []
    if not names or len(set(names)) != len(names):
        faults.append("comparisons: expected at least one, with distinct names")
    tables = {"candidates": evidence.candidates, "random_pairs": evidence.random_pairs}
    if evidence.labels is not None:
        tables |= {
            "labelled matches": evidence.labels.matches,
            "labelled non-matches": evidence.labels.non_matches,
        }
    n_classes = len(evidence.n_records) * (len(evidence.n_records) + 1) // 2
    for name, table in tables.items():
        if table.ndim not in (2, 3) or table.shape[-2:] != (n_classes, n_patterns):
            faults.append(
                f"{name}: shape {table.shape}, expected (..., {n_classes}, {n_patterns}) for "
                f"{len(evidence.n_records)} sources and these levels"
            )
        elif table.min(initial=0) < 0:
            faults.append(f"{name}: counts below zero")
    if not faults and evidence.random_pairs.sum() == 0 and evidence.pair_classes.total_pairs.sum() > 0:
        faults.append(
            "random_pairs: empty; the probabilities of chance agreement cannot be learned without them"
        )
    if evidence.sources and len(evidence.sources) != len(evidence.n_records):
        faults.append(f"sources: {len(evidence.sources)} names for {len(evidence.n_records)} sources")
    if len(evidence.exclusive) != len(evidence.n_records):
        faults.append(f"exclusive: {len(evidence.exclusive)} values for {len(evidence.n_records)} sources")
    return faults


def levels_of_patterns(patterns: npt.NDArray[np.int64], n_levels: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Digits of pattern codes, int64 (n, n_comparisons): the level of every comparison."""
    levels = np.empty((len(patterns), len(n_levels)), dtype=np.int64)
    rest = patterns.astype(np.int64, copy=True)
    for comparison in range(len(n_levels) - 1, -1, -1):
        rest, levels[:, comparison] = np.divmod(rest, n_levels[comparison])
    return levels


@dataclass(frozen=True)
class Cells:
    """The (pair class, pattern) combinations seen among candidates or random pairs.

    Attributes
    ----------
    slots
        The axis of levels.
    pair_classes
        The pair classes and their sizes.
    pair_class, pattern
        int64 (n_cells,).
    levels
        int64 (n_cells, n_comparisons).
    candidates, random
        float64 (n_cells,): pairs counted.
    labelled_matches, labelled_non_matches
        float64 (n_cells,): judged pairs, part of the candidates.
    presence
        float64 (n_cells,): share of the pair class's pairs in which the same comparisons are present (not missing).
    """

    slots: Slots
    pair_classes: PairClasses
    pair_class: npt.NDArray[np.int64]
    pattern: npt.NDArray[np.int64]
    levels: npt.NDArray[np.int64]
    candidates: Floats
    random: Floats
    labelled_matches: Floats
    labelled_non_matches: Floats
    presence: Floats

    @cached_property
    def halves(self) -> Halves:
        """For products over comparisons, and for sums by slot."""
        return halves_of(self.slots, self.pattern)

    @cached_property
    def presence_masks(self) -> npt.NDArray[np.int64]:
        """Numbers from 0 of which comparisons are present, int64 (n_cells,)."""
        masks = (self.levels > 0) @ (1 << np.arange(self.n_comparisons))
        return np.asarray(np.unique(masks, return_inverse=True)[1])

    @cached_property
    def total_pairs(self) -> Floats:
        """All record pairs of each pair class, float64 (n_pair_classes,)."""
        return self.pair_classes.total_pairs.astype(np.float64)

    @cached_property
    def random_totals(self) -> Floats:
        """Random pairs of each pair class, at least one, float64 (n_pair_classes,)."""
        return np.maximum(self.by_pair_class(self.random), 1.0)

    @cached_property
    def n_candidates(self) -> float:
        """Candidate pairs in all, at least two."""
        return max(float(self.candidates.sum()), 2.0)

    @cached_property
    def has_labels(self) -> bool:
        """Whether anybody judged any pair."""
        return bool(self.labelled_matches.any() or self.labelled_non_matches.any())

    @property
    def n_comparisons(self) -> int:
        """Digits of a pattern."""
        return len(self.slots.n_levels)

    def by_pair_class(self, weights: Floats) -> Floats:
        """Sum of a cell's quantity over each pair class, float64 (n_pair_classes,)."""
        return np.bincount(self.pair_class, weights, len(self.pair_classes.first)).astype(np.float64)

    def only(self, kept: npt.NDArray[np.bool_]) -> "Cells":
        """A part of the cells."""
        return replace(
            self,
            pair_class=self.pair_class[kept],
            pattern=self.pattern[kept],
            levels=self.levels[kept],
            candidates=self.candidates[kept],
            random=self.random[kept],
            labelled_matches=self.labelled_matches[kept],
            labelled_non_matches=self.labelled_non_matches[kept],
            presence=self.presence[kept],
        )


def cells_of(evidence: Evidence) -> Cells:
    """Non-empty cells of the tables."""
    candidates, random_pairs = evidence.candidate_counts, evidence.random_counts
    # Tables are large and hardly filled: all that follows is of the cells.
    pair_class, pattern = _places(evidence)
    levels = fitted_levels(levels_of_patterns(pattern, evidence.n_levels), evidence.comparisons)
    pattern_of_fit = fitted_codes(levels, evidence.fitted)
    counts = candidates[pair_class, pattern].astype(np.float64)
    random_counts = _as_seen(evidence, pair_class, counts, random_pairs[pair_class, pattern])
    labels = evidence.labels
    none = np.zeros(len(pattern))
    return Cells(
        slots=Slots(
            tuple(traits.n_levels for traits in evidence.fitted),
            tuple(traits.equal_shares for traits in evidence.fitted),
        ),
        pair_classes=evidence.pair_classes,
        pair_class=pair_class,
        pattern=pattern_of_fit,
        levels=levels,
        candidates=counts,
        random=random_counts,
        labelled_matches=none if labels is None else labels.matches[pair_class, pattern].astype(np.float64),
        labelled_non_matches=none
        if labels is None
        else labels.non_matches[pair_class, pattern].astype(np.float64),
        presence=_presence(levels, pair_class, random_counts, len(candidates)),
    )


def codes_of_cells(evidence: Evidence) -> npt.NDArray[np.int64]:
    """The pattern code of each of its cells as the kernels count it, int64 (n_cells,).

    `Cells.pattern` is that of the fitted comparisons, another one where filters may lack a field.
    """
    return _places(evidence)[1]


def _places(evidence: Evidence) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pair class and pattern of what is not empty in either table."""
    candidates, random_pairs = evidence.candidate_counts, evidence.random_counts
    places = np.union1d(np.flatnonzero(candidates), np.flatnonzero(random_pairs))
    pair_class, pattern = np.divmod(places, candidates.shape[1])
    return pair_class, pattern


def _as_seen(
    evidence: Evidence, pair_class: npt.NDArray[np.int64], candidates: Floats, drawn: Counts
) -> Floats:
    """Random pairs of each cell, worth no more than the pairs that there are.

    In a small file each pair is drawn many times, which says nothing new; where all pairs of a class are candidates,
    they are all there is to know.
    """
    totals = evidence.pair_classes.total_pairs
    all_drawn = np.bincount(pair_class, drawn, len(totals))
    shares = np.minimum(1.0, totals / np.maximum(all_drawn, 1))
    complete = np.bincount(pair_class, candidates, len(totals)) == totals
    return np.where(complete[pair_class], candidates, drawn * shares[pair_class])


def _presence(
    levels: npt.NDArray[np.int64],
    pair_class: npt.NDArray[np.int64],
    random_counts: Floats,
    n_pair_classes: int,
) -> Floats:
    """Share of random pairs of the class with the same comparisons present, per cell."""
    sets = (levels > 0) @ (1 << np.arange(levels.shape[1], dtype=np.int64))
    keys = (pair_class << levels.shape[1]) + sets
    _, position = np.unique(keys, return_inverse=True)
    seen = np.bincount(position, random_counts).astype(np.float64)
    random_totals = np.bincount(pair_class, random_counts, n_pair_classes)
    return np.asarray(seen[position] / np.maximum(random_totals[pair_class], 1), dtype=np.float64)

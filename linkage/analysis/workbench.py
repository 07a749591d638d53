"""The analyst's object: an index's patterns, models and thresholds, without a name and without writing anything."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from linkage.analysis.coverage import completeness, key_coverage, linked_by_presence
from linkage.analysis.judged_pairs import JudgedPairs, labelled_counts
from linkage.analysis.levels import class_histogram, level_probabilities
from linkage.analysis.material import Material, read_material
from linkage.analysis.pattern_odds import pattern_odds, pattern_scores
from linkage.analysis.scored_pairs import ScoredPairs, score_pairs
from linkage.analysis.subgroups import Grouping
from linkage.analysis.sweep import Lowered, Sweep, lowest_weight, sweep, threshold_grid
from linkage.analysis.waterfall import pattern_steps
from linkage.candidates import count_patterns
from linkage.comparison import PatternTable, decode_patterns, random_pair_table
from linkage.exchange.errors import InputRefused
from linkage.resolution.specified import single_partners
from linkage.weights import (
    Evidence,
    ExpectedQuality,
    Model,
    ScoredCounts,
    choose_threshold,
    exclusivity_bits,
    expected_quality,
    fit_model,
    resolving_odds,
    score_counts,
)
from linkage.weights.patterns.specified import traits_of

__all__ = ["Workbench", "open_workbench"]

RANDOM_PAIRS = 1 << 24
RANDOM_SEED = 1
Reach = Callable[[int], None]


def open_workbench(path: Path | str, *, threads: int | None = None) -> "Workbench":
    """Read an index into memory; it is closed again when this returns, and never written to.

    Parameters
    ----------
    path
        The index.
    threads
        All processors if None.

    Raises
    ------
    IndexRefused
        If it is no index, holds no records, or is being written by another process.
    """
    return Workbench(read_material(Path(path)), threads=threads)


class Workbench:
    """An index as an analyst sees it.

    Where a method takes a model and none is given, it is that of the last published run.

    Parameters
    ----------
    material
        What was read of the index.
    threads
        All processors if None.
    """

    def __init__(self, material: Material, *, threads: int | None = None) -> None:
        self.material = material
        self._threads = threads
        self._table: PatternTable | None = None
        self._pairs: tuple[Model, ScoredPairs] | None = None

    def __repr__(self) -> str:
        return f"Workbench({len(self.material)} records of {len(self.material.sources)} sources)"

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources."""
        return self.material.sources

    @property
    def model(self) -> Model:
        """The model of the last published run.

        Raises
        ------
        InputRefused
            If there is none yet.
        """
        if self.material.model is None:
            raise InputRefused("the index has no model yet: run `childindex link`, or fit one")
        return self.material.model

    @property
    def threshold(self) -> float:
        """The threshold of the last published run, in bits; infinity before the first."""
        return self.material.threshold

    # Patterns

    def count(self, reach: Reach | None = None) -> PatternTable:
        """All candidate pairs by pattern, counted once; `reach` is told how many pairs were looked at."""
        if self._table is None:
            self._table = count_patterns(
                self.material.candidates,
                self.material.plan,
                threads=self._threads,
                progress=None if reach is None else lambda done, _: reach(done),
            )
        return self._table

    def pattern_table(self, model: Model | None = None) -> pd.DataFrame:
        """Every pattern that occurs, heaviest first: the pair of sources, each comparison's level, pairs, odds.

        Returns
        -------
        Data frame with ``feeds``, a column a comparison (level, 0 for missing), ``pairs``, ``bits``, ``posterior``.
        """
        model, table = model or self.model, self.count()
        frames = []
        for pair_class, name in enumerate(self.material.feed_pairs):
            counts = table.counts[:, pair_class].sum(axis=0)
            seen = np.flatnonzero(counts)
            levels = decode_patterns(seen, table.n_levels)
            columns = {traits.name: levels[:, k] for k, traits in enumerate(model.comparisons)}
            odds = pattern_odds(model)[pair_class, seen]
            posterior = 1.0 / (1.0 + np.exp2(-np.clip(odds, -1000, 1000)))
            own = {"feeds": name, **columns, "pairs": counts[seen], "bits": odds, "posterior": posterior}
            frames.append(pd.DataFrame(own))
        return pd.concat(frames).sort_values("bits", ascending=False, ignore_index=True)

    def scored(self, model: Model | None = None) -> ScoredCounts:
        """All candidate patterns with their odds, best first."""
        used = model or self.model
        return score_counts(used, self.count().counts, pattern_odds(used))

    # Models

    def fit(self, labels: JudgedPairs | None = None) -> Model:
        """Fit a model anew, as linking would, with judged pairs where there are any."""
        material, specification = self.material, self.material.specification
        n_sources = len(self.sources)
        random_pairs = random_pair_table(
            material.words,
            material.live.sources,
            material.plan,
            RANDOM_PAIRS,
            RANDOM_SEED,
            n_sources=n_sources,
        )
        evidence = Evidence(
            comparisons=traits_of(
                specification,
                material.plan.n_levels,
                tuple(comparison.equal_shares for comparison in material.plan.comparisons),
                tuple(comparison.incomplete_levels for comparison in material.plan.comparisons),
            ),
            n_records=tuple(material.counts.tolist()),
            candidates=self.count().counts,
            random_pairs=random_pairs.counts,
            labels=None if labels is None else labelled_counts(material, labels),
            sources=self.sources,
            exclusive=(specification.resolution.within == "never",) * n_sources,
        )
        return fit_model(evidence)

    def choose_threshold(self, model: Model | None = None) -> ExpectedQuality:
        """What the software would choose by itself, as the specification says."""
        rule = self.material.specification.decision
        return choose_threshold(self.scored(model), rule.objective, precision=rule.precision)

    def expected(self, threshold: float, model: Model | None = None) -> ExpectedQuality:
        """Expected quality of the candidate pairs at a threshold, with intervals."""
        return expected_quality(self.scored(model), threshold)

    def compare(
        self, first: Model, second: Model, *, thresholds: tuple[float, float] | None = None
    ) -> pd.DataFrame:
        """What two models would link, pair by pair, each at its own threshold (by default the one it would choose).

        Returns
        -------
        Data frame with a row for each pair of sources: ``feeds``, ``both``, ``only_first``, ``only_second`` (pairs).
        """
        at = thresholds or (self.choose_threshold(first).threshold, self.choose_threshold(second).threshold)
        table, rows = self.count(), []
        for pair_class, name in enumerate(self.material.feed_pairs):
            counts = table.counts[:, pair_class].sum(axis=0)
            a = pattern_odds(first)[pair_class] >= at[0]
            b = pattern_odds(second)[pair_class] >= at[1]
            cells = [int(counts[chosen].sum()) for chosen in (a & b, a & ~b, ~a & b)]
            rows.append((name, *cells))
        return pd.DataFrame(rows, columns=["feeds", "both", "only_first", "only_second"])

    def levels(self, model: Model | None = None) -> pd.DataFrame:
        """The m and u probabilities by comparison and level; see `level_probabilities`."""
        return level_probabilities(model or self.model, self.count())

    def classes(self, model: Model | None = None) -> pd.DataFrame:
        """Candidate pairs by odds and class; see `class_histogram`."""
        return class_histogram(model or self.model, self.count())

    def steps(self, threshold: float | None = None, model: Model | None = None) -> pd.DataFrame:
        """The most frequent patterns as waterfalls; see `pattern_steps`."""
        at = self.threshold if threshold is None else threshold
        return pattern_steps(model or self.model, self.count(), self.material.feed_pairs, at)

    # Thresholds

    def grid(self, model: Model | None = None) -> npt.NDArray[np.float64]:
        """Thresholds worth trying, ascending: today's and the software's choice are among them."""
        marks = [self.choose_threshold(model).threshold]
        if model is None or model is self.material.model:
            marks.append(self.threshold)
        return threshold_grid(self.scored(model), marks)

    def pairs(self, cutoff: float, model: Model | None = None, reach: Reach | None = None) -> ScoredPairs:
        """Every candidate pair from a cut-off on; kept for the next call that asks for no more."""
        model = model or self.model
        if self._pairs is None or self._pairs[0] is not model or self._pairs[1].cutoff > cutoff:
            found = score_pairs(self.material, model, cutoff, threads=self._threads, reach=reach)
            self._pairs = (model, found)
        return self._pairs[1]

    def sweep(
        self,
        thresholds: Sequence[float] | npt.NDArray[np.float64] | None = None,
        model: Model | None = None,
        *,
        truth: npt.NDArray[np.int64] | None = None,
        groupings: Sequence[Grouping] = (),
        reach: Reach | None = None,
    ) -> Sweep:
        """What each threshold would do: the pairs are resolved at every one of them.

        Parameters
        ----------
        thresholds
            In bits; by default `grid`.
        truth
            int64, the entity of each live record, -1 where unknown: adds measured quality.
        groupings
            Ways to part the records, by which the measured quality is told as well.
        reach
            Called with the number of thresholds done.
        """
        grid = self.grid(model) if thresholds is None else np.asarray(thresholds, dtype=np.float64)
        used, automatic, bits = model or self.model, self.automatic(model), self.exclusivity(model)
        scores = pattern_scores(used)
        pairs = self.pairs(min(lowest_weight(grid, automatic, bits), 0.0), model)
        tables = self._score_tables(model)
        return sweep(
            self.material,
            pairs,
            tables,
            grid,
            automatic=automatic,
            exclusivity=Lowered(bits, resolving_odds(used, scores.odds, scores.twin_shares)),
            truth=truth,
            groupings=groupings,
            reach=reach,
        )

    def automatic(self, model: Model | None = None) -> list[float]:
        """Thresholds that the software chooses, at which a pair without a rival is linked from further down."""
        chosen = [self.choose_threshold(model).threshold]
        is_own = model is None or model is self.material.model
        return [*chosen, self.threshold] if is_own and self.material.is_automatic else chosen

    def exclusivity(self, model: Model | None = None) -> npt.NDArray[np.float64]:
        """How much lower such a threshold is between two sources, float64 (n_sources, n_sources)."""
        single = single_partners(self.material.specification, self.sources)
        return np.where(single, exclusivity_bits(model or self.model), 0.0)

    def _score_tables(self, model: Model | None) -> list[ScoredCounts]:
        model, counts = model or self.model, self.count().counts
        each = []
        for pair_class in range(model.n_pair_classes):
            own = np.zeros_like(counts.sum(axis=0))
            own[pair_class] = counts[:, pair_class].sum(axis=0)
            each.append(score_counts(model, own, pattern_odds(model)))
        return [score_counts(model, counts, pattern_odds(model)), *each]

    # Records

    def completeness(self) -> pd.DataFrame:
        """Share of records that have each column, by source; see `completeness`."""
        return completeness(self.material)

    def keys(self, threshold: float | None = None, model: Model | None = None) -> pd.DataFrame:
        """What each blocking key costs and brings; see `key_coverage`."""
        at = self.threshold if threshold is None else threshold
        own = model or self.model
        return key_coverage(self.material, self.count(), own, self.pairs(at, own), at)

    def linked_by_presence(self) -> pd.DataFrame:
        """How often incomplete records are linked now; see `linked_by_presence`."""
        live = self.material.live
        known = live.children >= 0
        # A record without a child yet is one by itself.
        labels = np.where(known, live.children, live.children.max(initial=0) + 1 + np.arange(len(live)))
        _, dense = np.unique(labels, return_inverse=True)
        return linked_by_presence(self.material, dense.astype(np.int64))

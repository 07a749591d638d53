"""One filter a record: the similarity itself is modelled.

With a single comparison there is no second witness, so no latent class can be told from another by how comparisons
agree. What is left is the shape of the similarities of matches and of everybody else, level by level:

* with several sources, pairs within the sources are the control (`linkage.weights.fitting.shares`): pairs between two
  sources are alike as often as the geometric mean of the pairs within them, strangers, siblings, namesakes and all;
  what exceeds that are matches. Candidates are compared with candidates, so blocking does not matter;
* with one source, similarities of non-matches fall off towards full agreement at the rate seen just before the valley
  between the two humps; what exceeds that are matches. Without a valley nothing can be said, and the report says so.

The likelihood ratio of a match never falls with the similarity (Dykstra, Kochar and Robertson 1995).
"""

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import ComponentKind
from linkage.weights.fitted.model import Component, FitReport, Model
from linkage.weights.fitting.monotone import impose_likelihood_ratio_order
from linkage.weights.fitting.shares import match_caps
from linkage.weights.patterns.evidence import Cells, Evidence, cells_of

__all__ = ["LEAST_LEVELS", "fit_record_level"]

Floats = npt.NDArray[np.float64]

# Fewer levels, missing included, show no shape.
LEAST_LEVELS = 6
STEPS = 500
SMOOTHING = 0.5
# A level is a valley if this many pairs, in standard errors, rise again above it.
CLEAR_RISE = 3.0


def fit_record_level(evidence: Evidence) -> Model:
    """Fit a model to the similarity levels of one comparison.

    Parameters
    ----------
    evidence
        With a single comparison of `LEAST_LEVELS` levels or more.
    """
    cells = cells_of(evidence)
    counts = _by_level(cells, cells.candidates)
    within = cells.pair_classes.within
    warnings: list[str] = []
    if len(within) > 1 and bool((counts[within].sum(axis=1) > 0).all()):
        matches, others = _against_control(evidence, cells, counts)
    else:
        full = np.maximum(counts, _strangers(cells))
        matches, others = _beyond_valley(full, warnings)
    return _model(evidence, cells, counts, matches, others, warnings)


def _by_level(cells: Cells, pairs: Floats) -> Floats:
    """Pairs by pair class and present level, float64 (n_pair_classes, n_levels - 1)."""
    width = cells.slots.n_levels[0]
    flat = np.bincount(cells.pair_class * width + cells.levels[:, 0], pairs, width * len(cells.total_pairs))
    return np.asarray(flat.reshape(-1, width)[:, 1:], dtype=np.float64)


def _strangers(cells: Cells) -> Floats:
    """All pairs by level, as the random pairs have it."""
    scale = cells.total_pairs / cells.random_totals
    return np.asarray(_by_level(cells, cells.random) * scale[:, None])


def _against_control(evidence: Evidence, cells: Cells, counts: Floats) -> tuple[Floats, Floats]:
    """Matches and other candidates by pair class and level, by expectation-maximisation."""
    classes = cells.pair_classes
    totals = cells.total_pairs[:, None]
    others = _control(counts, cells)
    between = ~classes.is_within
    excess = np.maximum(counts - others, 0.0)[between].sum(axis=0) + SMOOTHING
    shape = impose_likelihood_ratio_order(excess / excess.sum(), _shape_of(others))
    none = np.zeros(len(classes.first))
    caps = match_caps(classes, none, evidence.exclusive)
    matches = np.where(between, np.minimum(classes.smaller / 2.0, caps), 0.01 * classes.smaller)
    for _ in range(STEPS):
        posterior = matches[:, None] * shape / (matches[:, None] * shape + others)
        found = counts * posterior
        matches = np.minimum(found.sum(axis=1), match_caps(classes, matches, evidence.exclusive))
        others = np.where(
            classes.is_within[:, None], counts - found + SMOOTHING, _control(counts - found, cells)
        )
        shape = found.sum(axis=0) + SMOOTHING
        shape = impose_likelihood_ratio_order(shape / shape.sum(), _shape_of(others / totals))
    return matches[:, None] * shape, others


def _shape_of(pairs: Floats) -> Floats:
    summed = pairs.sum(axis=0)
    return np.asarray(summed / summed.sum())


def _control(pairs: Floats, cells: Cells) -> Floats:
    """Expected pairs that are no matches: the geometric mean of the rates within both sources."""
    classes = cells.pair_classes
    rates = (np.maximum(pairs, 0.0) + SMOOTHING) / np.maximum(cells.total_pairs, 1.0)[:, None]
    first, second = rates[classes.within[classes.first]], rates[classes.within[classes.second]]
    return np.asarray(np.sqrt(first * second) * cells.total_pairs[:, None])


def _beyond_valley(full: Floats, warnings: list[str]) -> tuple[Floats, Floats]:
    """Matches and others by level where there is no control, pair classes pooled."""
    pooled = full.sum(axis=0) + SMOOTHING
    valley = _valley(pooled)
    if valley is None:
        warnings.append(
            "the similarities have one hump only: matches cannot be told from other pairs with one source and one "
            "comparison; compare more filters, or link at a similarity threshold of your own"
        )
        return np.zeros_like(full), full + SMOOTHING
    # The fall per level just before the valley; of two, since one level may be thin.
    fall = min(1.0, float(np.sqrt(pooled[valley - 1] / max(pooled[valley - 3], SMOOTHING))))
    others = pooled.copy()
    for level in range(valley, len(pooled)):
        others[level] = min(pooled[level], others[level - 1] * fall)
    matches = np.maximum(pooled - others, 0.0) + SMOOTHING
    shape = impose_likelihood_ratio_order(matches / matches.sum(), others / others.sum())
    share = full.sum(axis=1, keepdims=True) / full.sum()
    return share * matches.sum() * shape, share * others


def _valley(pairs: Floats) -> int | None:
    """The lowest level between the hump of strangers and a clear rise towards full agreement."""
    for level in range(len(pairs) - 2, 2, -1):
        higher = pairs[level + 1 :].max()
        if higher - pairs[level] > CLEAR_RISE * np.sqrt(pairs[level]) and pairs[level] <= pairs[level - 1]:
            return level
    return None


def _model(
    evidence: Evidence, cells: Cells, counts: Floats, matches: Floats, others: Floats, warnings: list[str]
) -> Model:
    totals = np.maximum(cells.total_pairs, 1.0)
    shares = np.minimum(matches.sum(axis=1) / totals, 0.5)
    shape = matches.sum(axis=0) + 1e-12
    chance = others / (totals * (1.0 - shares))[:, None]
    # Pairs that no blocking key brought together count as the least similar.
    chance[:, 0] = np.maximum(1.0 - chance[:, 1:].sum(axis=1), 1e-9)
    ones = np.ones((len(totals), 1))
    if matches.sum() < 1.0:
        warnings.append("no matches were found: no pair will be linked")
    report = FitReport(
        warnings=tuple(warnings),
        n_candidates=int(counts.sum()),
        estimated_matches=tuple(float(value) for value in matches.sum(axis=1)),
        n_starts=1,
    )
    levels = np.concatenate([[1.0], shape / shape.sum()])
    return Model(
        comparisons=evidence.comparisons,
        sources=evidence.sources,
        n_records=evidence.n_records,
        components=(Component("match", ComponentKind.MATCH, levels),),
        shares=shares[:, None],
        chance_levels=np.hstack([ones, np.clip(chance, 1e-300, 1.0)]),
        chance_edges=(),
        report=report,
    )

"""Posteriors and match weights of every pattern, as the dense tables that the kernels look up.

``match_weight`` is the Fellegi-Sunter weight in bits, log2 P(pattern | match) / P(pattern | anything else).
``posterior`` adds the prior odds of the pair class. Sums run in log space until the last step: a pattern's
probability among strangers is far below the smallest double's square root when a dozen comparisons agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from linkage.kernels.blas_threads import one_blas_thread
from linkage.weights.classes.components import TWINS
from linkage.weights.classes.movers import MOVED
from linkage.weights.fitted.model import Component, Model
from linkage.weights.fitted.pattern_blocks import PatternBlock, pattern_blocks
from linkage.weights.patterns.field_states import FieldGroup
from linkage.weights.patterns.incomplete import without_incomplete

__all__ = [
    "PatternScores",
    "log_densities",
    "log_odds",
    "match_weight",
    "posterior",
    "score_patterns",
]

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
TWIN_CLASSES = (TWINS, MOVED.format(TWINS))
LOG2 = float(np.log(2.0))
# Beside a filter that lacks no field, those that lack one repeat most of what it says, and no class of pairs knows
# which field they lack: the odds are the mean of those with and without them.
BESIDE_COMPLETE = 0.5


@dataclass(frozen=True, repr=False)
class PatternScores:
    """What a model says of every pattern, by pair class.

    Attributes
    ----------
    odds
        float64 (n_pair_classes, n_patterns): as `log_odds`.
    twin_shares
        The same shape: of the pairs of each pattern that are no matches, the share that are twins. None for a model
        without a class of twins.
    """

    odds: Floats
    twin_shares: Floats | None


def score_patterns(model: Model, patterns: Codes | None = None) -> PatternScores:
    """Odds and twins of all pair classes at once: what does not depend on the class is worked out once.

    Parameters
    ----------
    patterns
        int64 (n,): codes of the patterns that are wanted, in any order; all by default. What stands at others means
        nothing.
    """
    return _scored(model, range(model.n_pair_classes), patterns)


def log_odds(model: Model, pair_class: int) -> Floats:
    """Log2 posterior odds of a match for every pattern, float64 (n_patterns,).

    Odds order patterns as the posterior does and keep apart what the posterior rounds to one.
    """
    return np.asarray(_scored(model, (pair_class,)).odds[0])


def posterior(model: Model, pair_class: int) -> Floats:
    """Probability that a pair of each pattern is a match, float64 (n_patterns,)."""
    odds = log_odds(model, pair_class)
    return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(odds, -1000.0, 1000.0))))


@one_blas_thread()
def log_densities(model: Model, patterns: Codes | None = None) -> Floats:
    """Log probability of every pattern among all pairs of each class, given which comparisons are present.

    float64 (n_pair_classes, n_patterns); `patterns` as for `score_patterns`.
    """
    found = _table(model, model.n_pair_classes, patterns)
    for block in pattern_blocks(model.n_levels, patterns):
        densities = [_log_component(model, component, block) for component in model.components]
        matches, others = (_Mixture.of(densities, rows) for rows in (model.is_match, ~model.is_match))
        for pair_class in range(model.n_pair_classes):
            match, other = _log_joint(model, pair_class, block, matches, others)
            _add_in_logs(other, match)
            found[pair_class, block.codes] = other
    return found


def match_weight(model: Model, pair_class: int) -> Floats:
    """Fellegi-Sunter weight in bits for every pattern, float64 (n_patterns,).

    The posterior odds less the prior odds. Minus infinity throughout where the class has no matches.
    """
    prior = model.prior(pair_class)
    if prior <= 0.0:
        return np.full(model.n_patterns, -np.inf)
    return np.asarray(log_odds(model, pair_class) - np.log2(prior / (1.0 - prior)))


def _table(model: Model, n_rows: int, patterns: Codes | None) -> Floats:
    """Room for a value of every pattern, float64 (n_rows, n_patterns); others are impossible."""
    shape = n_rows, model.n_patterns
    return np.empty(shape) if patterns is None else np.full(shape, -np.inf)


@one_blas_thread()
def _scored(model: Model, pair_classes: Sequence[int], patterns: Codes | None = None) -> PatternScores:
    """Score some pair classes, by blocks of patterns that share the first comparison's level."""
    without = without_incomplete(model.comparisons)
    asked = patterns
    if without is not None and patterns is not None:
        patterns = np.union1d(patterns, without[patterns])
    odds = _table(model, len(pair_classes), patterns)
    has_twins = any(component.name in TWIN_CLASSES for component in model.components)
    twin_shares = np.zeros(odds.shape) if has_twins else None

    # One after the other: what a block takes fits into the cache, and a second thread would wait for the interpreter.
    for block in pattern_blocks(model.n_levels, patterns):
        densities = [_log_component(model, component, block) for component in model.components]
        matches, others = (_Mixture.of(densities, rows) for rows in (model.is_match, ~model.is_match))
        for place, pair_class in enumerate(pair_classes):
            match, other = _log_joint(model, pair_class, block, matches, others)
            odds[place, block.codes] = (match - other) / LOG2
            if twin_shares is not None:
                twin_shares[place, block.codes] = _twin_share(model, pair_class, densities, other)
    scored = PatternScores(odds, twin_shares)
    if without is not None:
        _put_beside_complete(scored, without, slice(None) if asked is None else asked)
    scored.odds[:, model.corrections.patterns] += model.corrections.bits
    return scored


def _put_beside_complete(scored: PatternScores, without: Codes, patterns: slice | Codes) -> None:
    """Change the scores of these patterns. Row by row, since taking columns of a table takes twice as long."""
    complete = without[patterns]
    for odds in scored.odds:
        odds[patterns] = (1.0 - BESIDE_COMPLETE) * odds[complete] + BESIDE_COMPLETE * odds[patterns]
    for shares in () if scored.twin_shares is None else scored.twin_shares:
        shares[patterns] = shares[complete]


@dataclass(frozen=True, repr=False)
class _Mixture:
    """Densities of some components, so that a pair class with its shares adds them up without a logarithm each.

    Attributes
    ----------
    rows
        bool (n_components,): which.
    log_largest
        float64 (n,): of each pattern, log density of the component under which it is likeliest.
    relative
        float64 (n_rows, n): densities over that largest one.
    """

    rows: npt.NDArray[np.bool_]
    log_largest: Floats
    relative: Floats

    @classmethod
    def of(cls, densities: Sequence[Floats], rows: npt.NDArray[np.bool_]) -> Self:
        own = np.array([density for density, is_in in zip(densities, rows, strict=True) if is_in])
        if not len(own):
            return cls(rows, np.zeros(1), own.reshape(0, 1))
        largest = own.max(axis=0)
        # Where every component is impossible.
        largest[np.isneginf(largest)] = 0.0
        own -= largest
        return cls(rows, largest, np.exp(own, out=own))

    def log_density(self, shares: Floats) -> Floats:
        """Log of the sum of shares times densities, float64 (n,), or (1,) without components."""
        with np.errstate(divide="ignore"):
            found = np.log(shares[self.rows] @ self.relative)
        found += self.log_largest
        return np.asarray(found)


def _log_joint(
    model: Model, pair_class: int, block: PatternBlock, matches: _Mixture, others: _Mixture
) -> tuple[Floats, Floats]:
    """Log joint of match and of everything else, for the patterns of a block."""
    shares = model.shares[pair_class]
    with np.errstate(divide="ignore"):
        log_strangers = float(np.log1p(-shares.sum()))
    other = log_strangers + _log_chance(model, pair_class, block)
    _add_in_logs(other, np.broadcast_to(others.log_density(shares), other.shape))
    return np.broadcast_to(matches.log_density(shares), other.shape), other


def _add_in_logs(target: Floats, added: Floats) -> None:
    """Log of the sum of two probabilities given as logs, into the first.

    What `np.logaddexp` gives but for the last bits, in a quarter of its time: that works value by value.
    """
    larger = np.maximum(target, added)
    with np.errstate(invalid="ignore"):
        np.subtract(target, added, out=target)
    np.abs(target, out=target)
    np.negative(target, out=target)
    np.exp(target, out=target)
    np.log1p(target, out=target)
    target += larger
    # Of two that are impossible the difference is not a number.
    np.copyto(target, larger, where=np.isneginf(larger))


def _twin_share(model: Model, pair_class: int, densities: list[Floats], other: Floats) -> Floats:
    """Of the pairs of each pattern that are no matches, the share that are twins."""
    found = np.zeros(len(other))
    for row, component in enumerate(model.components):
        part = model.shares[pair_class, row]
        if component.name in TWIN_CLASSES and part > 0.0:
            twins = np.log(part) + densities[row]
            with np.errstate(invalid="ignore"):
                share = np.exp(np.minimum(twins - other, 0.0))
            # Where nobody has the pattern.
            share[np.isneginf(other)] = 0.0
            found += share
    return found


def _log_component(model: Model, component: Component, block: PatternBlock) -> Floats:
    density = _log_product(model, np.log(component.levels), block)
    if component.states is not None and model.group is not None:
        density = density + _log_group(model, model.group, component.states, block)
    return block.spread(density)


def _log_group(model: Model, group: FieldGroup, states: Floats, block: PatternBlock) -> Floats:
    """Log density of the overlapping comparisons for the patterns of a block, as `PatternBlock.of`.

    A sum over configurations of products over comparisons: two factors, one for each half of the comparisons, and a
    matrix product between them.
    """
    half = (len(group.overlaps) + 1) // 2
    factors = []
    for numbers in (range(half), range(half, len(group.overlaps))):
        table = np.ones((1, len(group.configurations)))
        for number in numbers:
            shown = model.emissions[number][group.signatures[number]].T
            if group.overlaps[number].comparison == 0:
                shown = shown[block.first_level : block.first_level + 1]
            table = (table[:, None, :] * shown).reshape(-1, table.shape[1])
        factors.append(table)
    density = (factors[0] * group.weights(states)) @ factors[1].T
    behind = [overlap for overlap in group.overlaps if overlap.comparison]
    of_levels = density.reshape([overlap.n_levels for overlap in behind])
    of_patterns = block.of(of_levels, [overlap.comparison for overlap in behind])
    return np.asarray(np.log(np.maximum(of_patterns, 1e-300)))


def _log_product(model: Model, log_levels: Floats, block: PatternBlock) -> Floats:
    """Log density of independent levels for the patterns of a block, as `PatternBlock.of`."""
    offsets = model.offsets
    table = np.array([log_levels[block.first_level]])
    for number in range(1, len(model.comparisons)):
        own = log_levels[offsets[number] : offsets[number + 1]]
        table = table + block.of(own, [number])
    return table


def _log_chance(model: Model, pair_class: int, block: PatternBlock) -> Floats:
    """Log density among strangers, dependences included."""
    table = _log_product(model, np.log(model.chance_levels[pair_class]), block)
    for edge in model.chance_edges:
        first, second = sorted((edge.first, edge.second))
        ratio = edge.log_ratio if edge.first <= edge.second else edge.log_ratio.T
        if first == 0:
            table = table + block.of(ratio[block.first_level], [second])
        else:
            table = table + block.of(ratio, [first, second])
    return block.spread(table)

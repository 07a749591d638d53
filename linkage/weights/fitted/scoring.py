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


def score_patterns(model: Model) -> PatternScores:
    """Odds and twins of all pair classes at once: what does not depend on the class is worked out once."""
    return _scored(model, range(model.n_pair_classes))


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
def log_densities(model: Model) -> Floats:
    """Log probability of every pattern among all pairs of each class, given which comparisons are present.

    float64 (n_pair_classes, n_patterns).
    """
    found = np.empty((model.n_pair_classes, model.n_levels[0], model.n_patterns // model.n_levels[0]))
    for first_level in range(model.n_levels[0]):
        densities = [_log_component(model, component, first_level) for component in model.components]
        matches, others = (_Mixture.of(densities, rows) for rows in (model.is_match, ~model.is_match))
        for pair_class in range(model.n_pair_classes):
            match, other = _log_joint(model, pair_class, first_level, matches, others)
            _add_in_logs(other, match)
            found[pair_class, first_level] = other
    return found.reshape(model.n_pair_classes, -1)


def match_weight(model: Model, pair_class: int) -> Floats:
    """Fellegi-Sunter weight in bits for every pattern, float64 (n_patterns,).

    The posterior odds less the prior odds. Minus infinity throughout where the class has no matches.
    """
    prior = model.prior(pair_class)
    if prior <= 0.0:
        return np.full(model.n_patterns, -np.inf)
    return np.asarray(log_odds(model, pair_class) - np.log2(prior / (1.0 - prior)))


@one_blas_thread()
def _scored(model: Model, pair_classes: Sequence[int]) -> PatternScores:
    """Score some pair classes, by blocks of patterns that share the first comparison's level."""
    shape = len(pair_classes), model.n_levels[0], model.n_patterns // model.n_levels[0]
    odds = np.empty(shape)
    has_twins = any(component.name in TWIN_CLASSES for component in model.components)
    twin_shares = np.zeros(shape) if has_twins else None

    # One after the other: what a block takes fits into the cache, and a second thread would wait for the interpreter.
    for first_level in range(model.n_levels[0]):
        densities = [_log_component(model, component, first_level) for component in model.components]
        matches, others = (_Mixture.of(densities, rows) for rows in (model.is_match, ~model.is_match))
        for place, pair_class in enumerate(pair_classes):
            match, other = _log_joint(model, pair_class, first_level, matches, others)
            odds[place, first_level] = (match - other) / LOG2
            if twin_shares is not None:
                _put_twin_share(model, pair_class, densities, other, twin_shares[place, first_level])
    flat = len(pair_classes), model.n_patterns
    scored = PatternScores(odds.reshape(flat), None if twin_shares is None else twin_shares.reshape(flat))
    without = without_incomplete(model.comparisons)
    scored = scored if without is None else _beside_complete(scored, without)
    scored.odds[:, model.corrections.patterns] += model.corrections.bits
    return scored


def _beside_complete(scored: PatternScores, without: npt.NDArray[np.int64]) -> PatternScores:
    """The same scores, changed. Row by row, since taking columns of a table takes twice as long."""
    for odds in scored.odds:
        odds[:] = (1.0 - BESIDE_COMPLETE) * odds[without] + BESIDE_COMPLETE * odds
    for shares in () if scored.twin_shares is None else scored.twin_shares:
        shares[:] = shares[without]
    return scored


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
    model: Model, pair_class: int, first_level: int, matches: _Mixture, others: _Mixture
) -> tuple[Floats, Floats]:
    """Log joint of match and of everything else, for the patterns that begin with `first_level`."""
    shares = model.shares[pair_class]
    with np.errstate(divide="ignore"):
        log_strangers = float(np.log1p(-shares.sum()))
    other = log_strangers + _log_chance(model, pair_class, first_level)
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


def _put_twin_share(
    model: Model, pair_class: int, densities: list[Floats], other: Floats, target: Floats
) -> None:
    for row, component in enumerate(model.components):
        part = model.shares[pair_class, row]
        if component.name in TWIN_CLASSES and part > 0.0:
            twins = np.log(part) + densities[row]
            found = np.zeros(len(target))
            np.exp(np.minimum(twins - other, 0.0), out=found, where=np.isfinite(other))
            target += found


def _log_component(model: Model, component: Component, first_level: int) -> Floats:
    density = _log_product(model, np.log(component.levels), first_level)
    if component.states is None or model.group is None:
        return density
    return density + _log_group(model, model.group, component.states, first_level)


def _log_group(model: Model, group: FieldGroup, states: Floats, first_level: int) -> Floats:
    """Log density of the overlapping comparisons for all patterns that begin with `first_level`.

    A sum over configurations of products over comparisons: two factors, one for each half of the comparisons, and a
    matrix product between them.
    """
    shape = tuple(
        overlap.n_levels if overlap.comparison else 1 for overlap in group.overlaps
    )  # the first comparison's level is fixed
    half = (len(shape) + 1) // 2
    factors = []
    for numbers in (range(half), range(half, len(shape))):
        table = np.ones((1, len(group.configurations)))
        for number in numbers:
            shown = model.emissions[number][group.signatures[number]].T
            if group.overlaps[number].comparison == 0:
                shown = shown[first_level : first_level + 1]
            table = (table[:, None, :] * shown).reshape(-1, table.shape[1])
        factors.append(table)
    density = (factors[0] * group.weights(states)) @ factors[1].T
    spread = [1] * len(model.n_levels)
    for overlap, length in zip(group.overlaps, shape, strict=True):
        spread[overlap.comparison] = length
    full = np.broadcast_to(np.log(np.maximum(density, 1e-300)).reshape(spread), (1, *model.n_levels[1:]))
    return np.asarray(full.ravel())


def _log_product(model: Model, log_levels: Floats, first_level: int) -> Floats:
    """Log density of independent levels for all patterns that begin with `first_level`."""
    offsets = model.offsets
    table = np.array([log_levels[first_level]])
    for k in range(1, len(model.comparisons)):
        table = (table[:, None] + log_levels[offsets[k] : offsets[k + 1]]).ravel()
    return table


def _log_chance(model: Model, pair_class: int, first_level: int) -> Floats:
    """Log density among strangers, dependences included."""
    log_levels = np.log(model.chance_levels[pair_class])
    shape = model.n_levels[1:]
    table = _log_product(model, log_levels, first_level).reshape(shape or (1,))
    for edge in model.chance_edges:
        first, second = sorted((edge.first, edge.second))
        ratio = edge.log_ratio if edge.first <= edge.second else edge.log_ratio.T
        view = [1] * len(shape)
        view[second - 1] = shape[second - 1]
        if first == 0:
            table = table + ratio[first_level].reshape(view)
        else:
            view[first - 1] = shape[first - 1]
            table = table + ratio.reshape(view)
    return np.asarray(table.ravel())

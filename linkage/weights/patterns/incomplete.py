"""Pairs of which a record lacks a field: a comparison of their own while the model is fitted.

A comparison whose filters may lack a field has two kinds of levels, and a pair shows one of them: those of pairs that
lack nothing, and those of pairs of which a record lacks a field. The same distance is worth another in
each. For the fit they are two comparisons of the same fields, of which one is always missing, and missing is neutral;
no probability of the one is mixed with the other. Afterwards `linkage.weights.fitted.rejoined` puts both together.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np
import numpy.typing as npt

from linkage.weights.patterns.traits import ComparisonTraits

__all__ = ["fitted_codes", "fitted_comparisons", "fitted_levels", "without_incomplete"]

Levels = npt.NDArray[np.int64]


def fitted_comparisons(comparisons: Sequence[ComparisonTraits]) -> tuple[ComparisonTraits, ...]:
    """The comparisons of pairs that lack nothing, in order, and behind them those of pairs that do."""
    complete = [
        replace(traits, n_levels=len(traits.complete_levels), incomplete_levels=()) for traits in comparisons
    ]
    incomplete = [
        replace(
            traits,
            name=f"{traits.name}.incomplete",
            n_levels=len(traits.incomplete_levels) + 1,
            incomplete_levels=(),
            equal_shares=(1.0,),
            is_incomplete=True,
        )
        for traits in comparisons
        if traits.incomplete_levels
    ]
    return (*complete, *incomplete)


def fitted_levels(levels: Levels, comparisons: Sequence[ComparisonTraits]) -> Levels:
    """Levels of patterns, int64 (n, n_comparisons), as those of the fitted comparisons."""
    complete, incomplete = [], []
    for column, traits in zip(levels.T, comparisons, strict=True):
        own, lacking = np.zeros((2, traits.n_levels), dtype=np.int64)
        own[list(traits.complete_levels)] = np.arange(len(traits.complete_levels))
        lacking[list(traits.incomplete_levels)] = np.arange(1, 1 + len(traits.incomplete_levels))
        complete.append(own[column])
        if traits.incomplete_levels:
            incomplete.append(lacking[column])
    return np.stack([*complete, *incomplete], axis=1)


def without_incomplete(comparisons: Sequence[ComparisonTraits]) -> Levels | None:
    """For every pattern the one without the filters that lack a field, int64 (n_patterns,).

    Only where another filter lacks none: otherwise it is the pattern itself. None where no comparison may lack a field.
    """
    if not any(traits.incomplete_levels for traits in comparisons):
        return None
    n_levels = [traits.n_levels for traits in comparisons]
    codes = np.arange(prod(n_levels), dtype=np.int64).reshape(n_levels)
    whole = np.zeros(n_levels, dtype=bool)
    without = np.zeros(n_levels, dtype=np.int64)
    for number, traits in enumerate(comparisons):
        shape = [1] * len(n_levels)
        shape[number] = traits.n_levels
        level = np.arange(traits.n_levels)
        level[list(traits.incomplete_levels)] = 0
        without += level.reshape(shape) * prod(n_levels[number + 1 :])
        if traits.incomplete_levels:
            whole |= (level > 0).reshape(shape)
    return np.where(whole, without, codes).ravel()


def fitted_codes(levels: Levels, comparisons: Sequence[ComparisonTraits]) -> Levels:
    """Codes of patterns of the fitted comparisons, int64 (n,)."""
    n_levels = [traits.n_levels for traits in comparisons]
    strides = np.array([prod(n_levels[place + 1 :]) for place in range(len(n_levels))], dtype=np.int64)
    return np.asarray(levels @ strides)

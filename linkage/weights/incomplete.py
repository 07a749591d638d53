"""Pairs of which a record lacks a field: a comparison of their own while the model is fitted.

A comparison whose filters may lack a field has two kinds of levels, and a pair shows one of them: those of pairs that
lack nothing, and behind them those of pairs of which a record lacks a field. The same distance is worth another in
each. For the fit they are two comparisons of the same fields, of which one is always missing, and missing is neutral;
no probability of the one is mixed with the other. Afterwards `linkage.weights.rejoined` puts both behind each other.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np
import numpy.typing as npt

from linkage.weights.traits import ComparisonTraits

__all__ = ["fitted_codes", "fitted_comparisons", "fitted_levels", "without_incomplete"]

Levels = npt.NDArray[np.int64]


def fitted_comparisons(comparisons: Sequence[ComparisonTraits]) -> tuple[ComparisonTraits, ...]:
    """The comparisons of pairs that lack nothing, in order, and behind them those of pairs that do."""
    complete = [
        replace(traits, n_levels=traits.n_levels - traits.n_incomplete_levels, n_incomplete_levels=0)
        for traits in comparisons
    ]
    incomplete = [
        replace(
            traits,
            name=f"{traits.name}.incomplete",
            n_levels=traits.n_incomplete_levels + 1,
            n_incomplete_levels=0,
            equal_shares=(1.0,),
            is_incomplete=True,
        )
        for traits in comparisons
        if traits.n_incomplete_levels
    ]
    return (*complete, *incomplete)


def fitted_levels(levels: Levels, comparisons: Sequence[ComparisonTraits]) -> Levels:
    """Levels of patterns, int64 (n, n_comparisons), as those of the fitted comparisons."""
    n_complete = np.array([traits.n_levels - traits.n_incomplete_levels for traits in comparisons])
    lacks = levels >= n_complete
    may_lack = [number for number, traits in enumerate(comparisons) if traits.n_incomplete_levels]
    behind = np.where(lacks, levels - n_complete + 1, 0)[:, may_lack]
    return np.hstack([np.where(lacks, 0, levels), behind])


def without_incomplete(comparisons: Sequence[ComparisonTraits]) -> Levels | None:
    """For every pattern the one without the filters that lack a field, int64 (n_patterns,).

    Only where another filter lacks none: otherwise it is the pattern itself. None where no comparison may lack a field.
    """
    if not any(traits.n_incomplete_levels for traits in comparisons):
        return None
    n_levels = [traits.n_levels for traits in comparisons]
    codes = np.arange(prod(n_levels), dtype=np.int64).reshape(n_levels)
    whole = np.zeros(n_levels, dtype=bool)
    without = np.zeros(n_levels, dtype=np.int64)
    for number, traits in enumerate(comparisons):
        shape = [1] * len(n_levels)
        shape[number] = traits.n_levels
        level = np.arange(traits.n_levels).reshape(shape)
        n_complete = traits.n_levels - traits.n_incomplete_levels
        stride = prod(n_levels[number + 1 :])
        without += np.where(level < n_complete, level, 0) * stride
        if traits.n_incomplete_levels:
            whole |= (level > 0) & (level < n_complete)
    return np.where(whole, without, codes).ravel()


def fitted_codes(levels: Levels, comparisons: Sequence[ComparisonTraits]) -> Levels:
    """Codes of patterns of the fitted comparisons, int64 (n,)."""
    n_levels = [traits.n_levels for traits in comparisons]
    strides = np.array([prod(n_levels[place + 1 :]) for place in range(len(n_levels))], dtype=np.int64)
    return np.asarray(levels @ strides)

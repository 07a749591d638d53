"""Whether what was taken for matches can be people: their forenames and birth dates mostly agree."""

from collections.abc import Iterator, Sequence

import numpy as np

from linkage.weights.fitted.model import Component
from linkage.weights.patterns.field_states import SLIGHTLY
from linkage.weights.patterns.traits import ComparisonTraits, FieldTrait, Nature

__all__ = ["implausible_matches"]

MOSTLY = 0.5
OF_ONE_PERSON = frozenset((Nature.PERSON, Nature.BIRTH))


def implausible_matches(
    match: Component, comparisons: Sequence[ComparisonTraits], fields: Sequence[FieldTrait]
) -> list[str]:
    """Warnings about fields of one person that differ in most matches.

    A household shares surname and address, and where hardly anybody is in both feeds nothing else is left for the
    class of matches to hold: it then looks like people who are alike, and is sure of itself.

    Parameters
    ----------
    match
        The fitted class of matches.
    comparisons
        In the order of the class's levels.
    fields
        In the order of its states; empty where it has none.
    """
    told = [
        f"{name} differs, or is hardly alike, in {share:.0%} of what was taken for matches: people of one household or"
        " place were taken for one person, or the sources write this field differently. Look at it before the links are"
        " used; where hardly anybody is in two feeds, use a model of other feeds (link --model FILE)"
        for name, share in _differing(match, comparisons, fields)
        if share > MOSTLY
    ]
    return list(dict.fromkeys(told))


def _differing(
    match: Component, comparisons: Sequence[ComparisonTraits], fields: Sequence[FieldTrait]
) -> Iterator[tuple[str, float]]:
    if match.states is not None:
        for field, states in zip(fields, match.states, strict=True):
            if field.nature in OF_ONE_PERSON:
                # Something of two dates, or of two names, is alike in most pairs of people.
                yield field.name, float(states[:SLIGHTLY].sum())
    begins = np.cumsum([0, *(traits.n_levels for traits in comparisons)])
    for begin, traits in zip(begins, comparisons, strict=False):
        levels = match.levels[begin : begin + traits.n_levels]
        # Levels of comparisons that are explained by field are all one, and say nothing.
        if traits.natures <= OF_ONE_PERSON and not (match.states is not None and np.all(levels == 1)):
            yield traits.name, float(levels[1])

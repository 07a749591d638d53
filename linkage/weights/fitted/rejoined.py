"""A model of the fitted comparisons as one of the comparisons that patterns have.

For the fit, pairs that lack a field have comparisons of their own (`linkage.weights.patterns.incomplete`). Their levels
are put among those of the others again, so that a model is scored, stored and shown as any other.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from linkage.weights.fitted.model import Model
from linkage.weights.patterns.chance import Edge
from linkage.weights.patterns.traits import ComparisonTraits

__all__ = ["as_compared"]

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int64]


def as_compared(model: Model, comparisons: tuple[ComparisonTraits, ...]) -> Model:
    """A model of the fitted comparisons as one of these; the very same where none lacks a field."""
    if len(model.comparisons) == len(comparisons):
        return model
    places = _Places(comparisons, model.offsets)
    group = model.group
    return replace(
        model,
        comparisons=comparisons,
        components=tuple(
            replace(component, levels=component.levels[places.slots]) for component in model.components
        ),
        chance_levels=model.chance_levels[:, places.slots],
        chance_edges=places.edges(model.chance_edges),
        emissions=()
        if group is None
        else places.emissions(dict(zip(group.comparisons.tolist(), model.emissions, strict=True))),
    )


class _Places:
    """Where the levels of each comparison stand among those of the fitted ones."""

    def __init__(self, comparisons: tuple[ComparisonTraits, ...], offsets: Levels) -> None:
        self._comparisons = comparisons
        may_lack = [number for number, traits in enumerate(comparisons) if traits.incomplete_levels]
        self._incomplete = {number: len(comparisons) + place for place, number in enumerate(may_lack)}
        self.slots = np.concatenate(
            [
                np.r_[
                    offsets[number] : offsets[number + 1],
                    # The level of the missing is there already.
                    offsets[behind] + 1 : offsets[behind + 1],
                ][self._order(number)]
                if (behind := self._incomplete.get(number)) is not None
                else np.r_[offsets[number] : offsets[number + 1]]
                for number in range(len(comparisons))
            ]
        ).astype(np.int64)

    def emissions(self, fitted: dict[int, Floats]) -> tuple[Floats, ...]:
        """What each comparison shows under the states of its fields, by the number of the fitted comparison."""
        return tuple(
            np.hstack([table, fitted[self._incomplete[number]][:, 1:]])[:, self._order(number)]
            if number in self._incomplete
            else table
            for number, table in fitted.items()
            if number < len(self._comparisons)
        )

    def edges(self, fitted: tuple[Edge, ...]) -> tuple[Edge, ...]:
        """Dependences, one for every two comparisons that have any."""
        found: dict[tuple[int, int], Floats] = {}
        for edge in fitted:
            (first, rows), (second, columns) = (self._levels(end) for end in (edge.first, edge.second))
            table = edge.log_ratio[1:, 1:]
            if first > second:
                first, rows, second, columns, table = second, columns, first, rows, table.T
            shape = self._comparisons[first].n_levels, self._comparisons[second].n_levels
            found.setdefault((first, second), np.zeros(shape))[np.ix_(rows, columns)] = table
        return tuple(Edge(first, second, table) for (first, second), table in found.items())

    def _order(self, number: int) -> Levels:
        """Where each level of a comparison stands, when those of pairs that lack a field are behind the others."""
        traits = self._comparisons[number]
        return np.argsort([*traits.complete_levels, *traits.incomplete_levels])

    def _levels(self, fitted: int) -> tuple[int, list[int]]:
        """The comparison of a fitted one, and the levels there that are its own, missing left out."""
        n = len(self._comparisons)
        number = fitted if fitted < n else next(k for k, v in self._incomplete.items() if v == fitted)
        traits = self._comparisons[number]
        return number, list(traits.complete_levels[1:] if fitted < n else traits.incomplete_levels)

"""Births: how many children a household has, when they were born, and which are twins."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.simulation.rates import Rates

__all__ = ["FIRST_DAY", "LAST_DAY", "Births", "draw_births"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# All who are 0 to 17 on 31 August 2025, the last day of a school year.
FIRST_DAY = int(np.datetime64("2007-09-01").astype(np.int64))
LAST_DAY = int(np.datetime64("2025-08-31").astype(np.int64))
# Births of a household that are children now: one, two, three, ...
_BIRTHS = np.cumsum([0.42, 0.38, 0.14, 0.045, 0.015])
_SHORTEST_GAP, _MEAN_GAP_BEYOND = 300, 700


@dataclass(frozen=True)
class Births:
    """Children of a chunk (n,), those of a household together, eldest first.

    Attributes
    ----------
    household
        int64 (n,): number of the household in the chunk.
    event
        int64 (n,): number of the birth in the household, the same for twins.
    born
        int64 (n,): day of birth, in days since 1970.
    second_twin
        bool (n,): the twin of the child before.
    n_households
        How many households there are.
    """

    household: Ints
    event: Ints
    born: Ints
    second_twin: Flags
    n_households: int

    @property
    def twin(self) -> Flags:
        """Who has a twin: bool (n,)."""
        return np.asarray(self.second_twin | np.append(self.second_twin[1:], False))


def draw_births(rng: np.random.Generator, rates: Rates, n: int) -> Births:
    """Draw households until they have n children; the last household may lose its youngest."""
    n_households = int(n / 1.5) + 10
    events = 1 + np.searchsorted(_BIRTHS, rng.random(n_households), side="right").clip(max=len(_BIRTHS) - 1)
    while events.sum() < n:
        events = np.concatenate([events, events])
    n_events = int(np.searchsorted(np.cumsum(events), n)) + 1
    events = events[:n_events]
    household = np.repeat(np.arange(len(events)), events)
    starts = np.cumsum(events) - events
    gap = _SHORTEST_GAP + rng.exponential(_MEAN_GAP_BEYOND, len(household))
    gap[starts] = 0
    born = np.cumsum(gap)
    born -= np.repeat(born[starts], events)
    span = born[starts + events - 1]
    years = LAST_DAY - FIRST_DAY
    shrink = np.minimum(1.0, years / np.maximum(span, 1))
    first = FIRST_DAY + rng.random(len(events)) * (years - span * shrink)
    day = np.floor(first[household] + born * shrink[household]).astype(np.int64)
    twins = rng.random(len(household)) < rates.twin
    copies = 1 + twins
    again = np.repeat(np.arange(len(household)), copies)[:n]
    second = np.append(False, again[1:] == again[:-1])
    return Births(
        household=household[again],
        event=(np.arange(len(household)) - starts[household])[again],
        born=np.minimum(day[again], LAST_DAY),
        second_twin=second,
        n_households=int(household[again[-1]]) + 1,
    )

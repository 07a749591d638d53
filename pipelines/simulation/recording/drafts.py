"""A source's records on their way to text, with everything that the writing takes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.simulation.lists.tables import Tables
from pipelines.simulation.population.children import Children
from pipelines.simulation.population.households import Households
from pipelines.simulation.rates import Rates
from pipelines.simulation.recording.recorded_dates import draw_birth_days, draw_sexes
from pipelines.simulation.recording.recorded_names import Names, draw_names
from pipelines.simulation.recording.records import Faults, Records
from pipelines.simulation.recording.whereabouts import Whereabouts, draw_whereabouts

__all__ = ["Draft"]


@dataclass(frozen=True)
class Draft:
    """A source's records with everything needed to write them out."""

    tables: Tables
    rates: Rates
    seed: int
    children: Children
    homes: Households
    records: Records
    faults: Faults

    @property
    def n(self) -> int:
        """How many records there are."""
        return len(self.records.child)

    def names(self, words: pa.StringArray) -> Names:
        """Names of the records."""
        return draw_names(self.tables, self.rates, self.records, self.faults, words)

    def days(self) -> npt.NDArray[np.int64]:
        """Birth days of the records."""
        return draw_birth_days(self.rates, self.records, self.faults)

    def sexes(self) -> npt.NDArray[np.int64]:
        """Sexes of the records."""
        return draw_sexes(self.rates, self.records, self.faults)

    def whereabouts(self, words: pa.StringArray, short_share: float) -> Whereabouts:
        """Addresses of the records."""
        at = self.homes.homes.take(self.records.home)
        return draw_whereabouts(self.tables, self.rates, at, self.faults, words, short_share)

    def knows_number(self) -> npt.NDArray[np.bool_]:
        """Who could have the source's own number: a second record is made where the number was not at hand."""
        return ~(self.records.duplicate & self.some(0.5))

    def some(self, share: float) -> npt.NDArray[np.bool_]:
        """Some of the records: a habit, not a fault."""
        return np.asarray(self.faults.rng.random(self.n) < share)

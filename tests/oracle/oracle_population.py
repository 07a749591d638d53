"""Small simulated populations as pandas tables, for tests that look at what the simulator made."""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from pipelines.simulation.chunks import make_chunk
from pipelines.simulation.lists.tables import Tables
from pipelines.simulation.plan import Plan
from pipelines.simulation.population.addresses import area_of
from pipelines.simulation.rates import Rates

__all__ = ["Population", "population", "without_faults"]

# Rates of what a population is like; all others are of what goes wrong or differs between two records of a child.
_OF_POPULATIONS = ("in_", "twin", "blended", "mixed", "double", "moved_near", "former", "benefits_")


def without_faults(*pairs: str) -> Rates:
    """Rates under which every source says the same of a child, but for the rates given."""
    quiet = [f"{name}=0" for name in Rates.meanings() if not name.startswith(_OF_POPULATIONS)]
    return Rates.from_pairs([*quiet, *pairs])


@dataclass(frozen=True)
class Population:
    """Feeds by source, and the truth, as pandas tables of text."""

    feeds: dict[str, pd.DataFrame]
    truth: pd.DataFrame

    def known(self, source: str) -> pd.DataFrame:
        """A feed beside the truth about each of its records."""
        feed = self.feeds[source]
        truth = self.truth[self.truth["source"] == source].reset_index(drop=True)
        return pd.concat([feed, truth.drop(columns="source")], axis=1)


def population(tables: Tables, children: int, seed: int, rates: Rates) -> Population:
    """Make one chunk."""
    rows = make_chunk(Plan(children, seed, rates), tables, area_of(tables.places, children, seed), 0)
    return Population(
        feeds={each.source: each.feed.to_pandas() for each in rows},
        truth=pa.concat_tables([each.truth for each in rows]).to_pandas(),
    )

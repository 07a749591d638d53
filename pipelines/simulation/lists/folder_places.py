"""Places from a folder of tables: real postcode sectors and names of places and streets, put together anyhow.

The tables do not say which place has which postcode, so a simulated address has a real sector and some town's name.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.simulation.lists.folder_files import read_column, read_weighted
from pipelines.simulation.lists.place_names import house_names, streets_of
from pipelines.simulation.lists.tables import Places, Vocabulary

__all__ = ["folder_places"]


def folder_places(folder: Path, vocabulary: Vocabulary, rng: np.random.Generator) -> Places:
    """Sectors by their number of postcodes; a district has one post town, a sector one suburb or village."""
    sectors, counts = read_weighted(folder, "postcode_sectors_england.csv", "sector", "n_postcodes")
    units = np.clip(counts, 1, 400).astype(np.int64)
    towns, localities = (
        list(dict.fromkeys(read_column(folder, "places_england.csv", "name", {"type": kinds})))
        for kinds in (("City", "Town"), ("Suburban Area", "Village"))
    )
    districts = {
        district: at for at, district in enumerate(dict.fromkeys(sector.split()[0] for sector in sectors))
    }
    of_district = rng.integers(0, len(towns), len(districts))
    of_sector = rng.integers(0, len(localities), len(sectors))
    full, short = streets_of(read_column(folder, "street_names_mimesis_engb.csv", "street"), vocabulary, rng)
    return Places(
        sectors=pa.array(sectors, pa.string()),
        sector_weights=units / units.sum(),
        units=units,
        towns=vocabulary.codes([towns[of_district[districts[sector.split()[0]]]] for sector in sectors]),
        localities=vocabulary.codes([localities[at] for at in of_sector]),
        streets=full,
        short_streets=short,
        house_names=house_names(vocabulary),
    )

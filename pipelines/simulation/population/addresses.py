"""Addresses: a postcode, from which street and town follow, so that neighbours share them as they do."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.simulation.lists.tables import Places
from pipelines.simulation.streams import key_of, mixed

__all__ = ["Addresses", "Area", "area_of", "draw_addresses"]

Ints = npt.NDArray[np.int64]

_UNIT_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # not C I K M O V, which look like other characters
UNITS = [first + second for first in _UNIT_LETTERS for second in _UNIT_LETTERS]
_CHILDREN_A_SECTOR = 100
_FEWEST_SECTORS = 60


@dataclass(frozen=True)
class Area:
    """The postcode sectors where a population lives.

    A small population lives in a small area, as a town's would: spread over the country no two of its children
    would ever be neighbours.
    """

    sectors: Ints
    cumulative: npt.NDArray[np.float64]
    key: int


@dataclass(frozen=True)
class Addresses:
    """Addresses (n,): the sector's number, the unit's, the house number (0: a house with a name) and flat (0: none)."""

    sector: Ints
    unit: Ints
    house: Ints
    flat: Ints
    street: Ints
    house_name: Ints
    in_locality: npt.NDArray[np.bool_]

    def take(self, rows: Ints) -> "Addresses":
        """The addresses at some rows."""
        return Addresses(
            *(
                getattr(self, name)[rows]
                for name in ("sector", "unit", "house", "flat", "street", "house_name", "in_locality")
            )
        )


def area_of(places: Places, children: int, seed: int) -> Area:
    """The sectors that a population of this size lives in."""
    n_sectors = len(places.sector_weights)
    n_used = min(n_sectors, max(_FEWEST_SECTORS, children // _CHILDREN_A_SECTOR))
    order = np.argsort(mixed(np.arange(n_sectors), key_of(seed, "area")), kind="stable")
    sectors = np.sort(order[:n_used])
    running = np.cumsum(places.sector_weights[sectors])
    return Area(sectors=sectors, cumulative=running / running[-1], key=key_of(seed, "street"))


def draw_addresses(
    rng: np.random.Generator, places: Places, area: Area, n: int, near: Ints | None = None
) -> Addresses:
    """Draw addresses.

    Parameters
    ----------
    rng, places, area
        What to draw from.
    n
        How many.
    near
        int64 (n,): a sector to stay in, -1 for anywhere in the area.
    """
    at = np.minimum(np.searchsorted(area.cumulative, rng.random(n), side="right"), len(area.sectors) - 1)
    sector = area.sectors[at]
    if near is not None:
        sector = np.where(near >= 0, near, sector)
    unit = (rng.random(n) * places.units[sector]).astype(np.int64)
    # Low house numbers are far more common than high ones; 1.5% of houses have a name instead.
    house = 1 + rng.negative_binomial(1.2, 0.028, n)
    named = rng.random(n) < 0.015
    in_flats = (rng.random(n) < 0.15) & ~named
    flat = np.where(in_flats, 1 + rng.negative_binomial(1, 0.12, n), 0)
    scattered = mixed(sector * len(UNITS) + unit, area.key)
    return Addresses(
        sector=sector,
        unit=unit,
        house=np.where(named, 0, house),
        flat=flat,
        street=(scattered % np.uint64(len(places.streets))).astype(np.int64),
        house_name=rng.integers(0, len(places.house_names), n),
        in_locality=(mixed(sector, area.key) & np.uint64(3)) < 2,
    )

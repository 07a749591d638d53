"""Addresses and postcodes of records as texts."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.simulation.lists.tables import Tables
from pipelines.simulation.misspelling import Speller, misspelt_code
from pipelines.simulation.population.addresses import UNITS, Addresses
from pipelines.simulation.rates import Rates
from pipelines.simulation.recording.columns import blanked, edited, joined, replaced, words_at
from pipelines.simulation.recording.records import Faults

__all__ = ["Whereabouts", "draw_whereabouts"]

_NO_FIXED_ABODE, _NOT_KNOWN = "ZZ99 3VZ", "ZZ99 3WZ"


@dataclass(frozen=True)
class Whereabouts:
    """Parts of addresses (n,), in proper case, null where missing or absent.

    Attributes
    ----------
    house
        ``12``, ``Flat 2, 12`` or the name of a house.
    locality
        Suburb or village, of about half of the addresses.
    postcode
        Upper case with a space.
    """

    house: pa.StringArray
    street: pa.StringArray
    locality: pa.StringArray
    town: pa.StringArray
    postcode: pa.StringArray


def draw_whereabouts(
    tables: Tables, rates: Rates, at: Addresses, faults: Faults, words: pa.StringArray, short_share: float
) -> Whereabouts:
    """Write addresses out, with faults.

    Parameters
    ----------
    tables, rates, faults
        As drawn.
    at
        The address of each record.
    words
        The words by code, as the source writes them.
    short_share
        Share of the records that abbreviate the kind of street; a habit of the source, not a fault.
    """
    places = tables.places
    speller = Speller(tables.phonetic_rules, tables.scanning_rules)
    short = faults.rng.random(len(at.sector)) < short_share
    street = words_at(words, np.where(short, places.short_streets[at.street], places.streets[at.street]))
    street = edited(street, faults.strikes(rates.address_misspelt), speller.misspelt, faults.rng)
    missing = faults.strikes(rates.missing_address)
    return Whereabouts(
        house=blanked(_houses(tables, rates, at, faults, words), missing),
        street=blanked(street, missing),
        locality=blanked(words_at(words, places.localities[at.sector]), missing | ~at.in_locality),
        town=blanked(words_at(words, places.towns[at.sector]), missing),
        postcode=_postcodes(tables, rates, at, faults),
    )


def _houses(
    tables: Tables, rates: Rates, at: Addresses, faults: Faults, words: pa.StringArray
) -> pa.StringArray:
    number = pa.array(at.house).cast(pa.string())
    named = at.house == 0
    house = replaced(number, named, words_at(words, tables.places.house_names[at.house_name]))
    flat = joined(
        "", pa.array(np.full(len(named), "Flat ")).cast(pa.string()), pa.array(at.flat).cast(pa.string())
    )
    lost = faults.strikes(rates.address_part_missing)
    with_flat = (at.flat > 0) & ~lost
    return blanked(replaced(house, with_flat, joined(", ", flat, house)), lost & (at.flat == 0))


def _postcodes(tables: Tables, rates: Rates, at: Addresses, faults: Faults) -> pa.StringArray:
    units = pa.array(UNITS).take(pa.array(at.unit))
    texts = joined("", tables.places.sectors.take(pa.array(at.sector)), units)
    texts = edited(texts, faults.strikes(rates.postcode_misspelt), misspelt_code, faults.rng)
    placeholder = faults.strikes(rates.postcode_placeholder)
    texts = replaced(texts, placeholder & (at.unit % 2 == 0), _NO_FIXED_ABODE)
    texts = replaced(texts, placeholder & (at.unit % 2 == 1), _NOT_KNOWN)
    return blanked(texts, faults.strikes(rates.missing_postcode))

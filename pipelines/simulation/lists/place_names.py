"""Invented towns and streets in real postcode areas: addresses of nobody."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.simulation.lists.tables import Places, Vocabulary

__all__ = ["house_names", "invented_places", "streets_of"]

# Post towns that divide the districts of an area among them.
_TOWNS_OF_AREA = 6
_AREAS = """
AL B BA BB BD BH BL BN BR BS CA CB CH CM CO CR CT CV CW DA DE DH DL DN DT DY E EN EX FY GL GU HA HD HG HP HR
HU HX IG IP KT L LA LE LN LS LU M ME MK N NE NG NN NR NW OL OX PE PL PO PR RG RH RM S SE SG SK SL SM SN SO
SP SR SS ST SW SY TA TF TN TQ TR TS TW UB W WA WD WF WN WR WS WV YO
"""
_TOWN_BEGINNINGS = """
Ash Bar Beck Birk Black Brad Bram Bridge Broad Brom Burn Cal Car Castle Chad Clay Cold Copp Cran Dal Den Dun
East Ed Elm Fair Fen Ferns Ford Gat Glen Gold Gran Green Had Hamp Har Hart Hazel Heath Hex High Hol Horn Kel
Ken Kings Kirk Lang Law Leigh Lin Long Lud Mal Mar Mead Mel Mid Mill Nether New North Nor Oak Old Over Pem
Pen Pick Rad Rams Red Rip Ros Rush Sand Sea Sel Shaw Shel Sher Stan Stock Stow Sut Swan Tam Thorn Tod Up Wal
Ware Wel Wes Whit Wick Win Wood Wor Wyn
"""
_TOWN_ENDINGS = """
borough bourne bridge bury by chester cliffe combe den don field ford gate grove ham hampton haven hurst
ington land leigh ley low mere minster mouth ness port ridge sall stead stoke stow thorpe ton tree wade
wardine well wich wick wood worth
"""
_STREET_NAMES = """
High Church Station Mill Park Victoria Green Manor Kings Queens New Grange York Albert London School
Highfield Stanley Grove Chester George Springfield Alexandra Windsor North South East West Broad Castle
Meadow Orchard Oak Ash Elm Beech Cedar Birch Willow Hazel Holly Rowan Poplar Chestnut Sycamore Laurel
Hawthorn Maple Lime Cherry Rose Primrose Lavender Heather Fern Ivy Clover Bramble Kingfisher Swallow Robin
Heron Lark Wren Falcon Kestrel Swan Mallard Bridge Brook River Spring Well Ford Lake Marsh Moor Heath Hill
Dale Valley Cliff Quarry Farm Barn Field Forest Wood Wellington Nelson Churchill Waterloo Trafalgar Milton
Tennyson Byron Shelley Keats Wordsworth Shakespeare Dickens Austen Gladstone Palmerston Cromwell Raleigh
Drake Livingstone Darwin Newton Stephenson Brunel Faraday Priory Abbey Rectory Vicarage Chapel Minster
Bishop Dean Canon Friars Market Union Commercial Railway Canal Dock Wharf Factory Foundry Tanner Weaver
Potter Cooper Sadler Ropery Limekiln Sandpit Westfield Eastfield Northfield Southfield Fairfield Woodlands
Hillside Lakeside Riverside Sunnybank Greenbank Woodside Brookside Parkside Hillcrest Ridgeway Beacon
"""
_STREET_KINDS = (
    ("Road", "Rd", 30), ("Street", "St", 20), ("Close", "Cl", 14), ("Avenue", "Ave", 11), ("Lane", "La", 9),
    ("Drive", "Dr", 8), ("Way", "Way", 4), ("Court", "Ct", 3), ("Crescent", "Cres", 3), ("Grove", "Gr", 3),
    ("Place", "Pl", 3), ("Gardens", "Gdns", 3), ("Terrace", "Terr", 2), ("Walk", "Walk", 1), ("Mews", "Mews", 1),
)  # fmt: skip
_HOUSE_NAMES = (
    "Rose Cottage", "The Old School House", "Hillcrest", "The Lodge", "Ivy Cottage", "Oakfield",
    "The Bungalow", "Sunnyside", "Fairview", "The Old Rectory", "Orchard House", "Mill House", "Woodlands",
    "The Willows", "Primrose Cottage", "Manor Farm", "The Coach House", "Holly House", "Meadow View",
    "Corner House", "The Old Bakery", "Ashleigh", "Hazeldene", "The Haven", "Brook Farm", "Greenacres",
    "Church Cottage", "The Gables",
)  # fmt: skip


def invented_places(vocabulary: Vocabulary, rng: np.random.Generator, n_sectors: int = 9_000) -> Places:
    """Sectors in real postcode areas with invented districts, towns and streets."""
    area_names = _AREAS.split()
    n_towns = len(area_names) * _TOWNS_OF_AREA
    sectors = _sectors(n_sectors, area_names, rng)
    areas = [sector.rstrip("0123456789 ") for sector in sectors]
    towns = _town_names(n_towns + n_sectors // 3, rng)
    # A post town serves part of an area; suburbs and villages share the rest of the names.
    district_of = {
        district: at for at, district in enumerate(dict.fromkeys(sector.split()[0] for sector in sectors))
    }
    area_of = {area: at for at, area in enumerate(area_names)}
    post_towns = [
        towns[area_of[area] * _TOWNS_OF_AREA + district_of[sector.split()[0]] % _TOWNS_OF_AREA]
        for area, sector in zip(areas, sectors, strict=True)
    ]
    localities = [towns[n_towns + at % (n_sectors // 3)] for at in rng.permutation(n_sectors)]
    units = rng.integers(60, 400, n_sectors)
    full, short = streets_of(_STREET_NAMES.split() + towns[:n_towns], vocabulary, rng)
    return Places(
        sectors=pa.array(sectors, pa.string()),
        sector_weights=units / units.sum(),
        units=units.astype(np.int64),
        towns=vocabulary.codes(post_towns),
        localities=vocabulary.codes(localities),
        streets=full,
        short_streets=short,
        house_names=house_names(vocabulary),
    )


def _sectors(n: int, areas: list[str], rng: np.random.Generator) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < n:
        area = areas[rng.integers(0, len(areas))]
        found[f"{area}{rng.integers(1, 32)} {rng.integers(0, 10)}"] = None
    return list(found)


def _town_names(n: int, rng: np.random.Generator) -> list[str]:
    names = [
        first + last
        for first in _TOWN_BEGINNINGS.split()
        for last in _TOWN_ENDINGS.split()
        if first[-1] != last[0]
    ]
    return [names[at] for at in rng.permutation(len(names))[:n]]


def streets_of(
    names: list[str], vocabulary: Vocabulary, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Words of streets, each name with some kinds: in full (Mill Lane) and abbreviated (Mill La)."""
    shares = np.array([share for _, _, share in _STREET_KINDS], float)
    pairs: dict[str, str] = {}
    for name in names:
        for kind in rng.choice(len(_STREET_KINDS), 3, replace=False, p=shares / shares.sum()):
            pairs[f"{name} {_STREET_KINDS[kind][0]}"] = f"{name} {_STREET_KINDS[kind][1]}"
    return vocabulary.codes(list(pairs)), vocabulary.codes(list(pairs.values()))


def house_names(vocabulary: Vocabulary) -> npt.NDArray[np.int32]:
    """Words of houses that have a name and no number."""
    return vocabulary.codes(list(_HOUSE_NAMES))

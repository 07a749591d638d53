"""Forenames from a folder of tables: by birth year, shared out among the origins."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulation.lists.folder_files import read_column
from pipelines.simulation.lists.listed_names import common_forenames, listed_forenames, usable
from pipelines.simulation.lists.origin_scores import origin_shares
from pipelines.simulation.lists.origins import ORIGINS
from pipelines.simulation.lists.tables import FEMALE, FIRST_YEAR, MALE, N_YEARS, Vocabulary, Weighted

__all__ = ["folder_forenames"]

_NATION, _NATION_OF_RARE_NAMES = "England & Wales", "Scotland"
_FIRST_YEAR_OF_RARE_NAMES = 1996
_PARENTS_YEARS = (1974, 1996)
# Births whose name the national table leaves out because fewer than three were so called that year.
_RARE_SHARE = 0.07
# Shares of an origin too small to matter would make every pool as long as the table.
_LEAST_SHARE = 0.1
_SEX = {MALE: "M", FEMALE: "F"}

Shares = npt.NDArray[np.float64]
Counts = dict[str, float]


def folder_forenames(
    folder: Path, births: pa.Table, sex: int, vocabulary: Vocabulary
) -> list[list[Weighted]]:
    """For each origin the forenames of one sex: a list for each birth year, and last that of the parents."""
    of_sex = births.filter(pc.equal(births["sex"], _SEX[sex]))
    national = of_sex.filter(pc.equal(of_sex["nation"], _NATION))
    elsewhere = of_sex.filter(pc.equal(of_sex["nation"], _NATION_OF_RARE_NAMES))
    years = national["year"].to_numpy()
    # A birth year that the table does not have takes the nearest one's names.
    nearest = [int(years[np.abs(years - year).argmin()]) for year in range(FIRST_YEAR, FIRST_YEAR + N_YEARS)]
    lists = [_counted(national.filter(pc.equal(national["year"], year))) for year in nearest]
    recent = _counted(elsewhere.filter(pc.greater_equal(elsewhere["year"], _FIRST_YEAR_OF_RARE_NAMES)))
    known = set().union(*lists)
    rare = {name: count for name, count in recent.items() if name not in known}
    lists = [_with_rare(counts, rare) for counts in lists]
    parents = pc.and_(
        pc.greater_equal(elsewhere["year"], _PARENTS_YEARS[0]), pc.less(elsewhere["year"], _PARENTS_YEARS[1])
    )
    lists.append(_counted(elsewhere.filter(parents)) or lists[0])
    names = list(dict.fromkeys(name for counts in lists for name in counts))
    shares = origin_shares(
        names, _forename_lists(folder, sex), np.array([origin.share for origin in ORIGINS])
    )
    return _shared_out(lists, names, shares, vocabulary)


def _counted(births: pa.Table) -> Counts:
    """Births by name."""
    counts: Counts = {}
    for name, n in zip(births["name"].to_pylist(), births["n"].to_pylist(), strict=True):
        if name and n:
            counts[name] = counts.get(name, 0.0) + n
    return counts


def _with_rare(counts: Counts, rare: Counts) -> Counts:
    if not rare:
        return counts
    scale = _RARE_SHARE * sum(counts.values()) / (1 - _RARE_SHARE) / sum(rare.values())
    return counts | {name: count * scale for name, count in rare.items()}


def _forename_lists(folder: Path, sex: int) -> list[list[str]]:
    """Names to learn each origin's letters from."""
    return [
        common_forenames(origin, sex)
        + [name for locale in origin.forename_locales for name in listed_forenames(locale, sex)]
        + usable(
            read_column(
                folder,
                "common_forenames_by_country.csv",
                "Romanized Name",
                {"Country": origin.countries, "Gender": (_SEX[sex],)},
            )
        )
        for origin in ORIGINS
    ]


def _shared_out(
    lists: list[Counts], names: list[str], shares: Shares, vocabulary: Vocabulary
) -> list[list[Weighted]]:
    """For each origin and list, the names that it has a share of."""
    codes = vocabulary.codes(names)
    row_of = {name: row for row, name in enumerate(names)}
    rows = [np.array([row_of[name] for name in counts], np.int64) for counts in lists]
    weights = [np.array(list(counts.values())) for counts in lists]
    return [
        [
            (codes[row[kept]], weight[kept] * share[row[kept]])
            for row, weight in zip(rows, weights, strict=True)
            for kept in [_kept(share[row])]
        ]
        for share in shares.T
    ]


def _kept(share: Shares) -> npt.NDArray[np.bool_]:
    kept = share >= _LEAST_SHARE
    # An origin that no name of a small table is of still gets one.
    return kept if kept.any() else share == share.max()

"""Reading the files of a folder of tables; everything that is wrong with them is reported at once."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from linkage.exchange.errors import InputRefused
from pipelines.simulation.lists.tables import proper_case
from pipelines.simulation.misspelling import Place, Rule

__all__ = ["check_folder", "read_births", "read_column", "read_rules", "read_weighted"]

# Files and the columns that they must have.
_FILES: dict[str, tuple[str, ...]] = {
    "forenames_by_birth_year.parquet": ("nation", "sex", "year", "name", "n"),
    "lastname_uk.csv": ("surname", "freq"),
    "lastname_uk_variant.csv": ("lastname1", "lastname2"),
    "surnames_camden.csv": ("surname", "n"),
    "firstname_uk_variant.csv": ("forename", "forename2"),
    "common_forenames_by_country.csv": ("Country", "Gender", "Romanized Name"),
    "common_surnames_by_country.csv": ("Country", "Romanized Name"),
    "postcode_sectors_england.csv": ("sector", "n_postcodes"),
    "places_england.csv": ("name", "type"),
    "street_names_mimesis_engb.csv": ("street",),
    "ocr_rules.csv": ("orgpat", "newpat"),
    "pho_rules.csv": ("where", "orgpat", "newpat", "precond", "postcond", "existcond", "startcond"),
}
_PLACES: dict[str, Place] = {"ALL": "ALL", "START": "START", "MIDDLE": "MIDDLE", "END": "END"}


def check_folder(folder: Path) -> None:
    """See that all files are there and have their columns.

    Raises
    ------
    InputRefused
        With every file that is missing or lacks a column.
    """
    faults = []
    for name, expected in _FILES.items():
        path = folder / name
        if not path.is_file():
            faults.append(f"{path}: no such file")
            continue
        got = pyarrow.parquet.read_schema(path).names if path.suffix == ".parquet" else _header(path)
        lacking = [column for column in expected if column not in got]
        if lacking:
            faults.append(f"{path}: expected columns {', '.join(expected)}; there is no {', '.join(lacking)}")
    if faults:
        raise InputRefused("tables to simulate from:\n" + "\n".join(faults))


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), [])


def read_births(folder: Path) -> pa.Table:
    """Forenames in proper case by nation, sex, year and number of births: text, text, int64, text, float64."""
    table = pyarrow.parquet.read_table(
        folder / "forenames_by_birth_year.parquet", columns=["nation", "sex", "year", "name", "n"]
    )
    names = table["name"].combine_chunks().dictionary_encode()
    proper = pa.array([proper_case(name) for name in names.dictionary.to_pylist()], pa.string())
    table = table.set_column(3, "name", proper.take(names.indices))
    return table.set_column(2, "year", table["year"].cast(pa.int64()))


def read_column(
    folder: Path, name: str, column: str, where: Mapping[str, Sequence[str]] | None = None
) -> list[str]:
    """One column of a CSV file, of the rows whose other columns have one of some values; empty cells are left out."""
    conditions = where or {}
    wanted = [column, *conditions]
    table = pyarrow.csv.read_csv(
        folder / name,
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string())
        ),
    )
    for key, values in conditions.items():
        table = table.filter(pc.is_in(table[key], value_set=pa.array(list(values), pa.string())))
    return [text for text in table[column].to_pylist() if text]


def read_weighted(
    folder: Path, name: str, column: str, weight: str
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """A column of texts and one of numbers."""
    texts, numbers = (read_column(folder, name, which) for which in (column, weight))
    return texts, np.array(numbers, np.float64)


def read_rules(folder: Path) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Phonetic and scanning rules, those without conditions; ``@`` stands for nothing."""
    found: tuple[dict[Rule, None], dict[Rule, None]] = ({}, {})
    for rules, name, place_column in (
        (found[0], "pho_rules.csv", "where"),
        (found[1], "ocr_rules.csv", "postion"),
    ):
        with (folder / name).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                conditions = (row.get(key) for key in ("precond", "postcond", "existcond", "startcond"))
                old, new = row["orgpat"].lower(), row["newpat"].lower().replace("@", "")
                place = _PLACES.get(row.get(place_column) or "ALL")
                if place and old and old != new and all(value in (None, "", "None") for value in conditions):
                    rules[Rule(place, old, new)] = None
    return tuple(found[0]), tuple(found[1])

"""Tables from a folder: a small one made here, and the full one where it is at hand."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from linkage.exchange.errors import InputRefused
from pipelines.simulate import run
from pipelines.simulation.lists.folder_files import read_rules
from pipelines.simulation.lists.tables import Tables
from pipelines.simulation.lists.tables_folder import folder_tables
from pipelines.simulation.misspelling import Rule

FULL = Path(__file__).parents[4] / "shared/data/uk"

SMALL: dict[str, list[list[str]]] = {
    "lastname_uk.csv": [["surname", "freq"], ["smith", "0.5"], ["o'brien", "0.3"], ["patel", "0.2"]],
    "lastname_uk_variant.csv": [["lastname1", "lastname2", "freq"], ["smith", "smyth", "1"]],
    "surnames_camden.csv": [["surname", "n"], ["KHAN", "10"], ["Nowak", "5"]],
    "firstname_uk_variant.csv": [["forename", "forename2", "freq"], ["olivia", "liv", "1"]],
    "common_forenames_by_country.csv": [["Country", "Gender", "Romanized Name"], ["PL", "F", "Zofia"]],
    "common_surnames_by_country.csv": [["Country", "Romanized Name"], ["PL", "Nowak"]],
    "postcode_sectors_england.csv": [["sector", "n_postcodes"], ["LE15 6", "250"], ["E1 4", "500"]],
    "places_england.csv": [["name", "type"], ["Oakham", "Town"], ["Wing", "Village"]],
    "street_names_mimesis_engb.csv": [["street"], ["Mill"], ["Church"]],
    "ocr_rules.csv": [["postion", "orgpat", "newpat"], ["ALL", "S", "5"], ["ALL", "m", "rn"]],
    "pho_rules.csv": [
        ["where", "orgpat", "newpat", "precond", "postcond", "existcond", "startcond"],
        ["ALL", "ph", "f", "None", "None", "None", "None"],
        ["END", "e", "@", "None", "None", "None", "None"],
        ["ALL", "c", "k", "e", "None", "None", "None"],
    ],
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    folder = tmp_path / "tables"
    folder.mkdir()
    for name, rows in SMALL.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    births = [
        ("England & Wales", sex, year, name, 10.0)
        for year in (2010, 2015)
        for sex, names in (("F", ("OLIVIA", "ZOFIA", "LILY-MAE")), ("M", ("OLIVER", "MUHAMMAD", "JAKUB")))
        for name in names
    ]
    births += [
        ("Scotland", sex, year, name, 1.0)
        for sex, year, name in (("F", 1980, "MORAG"), ("M", 2000, "HAMISH"))
    ]
    columns = dict(
        zip(("nation", "sex", "year", "name", "n"), map(list, zip(*births, strict=True)), strict=True)
    )
    pyarrow.parquet.write_table(pa.table(columns), folder / "forenames_by_birth_year.parquet")
    return folder


def test_a_simulation_draws_from_the_folder(small: Path, tmp_path: Path) -> None:
    run(tmp_path / "out", 400, 1, tables=small, formats=("parquet",))
    gp = pyarrow.parquet.read_table(tmp_path / "out/gp.parquet").to_pandas()
    assert {"OLIVIA", "OLIVER", "MUHAMMAD", "ZOFIA"} <= set(gp["given_name"])
    assert {"OAKHAM"} == set(gp["post_town"].dropna())
    assert gp["postcode"].str.match(r"LE15 6|E1 4|ZZ99|LE156|E14").mean() > 0.95
    assert {"SMITH", "O'BRIEN"} <= set(gp["family_name"])


def test_names_divide_by_origin(small: Path) -> None:
    tables = folder_tables(small)
    words = tables.words.to_pylist()
    polish = tables.origins.index("Polish")
    names = {
        words[code] for code in tables.surnames.codes[slice(*tables.surnames.starts[polish : polish + 2])]
    }
    assert "Nowak" in names
    assert "Smith" not in names
    assert tables.forename_variants.has(np.array([words.index("Olivia")], np.int32)).all()
    assert "Lily-Mae" in words
    assert "Morag" in words


def test_rules_with_conditions_and_rules_of_case_are_left_out(small: Path) -> None:
    phonetic, scanning = read_rules(small)
    assert phonetic == (Rule("ALL", "ph", "f"), Rule("END", "e", ""))
    assert scanning == (Rule("ALL", "s", "5"), Rule("ALL", "m", "rn"))


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(small: Path, tmp_path: Path) -> None:
    (small / "ocr_rules.csv").unlink()
    (small / "lastname_uk.csv").write_text("name,freq\nsmith,1\n", encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        run(tmp_path / "out", 10, 1, tables=small)
    message = str(refused.value)
    assert "ocr_rules.csv: no such file" in message
    assert "lastname_uk.csv: expected columns surname, freq; there is no surname" in message
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not FULL.is_dir(), reason=f"the full tables are not at {FULL.name}")
def test_the_full_tables_have_the_country_s_frequencies() -> None:
    tables: Tables = folder_tables(FULL)
    words = np.array(tables.words.to_pylist(), dtype=object)
    british = slice(*tables.surnames.starts[:2])
    shares = np.diff(tables.surnames.cumulative[british], prepend=0)
    assert words[tables.surnames.codes[british][shares.argmax()]] == "Smith"
    assert 0.005 < shares.max() < 0.02
    assert len(shares) > 20_000
    assert len(tables.places.sectors) == 9_113

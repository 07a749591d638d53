"""Truth files as people have them: which records they name, and the groups by which an evaluation is told."""

from pathlib import Path

import pandas as pd
import pytest

from linkage.exchange.errors import InputRefused
from pipelines.truth import grouping_columns, read_truth

MAP = "source,feed_record_id,record_id\ngp,007,aa\ngp,7,bb\ngp,x1,cc\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "ids.csv").write_text(MAP)
    return tmp_path / "truth.csv", tmp_path / "ids.csv"


def test_whole_numbers_with_gaps_are_whole_numbers():
    facts = pd.DataFrame(
        {"siblings": [1.0, None, 2.0], "share": [0.5, 1.0, None], "origin": ["a", "b", None]}
    )
    found = {column: names for column, names, _ in grouping_columns(facts)}
    assert found == {"siblings": ("1", "2"), "share": ("0.5", "1"), "origin": ("a", "b")}


def test_noughts_in_front_are_part_of_an_id(files):
    truth, ids = files
    truth.write_text("source,record_id,entity_id\ngp,007,01\ngp,7,1\n")
    read = read_truth(truth, [ids])
    assert dict(zip(read["record_id"], read["entity_id"], strict=True)) == {"aa": "01", "bb": "1"}


def test_whole_numbers_of_a_parquet_file_are_ids_too(files, tmp_path):
    table = pd.DataFrame({"source": ["gp"], "record_id": [7], "entity_id": [3]})
    table.to_parquet(tmp_path / "truth.parquet")
    read = read_truth(tmp_path / "truth.parquet", [files[1]])
    assert read[["record_id", "entity_id"]].to_numpy().tolist() == [["bb", "3"]]


def test_a_record_of_nobody_known_is_left_out(files):
    truth, ids = files
    truth.write_text("source,record_id,entity_id\ngp,007,\ngp,7,1\ngp,x1,\n")
    assert read_truth(truth, [ids])["record_id"].tolist() == ["bb"]


def test_a_record_named_twice_is_refused_by_row(files):
    truth, ids = files
    truth.write_text("source,record_id,entity_id\ngp,7,1\ngp,x1,2\ngp,7,3\n")
    with pytest.raises(InputRefused, match=r"1 row repeats a record of an earlier row, the first is row 3"):
        read_truth(truth, [ids])
    truth.write_text("source,record_id,entity_id\ngp,7,1\n")
    ids.write_text(MAP + "gp,7,dd\n")
    with pytest.raises(InputRefused, match=r"ids.csv: 1 row .* row 4"):
        read_truth(truth, [ids])


def test_a_table_without_a_first_line_of_names_is_not_repeated_in_the_message(files):
    truth, ids = files
    truth.write_text("gp,Ada Lovelace,1815-12-10\n")
    with pytest.raises(InputRefused, match="source, record_id, entity_id missing") as refusal:
        read_truth(truth, [ids])
    assert "Ada" not in str(refusal.value)

"""The committed sample is what its script makes."""

from pathlib import Path

import pyarrow.parquet
import pytest

from sample_data import FOLDER
from sample_data.make_sample import CHILDREN, main

pytestmark = pytest.mark.usefixtures("tables_at_hand")


def test_the_sample_can_be_made_again(tmp_path: Path) -> None:
    summary = main(tmp_path)
    assert summary.children == CHILDREN
    for name in ("school.csv", "gp.csv", "benefits.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), (
            f"{name}: run sample_data/make_sample.py"
        )
    made, committed = (pyarrow.parquet.read_table(folder / "truth.parquet") for folder in (tmp_path, FOLDER))
    assert made.equals(committed)


def test_the_sample_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 2_000_000

"""The column files."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.exchange.errors import IndexRefused
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.index.storage.columns import ColumnFiles

SCHEMA = RecordSchema.of(
    [(ColumnKind.FILTER, "f", 3), (ColumnKind.TOKEN, "t", 1), (ColumnKind.BLOCK, "b", 2)]
)
WORDS = np.random.default_rng(3).integers(0, 2**64, (500, SCHEMA.n_words), dtype=np.uint64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("columns")
    ColumnFiles.create(folder, SCHEMA)
    columns = ColumnFiles(folder, SCHEMA, 0)
    for part in np.split(WORDS, [100, 101, 400]):
        columns.append(part)
    columns.flush()
    return folder


@pytest.fixture
def columns(tmp_path: Path) -> ColumnFiles:
    ColumnFiles.create(tmp_path, SCHEMA)
    columns = ColumnFiles(tmp_path, SCHEMA, 0)
    columns.append(WORDS)
    return columns


@given(st.lists(st.integers(0, 499), max_size=60))
def test_gathers_any_rows_in_any_order(folder: Path, rows: list[int]) -> None:
    chosen = np.array(rows, dtype=np.int64)
    assert (ColumnFiles(folder, SCHEMA, 500).gather(chosen) == WORDS[chosen]).all()


@pytest.mark.parametrize(("first", "last"), [(0, 500), (0, 0), (499, 500), (17, 333)])
def test_gathers_stretches(folder: Path, first: int, last: int) -> None:
    rows = np.arange(first, last)
    gathered = ColumnFiles(folder, SCHEMA, 500).gather(rows)
    assert gathered.flags.c_contiguous
    assert (gathered == WORDS[first:last]).all()


def test_gathers_some_columns_in_the_order_asked(folder: Path) -> None:
    block, token = SCHEMA.columns[2], SCHEMA.columns[1]
    gathered = ColumnFiles(folder, SCHEMA, 500).gather(np.array([7, 3]), [block, token])
    assert (gathered == WORDS[[7, 3]][:, [4, 5, 3]]).all()


def test_a_column_is_a_read_only_view(folder: Path) -> None:
    view = ColumnFiles(folder, SCHEMA, 500).column(SCHEMA.columns[0])
    assert (view == WORDS[:, :3]).all()
    assert not view.flags.writeable


def test_an_empty_index_has_empty_columns(tmp_path: Path) -> None:
    ColumnFiles.create(tmp_path, SCHEMA)
    assert ColumnFiles(tmp_path, SCHEMA, 0).column(SCHEMA.columns[0]).shape == (0, 3)


def test_cutting_takes_back_what_was_appended(columns: ColumnFiles) -> None:
    columns.append(WORDS[:9])
    columns.cut(500)
    columns.append(WORDS[:2])
    assert (columns.gather(np.array([499, 500, 501])) == WORDS[[499, 0, 1]]).all()


def test_a_tail_of_a_killed_load_is_written_over(columns: ColumnFiles, tmp_path: Path) -> None:
    reopened = ColumnFiles(tmp_path, SCHEMA, 400)
    reopened.append(WORDS[:5])
    assert (reopened.gather(np.arange(398, 405)) == np.concatenate([WORDS[398:400], WORDS[:5]])).all()


@given(st.sets(st.integers(0, 499), max_size=40))
def test_scrubbed_rows_are_zero_and_others_as_before(
    tmp_path_factory: pytest.TempPathFactory, rows: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("scrubbed")
    ColumnFiles.create(folder, SCHEMA)
    columns = ColumnFiles(folder, SCHEMA, 0)
    columns.append(WORDS)
    columns.scrub(np.array(sorted(rows), dtype=np.int64))
    expected = WORDS.copy()
    expected[sorted(rows)] = 0
    assert (columns.gather(np.arange(500)) == expected).all()


def test_a_short_file_is_refused_by_name(columns: ColumnFiles, tmp_path: Path) -> None:
    file = tmp_path / "token.t.words"
    file.write_bytes(file.read_bytes()[: 8 * 42])
    with pytest.raises(IndexRefused, match=r"token\.t holds 42 rows, the store knows 500"):
        columns.check()


def test_a_missing_file_is_refused_by_name(columns: ColumnFiles, tmp_path: Path) -> None:
    (tmp_path / "block.b.words").unlink()
    with pytest.raises(IndexRefused, match=r"block\.b holds 0 rows"):
        columns.check()

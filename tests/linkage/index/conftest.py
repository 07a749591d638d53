"""An index for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from oracle_index import Nights

from linkage.index import Index, open_index


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path / "index")


@pytest.fixture
def index(nights: Nights) -> Iterator[Index]:
    with open_index(nights.path, threads=1) as opened:
        yield opened


@pytest.fixture
def matched(index: Index, nights: Nights) -> Index:
    """Two children in two sources, and a third in one."""
    nights.snapshot(index, "school", 1, 2, 3)
    nights.snapshot(index, "gp", 1, 2)
    nights.link(index, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)})
    return index

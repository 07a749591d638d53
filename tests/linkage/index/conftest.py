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

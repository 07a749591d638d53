"""Files beside the feed: the map holds the source's own ids, and nobody else reads it at any moment."""

import os
import stat

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from encoders.record_id_maps import MapPlaces
from encoders.side_files import SideFiles
from linkage.exchange.errors import FeedRefused


@pytest.fixture
def open_to_all():
    before = os.umask(0)
    yield
    os.umask(before)


def side_files(folder, rejects):
    return SideFiles("gp", id_map=MapPlaces(folder / "map.parquet"), mark="epoch-1-0", rejects=rejects)


def test_no_byte_lies_in_a_file_that_others_can_read(tmp_path, open_to_all, monkeypatch):
    modes = []

    class Watched(pq.ParquetWriter):
        def __init__(self, where, *arguments, **options):
            super().__init__(where, *arguments, **options)
            # Right after it was opened, and before anybody could close it to others.
            modes.append(stat.S_IMODE(where.stat().st_mode))

    monkeypatch.setattr("encoders.side_files.pq.ParquetWriter", Watched)
    with side_files(tmp_path, tmp_path / "rejects.csv") as files:
        files.add(pa.array(["own id"]), np.zeros((1, 16), np.uint8), ())
        modes += [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()]
        files.keep()
    modes += [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()]
    assert modes == [0o600] * 5


def test_a_place_that_cannot_be_written_leaves_nothing_beside_the_other(tmp_path):
    files = side_files(tmp_path, tmp_path / "missing" / "rejects.csv")
    with pytest.raises(FeedRefused):
        files.__enter__()
    assert list(tmp_path.iterdir()) == []

"""No map of record ids that cannot be made again is ever written over."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from encoders.record_id_maps import MAP_SCHEMA, MapPlaces, map_places, marked_schema


@pytest.fixture
def target(tmp_path):
    return tmp_path / "gp.record_ids.parquet"


def put(path, mark):
    pq.write_table(pa.table([[], [], []], schema=marked_schema(mark) if mark else MAP_SCHEMA), path)


def test_the_first_map_and_a_later_one_of_the_same_key_go_to_the_usual_place(target):
    assert map_places(target, "epoch-1-aa") == MapPlaces(target)
    put(target, "epoch-1-aa")
    assert map_places(target, "epoch-1-aa") == MapPlaces(target)


@pytest.mark.parametrize(("mark", "word"), [("epoch-1-aa", "epoch-1-aa"), (None, "earlier")])
def test_a_map_of_another_key_is_kept_under_a_name_that_is_free(target, mark, word):
    put(target, mark)
    kept = target.with_name(f"gp.record_ids.{word}.parquet")
    assert map_places(target, "epoch-2-bb") == MapPlaces(target, kept)
    kept.touch()
    assert map_places(target, "epoch-2-bb").kept == target.with_name(f"gp.record_ids.{word}-2.parquet")


def test_a_file_that_is_no_map_is_kept(target):
    target.write_text("notes")
    assert map_places(target, "epoch-1-aa").kept == target.with_name("gp.record_ids.earlier.parquet")


def test_the_map_of_a_delta_does_not_replace_that_of_the_whole(target):
    put(target, "epoch-1-aa")
    assert map_places(target, "epoch-1-aa", delta=7) == MapPlaces(
        target.with_name("gp.record_ids.delta-7.parquet")
    )

"""What a night must look at."""

import numpy as np
import pytest
from oracle_index import Nights, Told, links, record_id

from linkage.exchange.schema import ColumnKind
from linkage.index import Index


def row(nights: Nights, index: Index, source: str, name: int) -> int:
    live = index.live_rows()
    return int(live.rows[nights.keys(index).index((source, name))])


@pytest.fixture
def linked(index: Index, nights: Nights) -> Index:
    nights.snapshot(index, "school", 1, 2, 3, 4, 5, 6)
    nights.snapshot(index, "gp", 1, 2, 3, 7)
    nights.link(index, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2), ("school", 3)})
    return index


def affected(nights: Nights, index: Index) -> set[tuple[str, int]]:
    live, keys = index.live_rows(), nights.keys(index)
    chosen = set(index.affected_rows().tolist())
    return {key for key, number in zip(keys, live.rows.tolist(), strict=True) if number in chosen}


def test_rows_that_share_a_key(index: Index, nights: Nights) -> None:
    # The words of name n are 1000 n + 1 + column: year and place are the last two columns.
    nights.snapshot(index, "school", 1, 2, 3)
    nights.snapshot(index, "gp", 1, 3, 4)
    columns = list(index.schema.of_kind(ColumnKind.BLOCK))
    spaces = [[column] for column in columns]
    live = index.live_rows()
    rows = live.rows[[0]]
    assert index.rows_sharing_keys(spaces, rows).tolist() == [0, 3]
    assert index.rows_sharing_keys(spaces, live.rows[[0, 4]]).tolist() == [0, 2, 3, 4]
    assert index.rows_sharing_keys(spaces, live.rows).tolist() == live.rows.tolist()
    assert index.rows_sharing_keys(spaces, live.rows[:0]).tolist() == []


def test_rows_that_ended_share_nothing(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1)
    nights.snapshot(index, "gp", 1)
    nights.link(index)
    nights.delta(index, "gp", Told(1, content=5))
    spaces = [[column] for column in index.schema.of_kind(ColumnKind.BLOCK)]
    assert index.rows_sharing_keys(spaces, np.array([0])).tolist() == [0]


def test_nothing_new_affects_nothing(linked: Index, nights: Nights) -> None:
    linked.begin_run()
    assert affected(nights, linked) == set()


def test_a_new_record_affects_what_it_is_linked_to(linked: Index, nights: Nights) -> None:
    nights.snapshot(linked, "benefits", 2, 9)
    run_no = linked.begin_run()
    pair = sorted([row(nights, linked, "gp", 2), row(nights, linked, "benefits", 2)])
    linked.store_links(run_no, [links([pair])])
    together = {("school", 2), ("gp", 2), ("school", 3), ("benefits", 2)}
    assert affected(nights, linked) == together | {("benefits", 9)}
    found = linked.links(rows=linked.affected_rows())
    assert len(found) == 3
    assert len(linked.links()) == 4


def test_a_deleted_record_affects_those_it_was_linked_to(linked: Index, nights: Nights) -> None:
    nights.delta(linked, "gp", Told(2, deleted=True))
    linked.begin_run()
    assert affected(nights, linked) == {("school", 2), ("school", 3)}


def test_a_changed_record_affects_those_it_was_linked_to(linked: Index, nights: Nights) -> None:
    nights.delta(linked, "gp", Told(1, content=3))
    linked.begin_run()
    assert affected(nights, linked) == {("school", 1), ("gp", 1)}


def test_a_known_pair_affects_both(linked: Index, nights: Nights) -> None:
    linked.protection.join(("school", record_id(4)), ("gp", record_id(7)), "shown by papers")
    linked.protection.separate(
        ("school", record_id(2)), ("gp", record_id(2)), "shown by papers", severed=False
    )
    linked.begin_run()
    apart = {("school", 2), ("gp", 2), ("school", 3)}
    assert affected(nights, linked) == apart | {("school", 4), ("gp", 7)}

"""What callers of the membership must not do."""

import numpy as np
import pytest
from oracle_index import Nights, Told

from linkage.exchange.errors import ChildindexError, IndexRefused
from linkage.index import Index


@pytest.fixture
def linked(index: Index, nights: Nights) -> Index:
    nights.snapshot(index, "school", 1, 2, 3)
    nights.link(index, {("school", 1), ("school", 2)})
    return index


@pytest.mark.parametrize(
    ("rows", "message"),
    [([0, 99], "expected live rows"), ([2, 2], "each once"), ([0], "1 live rows share a child")],
)
def test_wrong_rows(linked: Index, rows: list[int], message: str) -> None:
    run_no = linked.begin_run()
    with pytest.raises(ValueError, match=message):
        linked.assign_children(run_no, np.array(rows), np.arange(len(rows)))


def test_no_rows_change_nothing(linked: Index) -> None:
    run_no = linked.begin_run()
    nothing = np.empty(0, dtype=np.int64)
    before = linked.live_rows().children
    linked.assign_children(run_no, nothing, nothing)
    assert (linked.live_rows().children == before).all()


def test_a_run_that_ended_does_not_change(linked: Index) -> None:
    live = linked.live_rows()
    with pytest.raises(IndexRefused, match="run 1 is not open"):
        linked.assign_children(1, live.rows, live.rows)
    with pytest.raises(IndexRefused, match="run 1 is not open"):
        linked.store_links(1, [])
    with pytest.raises(IndexRefused, match="run 7 is not open"):
        linked.publish(7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Told(4), "1 live records without a child"),
        (Told(3, deleted=True), "1 deleted or outdated records with a"),
    ],
)
def test_what_was_not_linked_is_not_published(
    linked: Index, nights: Nights, change: Told, message: str
) -> None:
    nights.delta(linked, "school", change)
    run_no = linked.begin_run()
    with pytest.raises(ChildindexError, match=message):
        linked.publish(run_no)

"""Undoing runs, refusing them, and going on after either."""

from typing import Any

import pytest
from oracle_index import Nights, Told, record_id

from linkage.exchange.errors import IndexRefused
from linkage.exchange.records import RecordFlag
from linkage.index import Index, PackageIdentity, PackageKind, RunStatus, open_published
from linkage.index.publishing.snapshot_tables import snapshot_tables


def everything(index: Index) -> dict[str, Any]:
    """What is live: records, words, links, children, members, events, packages."""
    tables = snapshot_tables(index._engine, 999)
    live, links = index.live_rows(), index.links()
    return {
        **{
            name: tables[name].to_pylist() for name in ("records", "children", "members", "aliases", "events")
        },
        "rows": live.rows.tolist(),
        "words": index.words(live.rows).tolist(),
        "links": [array.tolist() for array in vars(links).values()],
        "packages": index._engine.rows("SELECT source_no, sequence, digest FROM packages ORDER BY ALL"),
    }


def three_nights(index: Index, nights: Nights) -> list[dict[str, Any]]:
    nights.snapshot(index, "school", 1, 2, 3)
    nights.snapshot(index, "gp", 1, 2)
    nights.link(index, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)})
    states = [everything(index)]
    nights.delta(index, "school", Told(3, content=1), Told(1, deleted=True), 4)
    nights.link(index, {("school", 2), ("gp", 2), ("gp", 1)}, {("school", 3), ("school", 4)})
    states.append(everything(index))
    nights.snapshot(index, "gp", 2, 9)
    nights.link(index, {("school", 4), ("gp", 9)})
    states.append(everything(index))
    return states


@pytest.mark.parametrize("run_no", [2, 3])
def test_undo_restores_exactly(index: Index, nights: Nights, run_no: int) -> None:
    states = three_nights(index, nights)
    number = index.undo(run_no, reason="a wrong feed")
    assert everything(index) == states[run_no - 2]
    published = open_published(nights.path)
    assert published.run_no == number == 4
    assert [run["status"] for run in published.runs()] == ["published"] * (run_no - 1) + ["undone"] * (
        4 - run_no
    ) + ["published"]
    assert published.runs()[-1]["reason"] == "a wrong feed"
    assert [run.undone_by for run in index.runs()] == [None] * (run_no - 1) + [4] * (4 - run_no) + [None]


def test_undoing_everything(index: Index, nights: Nights) -> None:
    three_nights(index, nights)
    index.undo(1, reason="start again")
    assert open_published(nights.path).n_records == 0
    index.stage(PackageIdentity("school", 1, PackageKind.SNAPSHOT, "x"), [])


def test_words_of_undone_rows_are_overwritten(index: Index, nights: Nights) -> None:
    three_nights(index, nights)
    index.undo(2, reason="")
    first = index.schema.columns[0]
    assert (index.column(first)[:5] != 0).all()
    assert (index.column(first)[5:] == 0).all()


def test_undoing_twice_or_the_unknown(index: Index, nights: Nights) -> None:
    three_nights(index, nights)
    index.undo(3, reason="")
    for run_no in (3, 17):
        with pytest.raises(IndexRefused, match=f"no run {run_no} to undo"):
            index.undo(run_no, reason="")


def test_an_undo_can_be_undone_only_with_what_came_before(index: Index, nights: Nights) -> None:
    states = three_nights(index, nights)
    index.undo(3, reason="")
    index.undo(2, reason="")
    assert everything(index) == states[0]


def test_an_open_run_can_be_undone(index: Index, nights: Nights) -> None:
    states = three_nights(index, nights)
    nights.delta(index, "school", 77)
    open_run = index.open_run()
    assert open_run is not None
    index.undo(open_run, reason="not that file")
    assert everything(index) == states[2]


def test_a_package_can_be_loaded_again_after_undo(index: Index, nights: Nights) -> None:
    states = three_nights(index, nights)
    index.undo(3, reason="")
    nights._last["gp"] = (1, "gp-1")
    nights.snapshot(index, "gp", 2, 9)
    nights.link(index, {("school", 4), ("gp", 9)})
    assert {r["record_high"] for r in everything(index)["records"]} == {
        r["record_high"] for r in states[2]["records"]
    }


def test_a_refused_run_is_not_seen(index: Index, nights: Nights) -> None:
    three_nights(index, nights)
    nights.delta(index, "school", 50)
    run_no = nights.link(index, publish=False)
    index.refuse(run_no, reason="far too many new children", metrics={"new": 1})
    published = open_published(nights.path)
    assert published.run_no == 3
    assert published.lookup("school", record_id(50)) is None
    last = index.runs()[-1]
    assert (last.status, last.reason, last.metrics) == (
        RunStatus.REFUSED,
        "far too many new children",
        {"new": 1},
    )


def test_a_refused_run_can_be_accepted(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1)
    run_no = nights.link(index, publish=False)
    index.refuse(run_no, reason="new", metrics={"new": 1})
    index.publish(run_no, reason="accepted: first night")
    assert open_published(nights.path).n_records == 1
    assert index.runs()[-1].metrics == {"new": 1}


def test_a_refused_run_can_be_continued(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1)
    run_no = nights.link(index, publish=False)
    index.refuse(run_no, reason="new")
    nights.snapshot(index, "gp", 1)
    assert nights.link(index, {("school", 1), ("gp", 1)}) == run_no
    assert open_published(nights.path).n_children == 1


def test_linking_a_run_again_replaces_its_results(index: Index, nights: Nights) -> None:
    three_nights(index, nights)
    nights.delta(index, "school", Told(4, content=8))
    nights.link(index, {("school", 2), ("school", 3)}, publish=False)
    nights.link(index, {("school", 4), ("gp", 9)})
    found = open_published(nights.path).lookup("gp", record_id(9))
    assert found is not None
    assert {record.source for record in found.records} == {"school", "gp"}
    assert len(index.links()) == 1


def test_flags_come_back(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", Told(1, flags=RecordFlag.SHIELDED))
    nights.link(index)
    nights.delta(index, "school", Told(1))
    nights.link(index)
    index.undo(2, reason="")
    found = open_published(nights.path).lookup("school", record_id(1))
    assert found is not None
    assert found.shielded

"""What becomes of children: ids, aliases, events."""

from oracle_index import Nights, Told, record_id

from linkage.index import Child, Index, Membership, PublishedIndex, open_published


def child(nights: Nights, source: str, name: int) -> Child:
    found = open_published(nights.path).lookup(source, record_id(name))
    assert found is not None
    return found


def events(nights: Nights, child_id: bytes) -> list[tuple[int, str, int]]:
    return [(e.run_no, e.kind, e.n_records) for e in open_published(nights.path).history(child_id)]


def names(index: PublishedIndex, child_id: bytes) -> set[tuple[str, bytes]]:
    found = index.child(child_id)
    return {(record.source, record.record_id) for record in found.records} if found else set()


def test_a_new_child(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1, 2)
    nights.snapshot(index, "gp", 1)
    nights.link(index, {("school", 1), ("gp", 1)})
    found = child(nights, "gp", 1)
    assert {(r.source, r.record_id) for r in found.records} == {
        ("school", record_id(1)),
        ("gp", record_id(1)),
    }
    assert found.since_run == 1
    (event,) = open_published(nights.path).history(found.child_id)
    assert (event.kind, event.n_records, event.pattern, event.weight) == ("created", 2, 5, 10.0)
    (alone,) = open_published(nights.path).history(child(nights, "school", 2).child_id)
    assert (alone.kind, alone.n_records, alone.pattern, alone.weight) == ("created", 1, None, None)


def test_ids_are_random(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", *range(50))
    nights.link(index)
    ids = {child(nights, "school", name).child_id for name in range(50)}
    index.undo(1, reason="again")
    nights._last.clear()
    nights.snapshot(index, "school", *range(50))
    nights.link(index)
    again = {child(nights, "school", name).child_id for name in range(50)}
    assert len(ids) == len(again) == 50
    assert not ids & again


def test_joining_and_leaving(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1)
    nights.snapshot(index, "gp", 1)
    nights.link(index, {("school", 1), ("gp", 1)})
    before = child(nights, "gp", 1).child_id
    nights.snapshot(index, "benefits", 1)
    nights.delta(index, "gp", Told(1, content=3))
    nights.link(index, {("school", 1), ("gp", 1), ("benefits", 1)})
    nights.delta(index, "school", Told(1, deleted=True))
    nights.link(index, {("gp", 1), ("benefits", 1)})
    assert child(nights, "benefits", 1).child_id == before
    assert events(nights, before) == [(1, "created", 2), (2, "joined", 1), (2, "updated", 1), (3, "left", 1)]
    joined = open_published(nights.path).history(before)[1]
    assert joined.record is not None
    assert (joined.record.source, joined.record.record_id) == ("benefits", record_id(1))
    assert (joined.pattern, joined.weight) == (5, 10.0)


def test_a_merger_keeps_the_older_child_and_leaves_an_alias(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1)
    nights.link(index)
    nights.snapshot(index, "gp", 1, 2)
    nights.link(index, {("gp", 1), ("gp", 2)})
    older, younger = child(nights, "school", 1).child_id, child(nights, "gp", 1).child_id
    nights.link(index, {("school", 1), ("gp", 1), ("gp", 2)})
    published = open_published(nights.path)
    assert child(nights, "gp", 2).child_id == older
    assert names(published, younger) == names(published, older)
    assert [event.kind for event in published.history(younger)] == ["created", "absorbed"]
    absorbed = published.history(older)[-1]
    assert (absorbed.other, absorbed.n_records, absorbed.weight) == (younger, 2, 10.0)


def test_an_alias_leads_through_several_mergers(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1, 2, 3)
    nights.link(index)
    ids = [child(nights, "school", name).child_id for name in (1, 2, 3)]
    nights.link(index, {("school", 2), ("school", 3)})
    nights.link(index, {("school", 1), ("school", 2), ("school", 3)})
    published = open_published(nights.path)
    assert len({frozenset(names(published, child_id)) for child_id in ids}) == 1
    assert len(names(published, ids[2])) == 3


def test_a_split_keeps_the_child_with_the_larger_part(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1, 2, 3)
    nights.link(index, {("school", 1), ("school", 2), ("school", 3)})
    before = child(nights, "school", 1).child_id
    nights.link(index, {("school", 2), ("school", 3)})
    assert child(nights, "school", 2).child_id == before
    gone = child(nights, "school", 1).child_id
    assert gone != before
    assert events(nights, before) == [(1, "created", 3), (2, "split", 1)]
    assert events(nights, gone) == [(2, "created", 1), (2, "received", 1)]


def test_a_retired_child_is_gone(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1, 2)
    nights.link(index)
    before = child(nights, "school", 1).child_id
    nights.delta(index, "school", Told(1, deleted=True))
    nights.link(index)
    published = open_published(nights.path)
    assert published.child(before) is None
    assert published.lookup("school", record_id(1)) is None
    assert published.history(before) == ()
    assert published.n_children == 1


def test_a_record_that_changes_keeps_its_child(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1)
    nights.link(index)
    before = child(nights, "school", 1).child_id
    nights.delta(index, "school", Told(1, content=1))
    nights.delta(index, "school", Told(1, content=2))
    nights.link(index)
    assert child(nights, "school", 1).child_id == before


def test_only_the_children_given_change(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1, 2, 3, 4)
    nights.link(index, {("school", 1), ("school", 2)}, {("school", 3), ("school", 4)})
    run_no = index.begin_run()
    live = index.live_rows()
    some = live.children == live.children[0]
    counts = index.assign_children(run_no, live.rows[some], live.rows[some])
    index.publish(run_no)
    assert counts == Membership(n_created=1, n_merged=0, n_split=1, n_retired=0, n_joined=0, n_left=0)
    assert len(child(nights, "school", 3).records) == 2
    assert len(child(nights, "school", 1).records) == 1

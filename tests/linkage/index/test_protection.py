"""Shielding, separation, known links and quarantine."""

from collections import defaultdict

import numpy as np
import pytest
from oracle_index import Nights, Told, record_id

from linkage.exchange.errors import ChildindexError, IndexRefused
from linkage.exchange.records import RecordFlag
from linkage.index import Child, Index, open_index, open_published, publication

SHIELDED = RecordFlag.SHIELDED


def child(nights: Nights, source: str, name: int) -> Child:
    found = open_published(nights.path).lookup(source, record_id(name))
    assert found is not None
    return found


def exposed(nights: Nights) -> set[frozenset[tuple[str, int]]]:
    """The clusters that an export shows, by source and name."""
    names = {record_id(name).hex(): name for name in range(200)}
    children: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for row in open_published(nights.path).export().read_all().to_pylist():
        children[row["child_id"]].add((row["source"], names[row["record_id"]]))
    return {frozenset(records) for records in children.values()}


def shown(nights: Nights) -> set[tuple[str, int]]:
    return {record for cluster in exposed(nights) for record in cluster}


@pytest.fixture
def linked(index: Index, nights: Nights) -> Index:
    nights.snapshot(index, "school", 1, 2, 3)
    nights.snapshot(index, "gp", 1, 2)
    nights.link(index, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)})
    return index


class TestShielding:
    def test_by_a_record_it_holds_for_the_child_at_once(self, linked: Index, nights: Nights) -> None:
        assert linked.protection.shield_record("gp", record_id(1), "asked by its social worker") == 2
        assert shown(nights) == {("school", 2), ("gp", 2), ("school", 3)}
        assert child(nights, "school", 1).shielded

    def test_by_the_child(self, linked: Index, nights: Nights) -> None:
        assert linked.protection.shield_child(child(nights, "gp", 2).child_id, "order") == 2
        assert linked.protection.shield_child(child(nights, "gp", 2).child_id, "order") == 0
        assert shown(nights) == {("school", 1), ("gp", 1), ("school", 3)}

    def test_before_the_record_comes(self, linked: Index, nights: Nights) -> None:
        linked.protection.shield_record("gp", record_id(3), "order")
        nights.delta(linked, "gp", 3)
        nights.link(linked, {("school", 3), ("gp", 3)})
        assert shown(nights) == {("school", n) for n in (1, 2)} | {("gp", n) for n in (1, 2)}

    def test_it_survives_a_split(self, linked: Index, nights: Nights) -> None:
        linked.protection.shield_record("gp", record_id(1), "order")
        nights.link(linked)
        assert shown(nights) == {("school", 2), ("gp", 2), ("school", 3)}

    def test_it_spreads_to_what_joins_and_stays_there(self, linked: Index, nights: Nights) -> None:
        linked.protection.shield_record("gp", record_id(1), "order")
        nights.link(linked, {("school", 1), ("gp", 1), ("school", 3)})
        nights.link(linked, {("school", 1), ("gp", 1)})
        assert shown(nights) == {("school", 2), ("gp", 2)}

    def test_it_survives_undo_but_does_not_keep_what_was_undone(self, linked: Index, nights: Nights) -> None:
        linked.protection.shield_record("gp", record_id(1), "order")
        run_no = nights.link(linked, {("school", 1), ("gp", 1), ("school", 3)})
        linked.undo(run_no, reason="a wrong link")
        assert shown(nights) == {("school", 2), ("gp", 2), ("school", 3)}

    def test_it_survives_the_deletion_of_the_record_that_brought_it(
        self, index: Index, nights: Nights
    ) -> None:
        nights.snapshot(index, "school", 1)
        nights.snapshot(index, "gp", Told(1, flags=SHIELDED))
        nights.link(index, {("school", 1), ("gp", 1)})
        nights.delta(index, "gp", Told(1, deleted=True))
        nights.link(index)
        assert shown(nights) == set()

    def test_a_source_that_ends_it_does_not_expose_the_child(self, index: Index, nights: Nights) -> None:
        nights.snapshot(index, "school", Told(1, flags=SHIELDED), 2)
        nights.link(index)
        nights.delta(index, "school", Told(1))
        nights.link(index)
        assert shown(nights) == {("school", 2)}
        index.protection.unshield_child(child(nights, "school", 1).child_id, "reviewed")
        assert shown(nights) == {("school", 1), ("school", 2)}

    def test_what_a_source_shields_the_unit_cannot_lift(self, index: Index, nights: Nights) -> None:
        nights.snapshot(index, "school", Told(1, flags=SHIELDED))
        nights.link(index)
        with pytest.raises(IndexRefused, match="by its source"):
            index.protection.unshield_child(child(nights, "school", 1).child_id, "please")
        assert shown(nights) == set()

    def test_lifting(self, linked: Index, nights: Nights) -> None:
        child_id = child(nights, "gp", 1).child_id
        linked.protection.shield_child(child_id, "order")
        assert linked.protection.unshield_child(child_id, "the order ended") == 2
        assert len(shown(nights)) == 5

    def test_an_open_run_is_not_published_with_it(self, linked: Index, nights: Nights) -> None:
        nights.delta(linked, "gp", Told(2, deleted=True), 9)
        nights.link(linked, {("school", 1), ("school", 2)}, publish=False)
        linked.protection.shield_record("school", record_id(3), "order")
        assert exposed(nights) == {
            frozenset({("school", 1), ("gp", 1)}),
            frozenset({("school", 2), ("gp", 2)}),
        }
        run_no = linked.open_run()
        assert run_no is not None
        linked.publish(run_no)
        assert exposed(nights) == {
            frozenset({("school", 1), ("school", 2)}),
            frozenset({("gp", 1)}),
            frozenset({("gp", 9)}),
        }

    def test_by_an_id_that_was_merged(self, linked: Index, nights: Nights) -> None:
        old = child(nights, "gp", 2).child_id
        nights.link(linked, {("school", 1), ("gp", 1), ("school", 2), ("gp", 2)})
        linked.protection.shield_child(old, "order")
        assert shown(nights) == {("school", 3)}

    def test_an_unknown_child(self, linked: Index) -> None:
        with pytest.raises(IndexRefused, match="no child of that id"):
            linked.protection.shield_child(bytes(16), "order")

    def test_killed_before_readers_saw_it(self, nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
        with open_index(nights.path) as index:
            nights.snapshot(index, "school", 1)
            nights.link(index)

            def die(*_args: object) -> None:
                raise KeyboardInterrupt

            monkeypatch.setattr(publication, "switch_to", die)
            with pytest.raises(KeyboardInterrupt):
                index.protection.shield_record("school", record_id(1), "order")
        assert shown(nights) == {("school", 1)}
        monkeypatch.undo()
        with open_index(nights.path):
            assert shown(nights) == set()


class TestPairs:
    def test_separated_records_are_not_published_together(self, linked: Index, nights: Nights) -> None:
        linked.protection.separate(
            ("school", record_id(1)), ("gp", record_id(1)), "two persons", severed=False
        )
        assert shown(nights) == {("school", 2), ("gp", 2), ("school", 3)}
        with pytest.raises(ChildindexError, match="1 children that hold two records that must be kept apart"):
            nights.link(linked, {("school", 1), ("gp", 1), ("school", 3)})
        nights.link(linked, {("school", 2), ("gp", 2)})
        assert len(exposed(nights)) == 4

    def test_the_resolution_gets_rows(self, linked: Index) -> None:
        school, gp = ("school", record_id(3)), ("gp", record_id(2))
        linked.protection.join(school, gp, "papers")
        linked.protection.join(gp, school, "papers")
        linked.protection.separate(("gp", record_id(1)), gp, "papers", severed=True)
        known = linked.protection.known_pairs()
        assert np.sort(known.together).tolist() == [[2, 4]]
        assert np.sort(known.apart).tolist() == [[3, 4]]
        linked.protection.lift(school, gp, "mistaken")
        assert len(linked.protection.known_pairs().together) == 0

    def test_they_follow_the_versions_of_a_record(self, linked: Index, nights: Nights) -> None:
        linked.protection.join(("school", record_id(3)), ("gp", record_id(77)), "papers")
        assert len(linked.protection.known_pairs().together) == 0
        nights.delta(linked, "gp", 77)
        nights.delta(linked, "school", Told(3, content=4))
        assert np.sort(linked.protection.known_pairs().together).tolist() == [[5, 6]]

    @pytest.mark.parametrize("severed", [False, True])
    def test_contradictions_are_refused(self, linked: Index, severed: bool) -> None:
        school, gp = ("school", record_id(3)), ("gp", record_id(2))
        linked.protection.separate(school, gp, "papers", severed=severed)
        with pytest.raises(IndexRefused, match="lift that first"):
            linked.protection.join(gp, school, "other papers")
        with pytest.raises(IndexRefused, match="with itself"):
            linked.protection.join(gp, gp, "")
        with pytest.raises(IndexRefused, match="nothing is known"):
            linked.protection.lift(school, ("gp", record_id(1)), "")

    def test_a_severed_child_gets_two_new_ids_and_no_past(self, linked: Index, nights: Nights) -> None:
        before = child(nights, "gp", 1).child_id
        linked.protection.separate(("school", record_id(1)), ("gp", record_id(1)), "adoption", severed=True)
        nights.link(linked, {("school", 1), ("school", 3)})
        published = open_published(nights.path)
        new, old = child(nights, "school", 1), child(nights, "gp", 1)
        assert len({before, new.child_id, old.child_id}) == 3
        assert published.child(before) is None
        assert published.history(before) == ()
        for found in (new, old):
            told = published.history(found.child_id)
            others = {event.other for event in told}
            assert not others & {before, new.child_id, old.child_id}
            assert all(event.record is None or event.record in found.records for event in told)

    def test_what_was_merged_into_a_severed_child_leads_nowhere(self, linked: Index, nights: Nights) -> None:
        merged = child(nights, "gp", 2).child_id
        nights.link(linked, {("school", 1), ("gp", 1), ("school", 2), ("gp", 2)})
        linked.protection.separate(("school", record_id(1)), ("gp", record_id(2)), "adoption", severed=True)
        nights.link(linked, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)})
        assert open_published(nights.path).child(merged) is None

    def test_severing_what_was_apart_already_dissolves_both(self, linked: Index, nights: Nights) -> None:
        before = child(nights, "gp", 1).child_id
        nights.link(linked)
        parts = {child(nights, "gp", 1).child_id, child(nights, "school", 1).child_id}
        assert before in parts
        linked.protection.separate(("school", record_id(1)), ("gp", record_id(1)), "adoption", severed=True)
        assert shown(nights) == {("school", 2), ("gp", 2), ("school", 3)}
        nights.link(linked)
        after = {child(nights, "gp", 1).child_id, child(nights, "school", 1).child_id}
        assert len(after) == 2
        assert not after & parts
        ids = after
        nights.link(linked)
        assert {child(nights, "gp", 1).child_id, child(nights, "school", 1).child_id} == ids

    def test_undo_does_not_bring_a_severed_child_back(self, linked: Index, nights: Nights) -> None:
        linked.protection.separate(("school", record_id(1)), ("gp", record_id(1)), "adoption", severed=True)
        run_no = nights.link(linked)
        linked.undo(run_no, reason="a wrong feed")
        assert shown(nights) == {("school", 2), ("gp", 2), ("school", 3)}
        assert child(nights, "gp", 1).shielded
        nights.link(linked)
        assert {("school", 1), ("gp", 1)} <= shown(nights)


class TestQuarantine:
    @pytest.fixture
    def quarantined(self, linked: Index, nights: Nights) -> Index:
        linked.protection.shield_record("gp", record_id(1), "order")
        nights.delta(linked, "gp", 11, 12)
        nights.link(linked, publish=False)
        run_no = linked.begin_run()
        live, keys = linked.live_rows(), nights.keys(linked)
        where = {key: int(row) for key, row in zip(keys, live.rows, strict=True)}
        linked.assign_children(run_no, live.rows, live.rows)
        found = linked.protection.quarantine(
            run_no,
            np.array([where["gp", 11]]),
            np.array([where["school", 1]]),
            np.array([33]),
            np.array([4.5], dtype=np.float32),
        )
        assert found == 1
        linked.publish(run_no)
        return linked

    @pytest.mark.usefixtures("quarantined")
    def test_it_is_shown_as_shielded_only(self, nights: Nights) -> None:
        assert ("gp", 12) in shown(nights)
        assert ("gp", 11) not in shown(nights)
        assert child(nights, "gp", 11).shielded

    def test_it_is_listed(self, quarantined: Index) -> None:
        (found,) = quarantined.protection.quarantined()
        assert (found.source, found.record_id) == ("gp", record_id(11))
        assert (found.near_source, found.near_record_id) == ("school", record_id(1))
        assert (found.pattern, found.weight, found.run_no) == (33, 4.5, 2)

    def test_released(self, quarantined: Index, nights: Nights) -> None:
        quarantined.protection.resolve_quarantine("gp", record_id(11), "another child", same_child=False)
        assert ("gp", 11) in shown(nights)
        assert quarantined.protection.quarantined() == []
        assert len(quarantined.protection.known_pairs().apart) == 1

    def test_not_released_while_something_else_shields_its_child(
        self, quarantined: Index, nights: Nights
    ) -> None:
        quarantined.protection.shield_record("gp", record_id(11), "another order")
        quarantined.protection.resolve_quarantine("gp", record_id(11), "another child", same_child=False)
        assert ("gp", 11) not in shown(nights)

    def test_joined(self, quarantined: Index, nights: Nights) -> None:
        quarantined.protection.resolve_quarantine("gp", record_id(11), "the same child", same_child=True)
        assert len(quarantined.protection.known_pairs().together) == 1
        assert ("gp", 11) not in shown(nights)
        nights.link(quarantined, {("school", 1), ("gp", 11)})
        assert ("gp", 11) not in shown(nights)

    def test_the_same_pair_is_not_asked_twice(self, quarantined: Index, nights: Nights) -> None:
        quarantined.protection.resolve_quarantine("gp", record_id(11), "another child", same_child=False)
        run_no = quarantined.begin_run()
        live = quarantined.live_rows()
        keys = nights.keys(quarantined)
        rows = live.rows[[keys.index(("gp", 11)), keys.index(("school", 1))]]
        one = np.ones(1)
        again = quarantined.protection.quarantine(
            run_no, rows[:1], rows[1:], one.astype(np.int64), one.astype(np.float32)
        )
        assert again == 0
        assert quarantined.protection.quarantined() == []

    def test_the_unknown(self, quarantined: Index) -> None:
        with pytest.raises(IndexRefused, match="not in quarantine"):
            quarantined.protection.resolve_quarantine("gp", record_id(12), "", same_child=True)

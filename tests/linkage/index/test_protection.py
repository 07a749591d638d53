"""Shielding, separation, known links and quarantine."""

import numpy as np
import pytest
from oracle_index import Nights, Told, child, exposed, record_id, shown

from linkage.exchange.errors import ChildindexError, IndexRefused
from linkage.exchange.records import RecordFlag
from linkage.index import Index, open_index, open_published
from linkage.index.publishing import publication

SHIELDED = RecordFlag.SHIELDED


class TestShielding:
    def test_by_a_record_it_holds_for_the_child_at_once(self, matched: Index, nights: Nights) -> None:
        assert matched.protection.shield_record("gp", record_id(1), "asked by its social worker") == 2
        assert shown(nights) == {("school", 2), ("gp", 2), ("school", 3)}
        assert child(nights, "school", 1).shielded

    def test_by_the_child(self, matched: Index, nights: Nights) -> None:
        assert matched.protection.shield_child(child(nights, "gp", 2).child_id, "order") == 2
        assert matched.protection.shield_child(child(nights, "gp", 2).child_id, "order") == 0
        assert shown(nights) == {("school", 1), ("gp", 1), ("school", 3)}

    def test_before_the_record_comes(self, matched: Index, nights: Nights) -> None:
        matched.protection.shield_record("gp", record_id(3), "order")
        nights.delta(matched, "gp", 3)
        nights.link(matched, {("school", 3), ("gp", 3)})
        assert shown(nights) == {("school", n) for n in (1, 2)} | {("gp", n) for n in (1, 2)}

    def test_it_survives_a_split(self, matched: Index, nights: Nights) -> None:
        matched.protection.shield_record("gp", record_id(1), "order")
        nights.link(matched)
        assert shown(nights) == {("school", 2), ("gp", 2), ("school", 3)}

    def test_it_spreads_to_what_joins_and_stays_there(self, matched: Index, nights: Nights) -> None:
        matched.protection.shield_record("gp", record_id(1), "order")
        nights.link(matched, {("school", 1), ("gp", 1), ("school", 3)})
        nights.link(matched, {("school", 1), ("gp", 1)})
        assert shown(nights) == {("school", 2), ("gp", 2)}

    def test_it_survives_undo_but_does_not_keep_what_was_undone(self, matched: Index, nights: Nights) -> None:
        matched.protection.shield_record("gp", record_id(1), "order")
        run_no = nights.link(matched, {("school", 1), ("gp", 1), ("school", 3)})
        matched.undo(run_no, reason="a wrong link")
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

    def test_lifting(self, matched: Index, nights: Nights) -> None:
        child_id = child(nights, "gp", 1).child_id
        matched.protection.shield_child(child_id, "order")
        assert matched.protection.unshield_child(child_id, "the order ended") == 2
        assert len(shown(nights)) == 5

    def test_an_open_run_is_not_published_with_it(self, matched: Index, nights: Nights) -> None:
        nights.delta(matched, "gp", Told(2, deleted=True), 9)
        nights.link(matched, {("school", 1), ("school", 2)}, publish=False)
        matched.protection.shield_record("school", record_id(3), "order")
        assert exposed(nights) == {
            frozenset({("school", 1), ("gp", 1)}),
            frozenset({("school", 2), ("gp", 2)}),
        }
        run_no = matched.open_run()
        assert run_no is not None
        matched.publish(run_no)
        assert exposed(nights) == {
            frozenset({("school", 1), ("school", 2)}),
            frozenset({("gp", 1)}),
            frozenset({("gp", 9)}),
        }

    def test_by_an_id_that_was_merged(self, matched: Index, nights: Nights) -> None:
        old = child(nights, "gp", 2).child_id
        nights.link(matched, {("school", 1), ("gp", 1), ("school", 2), ("gp", 2)})
        matched.protection.shield_child(old, "order")
        assert shown(nights) == {("school", 3)}

    def test_an_unknown_child(self, matched: Index) -> None:
        with pytest.raises(IndexRefused, match="no child of that id"):
            matched.protection.shield_child(bytes(16), "order")

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
    def test_separated_records_are_not_published_together(self, matched: Index, nights: Nights) -> None:
        matched.protection.separate(
            ("school", record_id(1)), ("gp", record_id(1)), "two persons", severed=False
        )
        assert shown(nights) == {("school", 2), ("gp", 2), ("school", 3)}
        with pytest.raises(ChildindexError, match="1 children that hold two records that must be kept apart"):
            nights.link(matched, {("school", 1), ("gp", 1), ("school", 3)})
        nights.link(matched, {("school", 2), ("gp", 2)})
        assert len(exposed(nights)) == 4

    def test_the_resolution_gets_rows(self, matched: Index) -> None:
        school, gp = ("school", record_id(3)), ("gp", record_id(2))
        matched.protection.join(school, gp, "papers")
        matched.protection.join(gp, school, "papers")
        matched.protection.separate(("gp", record_id(1)), gp, "papers", severed=True)
        known = matched.protection.known_pairs()
        assert np.sort(known.together).tolist() == [[2, 4]]
        assert np.sort(known.apart).tolist() == [[3, 4]]
        matched.protection.lift(school, gp, "mistaken")
        assert len(matched.protection.known_pairs().together) == 0

    def test_they_follow_the_versions_of_a_record(self, matched: Index, nights: Nights) -> None:
        matched.protection.join(("school", record_id(3)), ("gp", record_id(77)), "papers")
        assert len(matched.protection.known_pairs().together) == 0
        nights.delta(matched, "gp", 77)
        nights.delta(matched, "school", Told(3, content=4))
        assert np.sort(matched.protection.known_pairs().together).tolist() == [[5, 6]]

    @pytest.mark.parametrize("severed", [False, True])
    def test_contradictions_are_refused(self, matched: Index, severed: bool) -> None:
        school, gp = ("school", record_id(3)), ("gp", record_id(2))
        matched.protection.separate(school, gp, "papers", severed=severed)
        with pytest.raises(IndexRefused, match="lift that first"):
            matched.protection.join(gp, school, "other papers")
        with pytest.raises(IndexRefused, match="with itself"):
            matched.protection.join(gp, gp, "")
        with pytest.raises(IndexRefused, match="nothing is known"):
            matched.protection.lift(school, ("gp", record_id(1)), "")

    def test_a_severed_child_gets_two_new_ids_and_no_past(self, matched: Index, nights: Nights) -> None:
        before = child(nights, "gp", 1).child_id
        matched.protection.separate(("school", record_id(1)), ("gp", record_id(1)), "adoption", severed=True)
        nights.link(matched, {("school", 1), ("school", 3)})
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

    def test_what_was_merged_into_a_severed_child_leads_nowhere(self, matched: Index, nights: Nights) -> None:
        merged = child(nights, "gp", 2).child_id
        nights.link(matched, {("school", 1), ("gp", 1), ("school", 2), ("gp", 2)})
        matched.protection.separate(("school", record_id(1)), ("gp", record_id(2)), "adoption", severed=True)
        nights.link(matched, {("school", 1), ("gp", 1)}, {("school", 2), ("gp", 2)})
        assert open_published(nights.path).child(merged) is None

    def test_severing_what_was_apart_already_dissolves_both(self, matched: Index, nights: Nights) -> None:
        before = child(nights, "gp", 1).child_id
        nights.link(matched)
        parts = {child(nights, "gp", 1).child_id, child(nights, "school", 1).child_id}
        assert before in parts
        matched.protection.separate(("school", record_id(1)), ("gp", record_id(1)), "adoption", severed=True)
        assert shown(nights) == {("school", 2), ("gp", 2), ("school", 3)}
        nights.link(matched)
        after = {child(nights, "gp", 1).child_id, child(nights, "school", 1).child_id}
        assert len(after) == 2
        assert not after & parts
        ids = after
        nights.link(matched)
        assert {child(nights, "gp", 1).child_id, child(nights, "school", 1).child_id} == ids

    def test_undo_does_not_bring_a_severed_child_back(self, matched: Index, nights: Nights) -> None:
        matched.protection.separate(("school", record_id(1)), ("gp", record_id(1)), "adoption", severed=True)
        run_no = nights.link(matched)
        matched.undo(run_no, reason="a wrong feed")
        assert shown(nights) == {("school", 2), ("gp", 2), ("school", 3)}
        assert child(nights, "gp", 1).shielded
        nights.link(matched)
        assert {("school", 1), ("gp", 1)} <= shown(nights)

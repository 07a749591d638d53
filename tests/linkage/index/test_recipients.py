"""What recipients are told."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_index import Nights, Told, record_id

from linkage.exchange.errors import IndexRefused
from linkage.exchange.records import RecordFlag
from linkage.index import Index, format_child_id, open_published, parse_child_id
from linkage.index.reading.log_audit import audit_log, entries_about
from linkage.index.reading.look_up_log import LookUpLog
from linkage.index.reading.pseudonyms import Pseudonyms
from linkage.index.reading.recipients import RecipientAccess, Rights

ALL = frozenset({"school", "gp", "benefits"})
POLICE = Rights("police", frozenset({"school"}), ALL, frozenset({"school"}), may_export=True)
WHY = {"requester": "officer 7", "purpose": "missing child"}

Access = Callable[..., RecipientAccess]


@pytest.fixture
def published(index: Index, nights: Nights) -> Path:
    nights.snapshot(index, "school", 1, 2, 3)
    nights.snapshot(index, "gp", 1, 2, Told(4, flags=RecordFlag.SHIELDED))
    nights.snapshot(index, "benefits", 1)
    nights.link(
        index,
        {("school", 1), ("gp", 1), ("benefits", 1)},
        {("school", 2), ("gp", 2)},
        {("school", 3), ("gp", 4)},
    )
    return nights.path


@pytest.fixture
def access(published: Path) -> Access:
    def make(rights: Rights = POLICE, key: bytes = bytes(32)) -> RecipientAccess:
        return RecipientAccess(open_published(published), rights, key, LookUpLog(published / "log"))

    return make


def test_who_else_works_with_this_child(access: Access) -> None:
    told = access().lookup("school", record_id(1), **WHY)
    assert told is not None
    assert told.sources == ("benefits", "gp", "school")
    assert [(record.source, record.record_id) for record in told.records] == [("school", record_id(1))]
    assert not told.shielded
    assert parse_child_id(told.pseudonym)


def test_only_what_its_rights_allow(access: Access) -> None:
    few = Rights("charity", frozenset({"school"}), frozenset({"school", "gp"}))
    told = access(few).lookup("school", record_id(1), **WHY)
    assert told is not None
    assert told.sources == ("gp", "school")
    assert told.records == ()
    with pytest.raises(IndexRefused, match="no right to ask about records of 'gp'"):
        access(few).lookup("gp", record_id(1), **WHY)
    with pytest.raises(IndexRefused, match="no right to an export"):
        access(few).export(**WHY)


def test_a_shielded_child_looks_unknown(access: Access) -> None:
    assert access().lookup("school", record_id(3), **WHY) is None
    assert access().lookup("school", record_id(77), **WHY) is None


def test_or_is_only_said_to_be_shielded(access: Access) -> None:
    knowing = Rights("court", frozenset({"school"}), ALL, ALL, knows_shielded=True)
    told = access(knowing).lookup("school", record_id(3), **WHY)
    assert told is not None
    assert (told.shielded, told.pseudonym, told.sources, told.records) == (True, "", (), ())


def test_recipients_cannot_join_their_lists(access: Access) -> None:
    one = access(POLICE, b"1" * 32).export(**WHY).read_all().to_pylist()
    two = access(POLICE, b"2" * 32).export(**WHY).read_all().to_pylist()
    assert not {row["child_id"] for row in one} & {row["child_id"] for row in two}
    assert [row["child_id"] for row in one] == sorted(row["child_id"] for row in one)
    assert {row["record_id"] for row in one} == {row["record_id"] for row in two}
    assert {row["source"] for row in one} == {"school"}
    assert {row["record_id"] for row in one} == {record_id(1).hex(), record_id(2).hex()}


def test_export_and_look_up_use_the_same_pseudonym(access: Access) -> None:
    police = access()
    exported = {row["record_id"]: row["child_id"] for row in police.export(**WHY).read_all().to_pylist()}
    for name in (1, 2):
        told = police.lookup("school", record_id(name), **WHY)
        assert told is not None
        assert told.pseudonym == exported[record_id(name).hex()]
        again = police.child(told.pseudonym, **WHY)
        assert again is not None
        assert again.sources == told.sources


def test_an_older_pseudonym_leads_to_the_merged_child(access: Access, index: Index, nights: Nights) -> None:
    before = [access().lookup("school", record_id(name), **WHY) for name in (1, 2)]
    everyone = {("school", 1), ("school", 2), ("gp", 1), ("gp", 2), ("benefits", 1)}
    nights.link(index, everyone, {("school", 3), ("gp", 4)})
    after = [access().child(told.pseudonym, **WHY) for told in before if told]
    assert len(after) == 2
    assert len({told.pseudonym for told in after if told}) == 1


def test_nobody_elses_pseudonym_is_understood(access: Access) -> None:
    told = access(POLICE, b"1" * 32).lookup("school", record_id(1), **WHY)
    assert told is not None
    assert access(POLICE, b"2" * 32).child(told.pseudonym, **WHY) is None


def test_every_answer_is_logged_before_it_is_given(access: Access, published: Path) -> None:
    police = access()
    police.lookup("school", record_id(1), **WHY)
    police.lookup("school", record_id(3), **WHY)
    police.lookup("school", record_id(88), **WHY)
    police.export(**WHY)
    assert audit_log(published / "log").n_entries == 4
    assert [e["outcome"] for e in entries_about(published / "log", "school", record_id(3))] == ["shielded"]
    assert [e["outcome"] for e in entries_about(published / "log", "school", record_id(88))] == ["unknown"]


@pytest.mark.parametrize("missing", ["requester", "purpose"])
def test_no_reason_no_answer(access: Access, published: Path, missing: str) -> None:
    police = access()
    why = {**WHY, missing: ""}
    for ask in (lambda: police.lookup("school", record_id(1), **why), lambda: police.export(**why)):
        with pytest.raises(IndexRefused, match=f"a {missing} is required"):
            ask()
    assert audit_log(published / "log").n_entries == 0


def test_a_publication_notes_where_the_log_was(access: Access, index: Index, nights: Nights) -> None:
    access().lookup("school", record_id(1), **WHY)
    nights.link(index)
    notes = open_published(nights.path).log_notes()
    assert [note.n_entries for note in notes] == [0, 1]
    assert audit_log(nights.path / "log", kept=notes).n_checkpoints == 2
    for file in (nights.path / "log").iterdir():
        file.unlink()
    with pytest.raises(IndexRefused, match="the end of the log is missing"):
        audit_log(nights.path / "log", kept=notes)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))
def test_many_pseudonyms_are_as_one_by_one(child_id: bytes, key: bytes) -> None:
    pseudonyms = Pseudonyms(key)
    ids = np.frombuffer(child_id + bytes(16), dtype=np.uint8).reshape(2, 16)
    assert [bytes(row) for row in pseudonyms.of_many(ids)] == [
        pseudonyms.of(child_id),
        pseudonyms.of(bytes(16)),
    ]
    assert parse_child_id(format_child_id(pseudonyms.of(child_id))) == pseudonyms.of(child_id)


def test_a_pinned_pseudonym() -> None:
    assert Pseudonyms(bytes(range(32))).of(bytes(range(16))).hex() == PINNED


def test_a_short_key_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="32 bytes, got 5"):
        Pseudonyms(b"short")
    assert Pseudonyms(bytes(32)).of_many(np.empty((0, 16), dtype=np.uint8)).shape == (0, 16)


PINNED = "d5fa9ceed2da502e00a961266d1ad6aa"

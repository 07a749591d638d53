"""A manifest has one spelling, and each member its rule."""

from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_parties import DRAFT, SCHEMA

from linkage.exchange.canonical import NotCanonical, read_canonical, write_canonical
from linkage.exchange.errors import PackageRefused
from linkage.exchange.manifest import (
    LONGEST_MANIFEST,
    OF_TRANSLATIONS,
    RULES,
    Manifest,
    columns_of,
    parse_manifest,
    rounded_hour,
    write_manifest,
)
from linkage.exchange.translations import TRANSLATION

MANIFEST = Manifest(
    **asdict(DRAFT),
    rows=3,
    upserts=3,
    deletes=0,
    rows_digest="a" * 64,
    recipient="b" * 64,
    sender_copy=None,
    risk_report=None,
    columns=columns_of(SCHEMA),
)


def test_it_comes_back() -> None:
    assert parse_manifest(write_manifest(MANIFEST)) == MANIFEST


def test_every_member_has_a_rule() -> None:
    assert RULES.keys().isdisjoint(OF_TRANSLATIONS)
    assert RULES.keys() | OF_TRANSLATIONS.keys() == {member.name for member in fields(Manifest)} | {
        "format",
        "version",
    }


@pytest.mark.parametrize(
    "members,match",
    [
        ({"project": "Kinder"}, "'project' is not a name"),
        ({"source": "a\n"}, "'source' is not a name"),
        ({"sequence": 0}, "'sequence' is not a number from 1"),
        ({"sequence": 2**53 + 1}, "'sequence' is not a number"),
        ({"kind": "full"}, "'kind' is none of"),
        ({"previous": "A" * 64}, "'previous' is not a digest of 64 hex digits, or null"),
        ({"created": "2026-03-01T12:34:00Z"}, "'created' is not a full hour"),
        ({"created": "2026-02-30T12:00:00Z"}, "'created' is not a full hour"),
        ({"expires": "2026-03-01T25:00:00Z"}, "'expires' is not a full hour in UTC, or null"),
        ({"purpose": ""}, "'purpose' is not a printable text"),
        ({"purpose": "a\x00b"}, "'purpose' is not a printable text"),
        ({"purpose": "\ud800"}, "'purpose' is not a printable text"),
        ({"purpose": "x" * 201}, "'purpose' is not a printable text"),
        ({"specification": "5" * 63}, "'specification' is not a digest"),
        ({"normaliser": "../1"}, "'normaliser' is not a version"),
        ({"key_epoch": 65536}, "'key_epoch' is not a number from 1 to 65535"),
        ({"key_check": "c" * 33}, "'key_check' is not a key check"),
        ({"columns": (("filter.names", 0),)}, "'columns' is not a list"),
        ({"columns": (("name.names", 1),)}, "'columns' is not a list"),
        ({"columns": (("filter.names", 4097),)}, "'columns' is not a list"),
        ({"columns": (("filter.names", 1, 1),)}, "'columns' is not a list"),
        ({"columns": (("filter.a", 1),) * 513}, "'columns' is not a list"),
        ({"columns": (("filter.a", 1), ("filter.a", 1))}, "'columns' names a column twice"),
        ({"rows": 4}, "'rows' is not the sum"),
        ({"rows": -1, "upserts": -1}, "'rows' is not a number from 0"),
        ({"sequence": 2}, "'previous' is null for the first package"),
        ({"previous": "a" * 64}, "'previous' is null for the first package"),
        ({"kind": "delta"}, "a delta has to follow a package"),
        ({"upserts": 2, "deletes": 1}, "a snapshot deletes nothing"),
        ({"expires": DRAFT.created}, "'expires' does not lie after 'created'"),
    ],
)
def test_a_member_that_breaks_its_rule_is_named(members: dict[str, Any], match: str) -> None:
    with pytest.raises(PackageRefused, match=match):
        write_manifest(replace(MANIFEST, **members))


def test_a_translation_has_members_that_no_other_package_has() -> None:
    content = read_canonical(write_manifest(MANIFEST), at_most=LONGEST_MANIFEST)
    assert content.keys().isdisjoint(OF_TRANSLATIONS)
    with pytest.raises(PackageRefused, match="1 unknown members"):
        parse_manifest(write_canonical(content | {"earlier_epoch": 1}))
    with pytest.raises(PackageRefused, match="'earlier_epoch' is missing; 'earlier_key_check' is missing"):
        parse_manifest(write_canonical(content | {"kind": TRANSLATION}))


def test_all_members_at_fault_are_named_at_once() -> None:
    content = read_canonical(write_manifest(MANIFEST), at_most=LONGEST_MANIFEST)
    content |= {"format": "x", "version": True, "extra": 1}
    del content["rows"]
    with pytest.raises(PackageRefused) as refusal:
        parse_manifest(write_canonical(content))
    for fault in ("'rows' is missing", "1 unknown members", "'format' is not", "'version' is not"):
        assert fault in str(refusal.value)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" {}",
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":"\xc3\xa9"}',
        b'{"a":"\\u0041"}',
        b'{"a":01}',
        b"[]",
        b"3",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' + b"1" * 5_000 + b"}",
    ],
)
def test_another_spelling_is_not_canonical(raw: bytes) -> None:
    with pytest.raises(NotCanonical):
        read_canonical(raw, at_most=10**6)


def test_what_is_too_long_is_not_parsed() -> None:
    raw = write_canonical({"a": "x" * 100})
    assert read_canonical(raw, at_most=len(raw)) == {"a": "x" * 100}
    with pytest.raises(NotCanonical):
        read_canonical(raw, at_most=len(raw) - 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(content=st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_canonical_json_comes_back(content: dict[str, Any]) -> None:
    raw = write_canonical(content)
    assert raw.isascii()
    assert read_canonical(raw, at_most=len(raw)) == content


def test_hours() -> None:
    summer = timezone(timedelta(hours=1))
    assert rounded_hour(datetime(2026, 7, 1, 0, 59, 59, tzinfo=summer)) == "2026-06-30T23:00:00Z"
    assert rounded_hour(datetime(2026, 7, 1, tzinfo=UTC)) == "2026-07-01T00:00:00Z"
    with pytest.raises(ValueError, match="time zone"):
        rounded_hour(datetime(2026, 7, 1))  # noqa: DTZ001 - the lack of a zone is the case

"""Translations: rows of two ids, padded, in an order that says nothing."""

import dataclasses

import numpy as np
import pytest

from linkage.exchange.errors import PackageRefused
from linkage.exchange.manifest import Manifest, ManifestDraft, parse_manifest, write_manifest
from linkage.exchange.records import RecordFlag
from linkage.exchange.rows import RowCheck, pack_rows, unpacked
from linkage.exchange.translations import (
    PADDED_TO,
    TRANSLATION_SCHEMA,
    Translated,
    pack_pairs,
    unpack_pairs,
)

RNG = np.random.default_rng(5)
DRAFT = ManifestDraft(
    project="children", source="gp", sequence=1, kind="translation", previous=None, created="2026-11-23T08:00:00Z",
    expires=None, purpose="test", specification="0" * 64, normaliser="1", software="1", key_epoch=2,
    key_check="1" * 32, earlier_epoch=1, earlier_key_check="2" * 32,
)  # fmt: skip


def ids(n):
    return RNG.integers(0, 256, (n, 16), dtype=np.uint8)


def as_dict(pairs):
    return {old.tobytes(): new.tobytes() for old, new in zip(pairs.earlier, pairs.later, strict=True)}


@pytest.mark.parametrize("n", [0, 1, PADDED_TO - 1, PADDED_TO, PADDED_TO + 1])
def test_pairs_come_back_byte_for_byte_padded_and_in_order(n):
    pairs = Translated(ids(n), ids(n))
    rows = pack_rows(pack_pairs(pairs))
    RowCheck().take(rows)
    back = unpack_pairs(next(unpacked([rows], len(rows), len(rows))))
    assert len(back) == max(1, -(-n // PADDED_TO)) * PADDED_TO
    assert as_dict(pairs).items() <= as_dict(back).items()


def test_padding_does_not_stand_out_where_ids_stay_as_they_are():
    same = ids(7)
    back = unpack_pairs(pack_pairs(Translated(same, same)))
    assert (back.earlier == back.later).all()


@pytest.mark.parametrize("side", ["earlier", "later"])
def test_an_id_in_two_pairs_is_refused(side):
    pairs = Translated(ids(5), ids(5))
    getattr(pairs, side)[3] = getattr(pairs, side)[1]
    with pytest.raises(PackageRefused, match=f"1 record id of the {side} key in more than one pair"):
        pack_pairs(pairs)


def test_a_row_says_nothing_but_its_ids():
    records = pack_pairs(Translated(ids(3), ids(3)))
    flagged = dataclasses.replace(records, flags=np.full(len(records), RecordFlag.SHIELDED, dtype=np.uint8))
    with pytest.raises(PackageRefused, match="with flags"):
        unpack_pairs(flagged)


def manifest(**changes):
    counted = {
        "rows": 0, "upserts": 0, "deletes": 0, "rows_digest": "3" * 64, "recipient": "4" * 64, "sender_copy": None,
        "risk_report": None, "columns": tuple((c.label, c.n_words) for c in TRANSLATION_SCHEMA.columns),
    }  # fmt: skip
    return Manifest(**(dataclasses.asdict(DRAFT) | counted | changes))


def test_a_manifest_names_both_epochs():
    assert parse_manifest(write_manifest(manifest())) == manifest()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"earlier_epoch": None}, "'earlier_epoch' is not a number"),
        ({"earlier_epoch": 2}, "does not lie before"),
        ({"earlier_key_check": "no"}, "'earlier_key_check' is not a key check"),
        ({"sequence": 2, "previous": "5" * 64}, "stands in no chain"),
        ({"rows": 1, "deletes": 1}, "a translation deletes nothing"),
    ],
)
def test_a_manifest_that_breaks_a_rule_is_not_sealed(changes, fault):
    with pytest.raises(PackageRefused, match=fault):
        write_manifest(manifest(**changes))


def test_other_packages_do_not_have_these_members():
    raw = write_manifest(manifest(kind="snapshot", earlier_epoch=None, earlier_key_check=None))
    assert b"earlier" not in raw
    with pytest.raises(PackageRefused, match="1 unknown members"):
        parse_manifest(raw.replace(b'"expires"', b'"earlier_epoch":1,"expires"'))

"""Erased records do not come back by themselves, and the list of them tells nothing without its key."""

import hmac
from hashlib import sha256

import numpy as np
import pytest
from oracle_index import Nights, Told, encode, record_id, shown

from linkage.exchange.errors import IndexRefused
from linkage.exchange.labels import label
from linkage.index import Index, KeepOut, PackageIdentity, PackageKind, Staged

KEYS = KeepOut(b"k" * 32)
RECORD = ("school", record_id(2))


def send(
    index: Index, nights: Nights, kind: PackageKind, *told: Told | int, keys: KeepOut | None = KEYS
) -> Staged:
    return index.stage(nights.package("school", kind), [encode(told)], keep_out=keys)


def relink(index: Index, nights: Nights) -> set[tuple[str, int]]:
    nights.link(index, {("school", 1), ("gp", 1)})
    return shown(nights)


def test_a_fingerprint_is_what_it_says() -> None:
    made = KEYS.fingerprints("school", np.frombuffer(RECORD[1] + bytes(16), np.uint8).reshape(2, 16))
    expected = hmac.new(b"k" * 32, label("kept out of an index", "school") + RECORD[1], sha256).digest()[:16]
    assert made[0].tobytes() == expected
    assert len({row.tobytes() for row in [*made, *KEYS.fingerprints("gp", made)]}) == 4
    assert "k" * 8 not in repr(KEYS)
    with pytest.raises(ValueError, match="32 bytes"):
        KeepOut(b"short")


@pytest.mark.parametrize("kind", [PackageKind.SNAPSHOT, PackageKind.DELTA])
def test_an_erased_record_does_not_come_back(matched: Index, nights: Nights, kind: PackageKind) -> None:
    matched.leaving.erase([RECORD], KEYS)
    assert matched.leaving.n_kept_out() == 1
    staged = send(matched, nights, kind, 1, 2, 3, Told(7, content=1))
    assert (staged.n_kept_out, staged.n_new) == (1, 1)
    assert ("school", 2) not in relink(matched, nights)
    assert ("gp", 2) in shown(nights), "the same id at another source is another record"
    if kind is PackageKind.DELTA:
        assert send(matched, nights, kind, Told(2, deleted=True)).n_kept_out == 1


def test_without_a_wish_to_keep_it_out_it_comes_back(matched: Index, nights: Nights) -> None:
    matched.leaving.erase([RECORD])
    assert send(matched, nights, PackageKind.SNAPSHOT, 1, 2, 3, keys=None).n_new == 1
    assert ("school", 2) in relink(matched, nights)


def test_the_way_back(matched: Index, nights: Nights) -> None:
    matched.leaving.erase([RECORD], KEYS)
    matched.leaving.erase([RECORD], KEYS)
    assert matched.leaving.n_kept_out() == 1
    with pytest.raises(IndexRefused, match="not kept out"):
        matched.leaving.readmit("gp", record_id(2), KEYS)
    matched.leaving.readmit(*RECORD, KEYS)
    assert matched.leaving.n_kept_out() == 0
    assert send(matched, nights, PackageKind.SNAPSHOT, 1, 2, 3).n_new == 1
    assert ("school", 2) in relink(matched, nights)
    # The list is empty, so it may begin under another key.
    matched.leaving.erase([RECORD], KeepOut(b"o" * 32))


def test_without_its_key_nothing_is_loaded(matched: Index, nights: Nights) -> None:
    matched.leaving.erase([RECORD], KEYS)
    package = PackageIdentity("school", 2, PackageKind.DELTA, "school-2", "school-1")
    for keys, message in ((None, "pseudonym key is needed"), (KeepOut(b"o" * 32), "another pseudonym key")):
        with pytest.raises(IndexRefused, match=message):
            matched.stage(package, [encode([2, 9])], keep_out=keys)
    with pytest.raises(IndexRefused, match="another pseudonym key"):
        matched.leaving.readmit(*RECORD, KeepOut(b"o" * 32))
    assert matched.open_run() is None
    assert len(matched.live_rows()) == 4


def test_undoing_does_not_bring_it_back(matched: Index, nights: Nights) -> None:
    matched.leaving.erase([RECORD], KEYS)
    send(matched, nights, PackageKind.DELTA, 2, 9)
    relink(matched, nights)
    matched.undo(2, reason="test")
    assert matched.leaving.n_kept_out() == 1
    assert ("school", 2) not in shown(nights)

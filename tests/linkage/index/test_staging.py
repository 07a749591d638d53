"""Taking packages into the index."""

from collections.abc import Iterator

import numpy as np
import pytest
from oracle_index import Nights, Told, encode

from linkage.exchange.errors import PackageRefused
from linkage.exchange.records import EncodedRecords, RecordFlag
from linkage.index import Index, PackageIdentity, PackageKind, Staged

SNAPSHOT, DELTA = PackageKind.SNAPSHOT, PackageKind.DELTA


def stage(
    index: Index, sequence: int, kind: PackageKind, *told: Told | int, previous: str | None = None
) -> Staged:
    """Load a package of the school whose digests follow from the numbers."""
    before = f"school-{sequence - 1}" if previous is None else previous
    identity = PackageIdentity("school", sequence, kind, f"school-{sequence}", before)
    return index.stage(identity, [encode(told[:2]), encode(told[2:])])


def state(index: Index) -> tuple[list[int], list[list[int]], list[int]]:
    """Everything that loading can change."""
    live = index.live_rows()
    return live.rows.tolist(), index.words(live.rows).tolist(), live.flags.tolist()


def test_words_come_back_as_they_were(index: Index) -> None:
    sent = encode([Told(n, flags=RecordFlag(n % 4)) for n in range(100)])
    index.stage(PackageIdentity("gp", 9, SNAPSHOT, "d"), [sent.take(slice(0, 33)), sent.take(slice(33, 100))])
    live = index.live_rows()
    assert (index.words(live.rows) == sent.words).all()
    assert (live.flags == sent.flags).all()
    assert set(live.sources.tolist()) == {1}
    assert live.fresh.all()
    assert (live.children == -1).all()


def test_an_empty_batch_and_an_empty_snapshot(index: Index) -> None:
    assert stage(index, 1, SNAPSHOT) == Staged()
    assert len(index.live_rows()) == 0


def test_the_same_package_twice_changes_nothing(index: Index) -> None:
    stage(index, 1, SNAPSHOT, 1, 2, 3)
    stage(index, 2, DELTA, 4)
    before = state(index)
    assert stage(index, 1, SNAPSHOT, 1, 2, 3) == Staged(already_loaded=True)
    assert stage(index, 2, DELTA, 4) == Staged(already_loaded=True)
    assert state(index) == before


def test_a_snapshot_replaces_a_source(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "gp", 1, 2)
    stage(index, 1, SNAPSHOT, 1, 2, 3, 4)
    counts = stage(index, 2, SNAPSHOT, 5, 1, Told(3, content=1))
    assert counts == Staged(n_new=1, n_changed=1, n_unchanged=1, n_deleted=2)
    assert sorted(nights.keys(index)) == [("gp", 1), ("gp", 2), ("school", 1), ("school", 3), ("school", 5)]


def test_a_delta_changes_what_it_names(index: Index, nights: Nights) -> None:
    stage(index, 1, SNAPSHOT, 1, 2, 3)
    counts = stage(index, 2, DELTA, Told(2, deleted=True), 1, Told(3, content=9), 4)
    assert counts == Staged(n_new=1, n_changed=1, n_unchanged=1, n_deleted=1)
    assert sorted(nights.keys(index)) == [("school", 1), ("school", 3), ("school", 4)]


def test_a_changed_flag_is_a_change(index: Index) -> None:
    stage(index, 1, SNAPSHOT, 1, 2)
    counts = stage(index, 2, SNAPSHOT, 1, Told(2, flags=RecordFlag.SHIELDED))
    assert counts == Staged(n_changed=1, n_unchanged=1)
    assert index.live_rows().flags.tolist() == [0, RecordFlag.SHIELDED]


def test_a_row_number_is_never_used_again(index: Index) -> None:
    stage(index, 1, SNAPSHOT, 1, 2)
    stage(index, 2, SNAPSHOT, Told(1, content=1))
    stage(index, 3, SNAPSHOT, Told(1, content=2), 2)
    assert index.live_rows().rows.tolist() == [3, 4]


def test_order_inside_a_package_does_not_matter(index: Index) -> None:
    stage(index, 1, SNAPSHOT, 1, 2, 3)
    assert stage(index, 2, SNAPSHOT, 3, 2, 1) == Staged(n_unchanged=3)


@pytest.mark.parametrize(
    ("sequence", "previous", "message"),
    [
        (4, "school-3", "package 3 is missing"),
        (6, "school-5", "packages 3 to 5 are missing"),
        (1, "", "older than package 2"),
        (2, "school-1", "loaded already with another content"),
        (3, "school-1", "does not follow package 2"),
    ],
)
def test_the_chain_is_kept(index: Index, sequence: int, previous: str, message: str) -> None:
    stage(index, 1, SNAPSHOT, 1)
    stage(index, 2, SNAPSHOT, 2)
    before = state(index)
    kind = DELTA if "missing" in message else SNAPSHOT
    package = PackageIdentity("school", sequence, kind, "another", previous)
    with pytest.raises(PackageRefused, match=f"package {sequence} of school.*{message}"):
        index.stage(package, [encode([3])])
    assert state(index) == before


def test_a_snapshot_needs_nothing_before_it(index: Index) -> None:
    stage(index, 1, SNAPSHOT, 1, 2)
    assert stage(index, 4, SNAPSHOT, 2, 3, previous="refused").n_new == 1
    assert stage(index, 5, DELTA, 4).n_new == 1
    with pytest.raises(
        PackageRefused, match="package 3 of school cannot be loaded: it is older than package 5"
    ):
        stage(index, 3, SNAPSHOT, 9)


def test_a_source_starts_with_a_snapshot(index: Index) -> None:
    with pytest.raises(PackageRefused, match="load a snapshot first"):
        stage(index, 1, DELTA, 1)
    assert index.open_run() is None


def test_a_source_may_start_with_any_number(index: Index) -> None:
    stage(index, 57, SNAPSHOT, 1, previous="before the index")
    assert stage(index, 58, DELTA, 2).n_new == 1


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ((1, 1), "names 1 record more than once"),
        ((9, 4, 9, 4, 9), "names 2 records more than once"),
        ((1, 4, Told(1, deleted=True)), "names 1 record more than once"),
        (
            (Told(7, deleted=True), 1, Told(8, deleted=True), Told(9, deleted=True)),
            "deletes (1 record that is|2 records that are) not",
        ),
    ],
)
def test_a_faulty_delta_is_refused_whole(index: Index, told: tuple[Told | int, ...], message: str) -> None:
    stage(index, 1, SNAPSHOT, 1, 2, 3)
    before = state(index)
    with pytest.raises(PackageRefused, match=message):
        stage(index, 2, DELTA, *told)
    assert state(index) == before
    assert stage(index, 2, DELTA, 4).n_new == 1


def test_a_snapshot_does_not_delete_by_name(index: Index) -> None:
    with pytest.raises(PackageRefused, match=r"is a snapshot and deletes 1 record$"):
        stage(index, 1, SNAPSHOT, 1, Told(2, deleted=True))


def test_an_error_in_the_stream_undoes_the_package(index: Index) -> None:
    stage(index, 1, SNAPSHOT, 1, 2)
    before = state(index)

    def broken() -> Iterator[EncodedRecords]:
        yield encode([3, 4])
        raise PackageRefused("chunk 2 was changed on the way")

    with pytest.raises(PackageRefused, match="chunk 2"):
        index.stage(PackageIdentity("school", 2, SNAPSHOT, "d", "school-1"), broken())
    assert state(index) == before
    assert stage(index, 2, DELTA, 5).n_new == 1
    assert index.words(index.live_rows().rows[-1:])[0, 0] // 1000 == 5


def test_refusals_hold_no_record_id(index: Index) -> None:
    stage(index, 1, SNAPSHOT, 1)
    with pytest.raises(PackageRefused) as refusal:
        stage(index, 2, DELTA, 1, 1)
    ids = encode([1]).record_ids
    assert bytes(ids[0]).hex() not in str(refusal.value)
    assert str(int.from_bytes(bytes(ids[0])[:8], "big")) not in str(refusal.value)


def test_only_rows_since_the_last_publication_are_fresh(index: Index, nights: Nights) -> None:
    nights.snapshot(index, "school", 1, 2, 3)
    nights.link(index)
    nights.delta(index, "school", Told(2, content=1), 4, Told(3, deleted=True))
    live = index.live_rows()
    assert live.fresh.tolist() == [False, True, True]
    assert (live.children >= 0).tolist() == [True, True, False]
    assert np.array_equal(live.rows, [0, 3, 4])

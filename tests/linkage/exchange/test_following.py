"""One rule says which package of a source may be loaded next; every reader of packages asks it."""

import pytest

from linkage.exchange.following import ChainHead, misplaced

HEAD = ChainHead(5, "a" * 64)


@pytest.mark.parametrize(
    ("head", "sequence", "kind", "previous"),
    [
        (None, 1, "snapshot", None),
        (None, 7, "snapshot", "b" * 64),
        (HEAD, 6, "snapshot", HEAD.digest),
        (HEAD, 6, "delta", HEAD.digest),
        (HEAD, 7, "snapshot", "b" * 64),
        (HEAD, 9, "snapshot", "b" * 64),
    ],
)
def test_the_next_package_is_loaded_and_a_snapshot_behind_a_gap(head, sequence, kind, previous):
    assert misplaced(head, sequence, kind, previous) is None


@pytest.mark.parametrize(
    ("head", "sequence", "kind", "previous", "waits", "reason"),
    [
        (None, 2, "delta", "b" * 64, True, "it is a delta, and the index has nothing of its source"),
        (HEAD, 7, "delta", "b" * 64, True, "package 6 is missing; load what is missing first"),
        (HEAD, 9, "delta", "b" * 64, True, "packages 6 to 8 are missing"),
        (HEAD, 5, "snapshot", "b" * 64, False, "package 5 was loaded already with another content"),
        (HEAD, 4, "snapshot", "b" * 64, False, "older than package 5, which is loaded already"),
        (HEAD, 1, "snapshot", None, False, "older than package 5, which is loaded already"),
        (HEAD, 6, "snapshot", "b" * 64, False, "does not follow package 5 that is loaded"),
        (HEAD, 6, "delta", "b" * 64, False, "does not follow package 5 that is loaded"),
    ],
)
def test_what_is_out_of_order_is_told_with_a_remedy(head, sequence, kind, previous, waits, reason):
    found = misplaced(head, sequence, kind, previous)
    assert found is not None
    assert found.waits is waits
    assert reason in found.reason
    # A digest says which package somebody holds, and helps nobody.
    assert HEAD.digest not in found.reason

"""Different uses and parts never give the same label."""

from hypothesis import given
from hypothesis import strategies as st

from linkage.exchange.labels import label, labelled_digest

PARTS = st.lists(st.binary(max_size=6), max_size=4)


@given(left=st.tuples(st.text(max_size=4), PARTS), right=st.tuples(st.text(max_size=4), PARTS))
def test_labels_are_injective(left: tuple[str, list[bytes]], right: tuple[str, list[bytes]]) -> None:
    assert (label(left[0], *left[1]) == label(right[0], *right[1])) == (left == right)


def test_moving_a_border_changes_the_label() -> None:
    assert (
        len({label("a", "bc"), label("ab", "c"), label("abc"), label("a", "b", "c"), label("a", "bc", "")})
        == 5
    )


def test_the_bytes_are_fixed() -> None:
    assert label("use", "é", b"\x00") == b"\0\0\0\x0achildindex\0\0\0\x03use\0\0\0\x02\xc3\xa9\0\0\0\x01\x00"
    assert len(labelled_digest("use")) == 32

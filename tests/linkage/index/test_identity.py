"""Which child a cluster continues."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_identity import continue_slowly

from linkage.index.children.identity import Continuation, continue_children


def run(
    clusters: list[int], previous: list[int], record_nos: list[int], first_new: int = 100
) -> Continuation:
    arrays = (np.array(values, dtype=np.int64) for values in (clusters, previous, record_nos))
    return continue_children(*arrays, first_new=first_new)


@given(st.data(), st.integers(0, 25))
def test_as_the_oracle(data: st.DataObject, n: int) -> None:
    few = st.integers(0, 6)
    clusters = data.draw(st.lists(few, min_size=n, max_size=n))
    previous = data.draw(st.lists(few | st.just(-1), min_size=n, max_size=n))
    record_nos = data.draw(st.permutations(range(n)))
    found = run(clusters, previous, record_nos)
    children, merged = continue_slowly(clusters, previous, record_nos, 100)
    assert found.child_of_record.tolist() == children
    assert dict(zip(found.merged.tolist(), found.merged_into.tolist(), strict=True)) == merged
    assert found.n_new == len({child for child in children if child >= 100})


@given(st.data(), st.integers(1, 25))
def test_order_of_arrival_does_not_matter(data: st.DataObject, n: int) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    clusters, previous = rng.integers(0, 5, n), rng.integers(-1, 5, n)
    record_nos, shuffle = rng.permutation(n), rng.permutation(n)
    straight = continue_children(clusters, previous, record_nos, first_new=9)
    shuffled = continue_children(9 - clusters[shuffle], previous[shuffle], record_nos[shuffle], first_new=9)
    assert (shuffled.child_of_record == straight.child_of_record[shuffle]).all()


@pytest.mark.parametrize(
    ("clusters", "previous", "record_nos", "children"),
    [
        pytest.param([1, 1, 2], [7, 7, 7], [5, 6, 0], [7, 7, 100], id="larger part keeps"),
        pytest.param([1, 2], [7, 7], [6, 5], [100, 7], id="equal parts: the older record keeps"),
        pytest.param([1, 1, 1], [8, 8, 3], [0, 1, 2], [3, 3, 3], id="the older child wins, however small"),
        pytest.param([1, 1], [-1, 4], [9, 1], [4, 4], id="a newcomer joins"),
        pytest.param([3, 2], [-1, -1], [8, 2], [101, 100], id="new children by oldest record"),
        pytest.param([], [], [], [], id="nothing"),
    ],
)
def test_the_rule(
    clusters: list[int], previous: list[int], record_nos: list[int], children: list[int]
) -> None:
    assert run(clusters, previous, record_nos).child_of_record.tolist() == children

"""Components do not depend on the order of the edges and are named by their smallest row."""

import numpy as np
import oracle_union_find
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.kernels import connected_components


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    n_rows = draw(st.integers(1, 40))
    row = st.integers(0, n_rows - 1)
    return n_rows, draw(st.lists(st.tuples(row, row), max_size=60))


def _labels(n_rows: int, edges: list[tuple[int, int]]) -> list[int]:
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    return [int(label) for label in connected_components(n_rows, ends[:, 0].copy(), ends[:, 1].copy())]


@given(graphs())
def test_components_equal_the_oracle(graph: tuple[int, list[tuple[int, int]]]) -> None:
    n_rows, edges = graph
    assert _labels(n_rows, edges) == oracle_union_find.connected_components(n_rows, edges)


@given(graphs(), st.randoms())
def test_order_and_direction_of_edges_do_not_matter(
    graph: tuple[int, list[tuple[int, int]]], rng: object
) -> None:
    n_rows, edges = graph
    shuffled = [(b, a) for a, b in edges]
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _labels(n_rows, edges) == _labels(n_rows, shuffled)


def test_long_chain_has_one_label() -> None:
    rows = np.arange(99_999, dtype=np.int64)
    assert not connected_components(100_000, rows[::-1].copy(), rows[::-1] + 1).any()


def test_no_rows_give_no_labels() -> None:
    empty = np.empty(0, dtype=np.int64)
    assert connected_components(0, empty, empty).shape == (0,)


@pytest.mark.parametrize(
    "left,right",
    [([0], [3]), ([-1], [0]), ([0, 1], [1])],
    ids=["beyond the last row", "negative row", "sides of different length"],
)
def test_impossible_edges_are_refused(left: list[int], right: list[int]) -> None:
    with pytest.raises(ValueError, match="edges"):
        connected_components(3, np.array(left, dtype=np.int64), np.array(right, dtype=np.int64))

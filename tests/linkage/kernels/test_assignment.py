"""Greedy takes an edge unless an end has a better one taken; best takes the greatest total weight."""

from itertools import combinations

import numpy as np
import oracle_similarity
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.kernels import assignment, best_one_to_one, greedy_one_to_one

Edges = list[tuple[int, int, float]]

edge_lists = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from([-1.0, 0.5, 1.0, 2.0, 3.5])), max_size=30
)


def _arrays(edges: Edges) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    columns = list(zip(*edges, strict=True)) if edges else [(), (), ()]
    left, right, weight = columns
    return np.array(left, np.int64), np.array(right, np.int64), np.array(weight, np.float64)


@given(edge_lists)
def test_greedy_equals_the_oracle(edges: Edges) -> None:
    taken = greedy_one_to_one(*_arrays(edges))
    assert set(np.flatnonzero(taken).tolist()) == oracle_similarity.greedy_one_to_one(edges)


@given(edge_lists)
def test_greedy_leaves_an_edge_only_for_a_better_one(edges: Edges) -> None:
    left, right, weight = _arrays(edges)
    taken = greedy_one_to_one(left, right, weight)
    assert len(set(left[taken])) == len(set(right[taken])) == taken.sum()
    for edge in np.flatnonzero(~taken):
        rivals = taken & ((left == left[edge]) | (right == right[edge]))
        assert (weight[rivals] >= weight[edge]).any()


@given(edge_lists, st.randoms())
def test_the_pairs_taken_do_not_depend_on_the_order_of_edges(edges: Edges, rng: object) -> None:
    shuffled = list(edges)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    outcomes = []
    for some in (edges, shuffled):
        taken = greedy_one_to_one(*_arrays(some))
        outcomes.append(sorted(edge for edge, chosen in zip(some, taken, strict=True) if chosen))
    assert outcomes[0] == outcomes[1]


def _best_total(edges: Edges) -> float:
    best = 0.0
    for n in range(1, len(edges) + 1):
        for some in combinations(edges, n):
            if len({edge[0] for edge in some}) == len({edge[1] for edge in some}) == n:
                best = max(best, sum(edge[2] for edge in some))
    return best


@given(edge_lists.map(lambda edges: edges[:8]))
def test_best_has_the_greatest_total(edges: Edges) -> None:
    left, right, weight = _arrays(edges)
    taken = best_one_to_one(left, right, weight)
    assert len(set(left[taken])) == len(set(right[taken])) == taken.sum()
    assert weight[taken].sum() == _best_total(edges)


def test_best_beats_greedy_and_large_components_fall_back_to_it() -> None:
    edges: Edges = [(0, 0, 3.0), (0, 1, 2.9), (1, 0, 2.9)]
    arrays = _arrays(edges)
    assert greedy_one_to_one(*arrays).tolist() == [True, False, False]
    assert best_one_to_one(*arrays).tolist() == [False, True, True]
    assert best_one_to_one(*arrays, most_cells=1).tolist() == [True, False, False]


@pytest.mark.parametrize(
    "left,right,weight,message",
    [
        ([0], [0, 1], [1.0], "one length"),
        ([-1], [0], [1.0], "negative"),
        ([0], [0], [float("nan")], "1 of 1 are NaN"),
    ],
)
def test_unusable_edges_are_refused(
    left: list[int], right: list[int], weight: list[float], message: str
) -> None:
    for solve in (greedy_one_to_one, best_one_to_one):
        with pytest.raises(ValueError, match=message):
            solve(np.array(left), np.array(right), np.array(weight))


def test_rows_too_large_for_one_number_sort_the_same() -> None:
    edges: Edges = [(3, 2, 1.0), (1, 2, 1.0), (1, 1, 1.0), (3, 1, 2.0)]
    far = [(left * 2**40, right * 2**40, weight) for left, right, weight in edges]
    assert np.array_equal(assignment._by_rank(*_arrays(far)), assignment._by_rank(*_arrays(edges)))


def test_no_edges_take_none() -> None:
    assert greedy_one_to_one(*_arrays([])).shape == (0,)
    assert best_one_to_one(*_arrays([])).shape == (0,)

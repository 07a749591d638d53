"""Streams and permutations: distinct, repeatable, apart from one another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.exchange.errors import InputRefused
from pipelines.simulation import Plan, Rates
from pipelines.simulation.streams import key_of, mixed, permuted, stream

keys = st.integers(0, 2**64 - 1)


@given(st.integers(1, 40), keys)
def test_a_permutation_reaches_every_number_once(half: int, key: int) -> None:
    domain = np.arange(half * half)
    assert np.array_equal(np.sort(permuted(domain, half, key)), domain)


@given(st.lists(st.integers(0, 65_536**2 - 1), min_size=1, max_size=50, unique=True), keys)
def test_a_permutation_of_32_bits_keeps_numbers_apart_and_within(values: list[int], key: int) -> None:
    found = permuted(np.array(values), 65_536, key)
    assert len(set(found.tolist())) == len(values)
    assert ((found >= 0) & (found < 2**32)).all()


def test_neighbours_are_scattered() -> None:
    found = permuted(np.arange(10_000), 65_536, key_of(1, "x"))
    assert abs(np.corrcoef(np.arange(10_000), found)[0, 1]) < 0.05
    assert (np.bincount(found * 16 // 2**32, minlength=16) > 500).all()


def test_streams_repeat_and_differ_by_seed_chunk_and_purpose() -> None:
    draws = [
        stream(*what).integers(0, 2**60) for what in ((1, 0, "a"), (1, 0, "b"), (1, 1, "a"), (2, 0, "a"))
    ]
    assert len(set(draws)) == 4
    assert stream(1, 0, "a").integers(0, 2**60) == draws[0]


def test_mixing_is_a_function_of_value_and_key() -> None:
    once = mixed(np.array([3, 3, 4]), 9)
    assert once[0] == once[1] != once[2]
    assert mixed(np.array([3]), 10)[0] != once[0]


@pytest.mark.parametrize(
    "children,seed,chunk",
    [(0, 1, 100), (33_000_001, 1, 100), (1, -1, 100), (1, 2**63, 100), (1, 1, 0), (1, 1, 40_000)],
)
def test_a_plan_refuses_what_is_out_of_range(children: int, seed: int, chunk: int) -> None:
    with pytest.raises(InputRefused, match="expected"):
        Plan(children, seed, Rates(), chunk)


@given(st.integers(1, 5_000), st.integers(1, 1_000))
def test_chunks_add_up_to_the_children(children: int, chunk_children: int) -> None:
    plan = Plan(children, 0, Rates(), chunk_children)
    sizes = [plan.chunk_size(chunk) for chunk in range(plan.n_chunks)]
    assert sum(sizes) == children
    assert set(sizes[:-1]) <= {chunk_children}
    assert 0 < sizes[-1] <= chunk_children

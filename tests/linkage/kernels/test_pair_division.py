"""Pairs divided in one pass against the same cell by cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.kernels.pair_division import divide_pairs


@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.integers(0, 5))
def test_sums_and_likelihood_are_those_cell_by_cell(seed, n_cells, n_components):
    rng = np.random.default_rng(seed)
    sizes = (3, 4, 5)
    codes = tuple(rng.integers(0, size, n_cells) for size in sizes)
    strangers, pairs = rng.random(n_cells) + 0.01, 1000 * rng.random(n_cells)
    shares = rng.random((sizes[0], 1 + n_components)) + 0.01
    densities = tuple(rng.random((size, n_components)) for size in sizes[1:])
    sums = tuple(np.zeros((size, n_components)) for size in sizes)

    likelihood = divide_pairs(codes, strangers, pairs, shares, densities, sums)

    joint = shares[codes[0]]
    joint[:, 0] *= strangers
    joint[:, 1:] *= densities[0][codes[1]] * densities[1][codes[2]]
    total = joint.sum(axis=1)
    assert likelihood == pytest.approx((pairs * np.log(total)).sum(), rel=1e-12, abs=1e-9)
    divided = (joint * (pairs / total)[:, None])[:, 1:]
    for codes_of, found in zip(codes, sums, strict=True):
        wanted = np.zeros_like(found)
        np.add.at(wanted, codes_of, divided)
        assert np.allclose(found, wanted, rtol=1e-12)

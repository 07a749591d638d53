"""Positions against the oracle, and their uniformity."""

import numpy as np
import oracle_bloom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from encoders.filters.positions import masks_of, positions_of


@given(
    key=st.binary(min_size=32, max_size=32),
    tokens=st.lists(st.binary(max_size=8), max_size=4),
    n_bits=st.sampled_from([64, 192, 256, 320, 1024, 4160]),
    k=st.integers(1, 40),
)
def test_positions_are_the_oracles(key, tokens, n_bits, k):
    expected = [oracle_bloom.positions(key, token, n_bits, k) for token in tokens]
    assert positions_of(key, tokens, n_bits=n_bits, k=k).tolist() == expected


def test_every_position_can_be_asked_for():
    row = positions_of(b"k" * 32, [b"a"], n_bits=128, k=128)[0]
    assert sorted(row) == list(range(128))


def test_positions_are_uniform_for_a_width_that_does_not_divide_the_range():
    row = positions_of(b"k" * 32, [b"%d" % i for i in range(2000)], n_bits=960, k=20)
    assert chisquare(np.bincount(row.ravel(), minlength=960)).pvalue > 1e-4


def test_masks_hold_the_positions():
    masks = masks_of(b"k" * 32, [b"a", b"b"], n_bits=256, k=9)
    for row, token in zip(masks, [b"a", b"b"], strict=True):
        assert oracle_bloom.bits_of(row) == set(oracle_bloom.positions(b"k" * 32, token, 256, 9))


def test_no_tokens_give_no_masks():
    assert masks_of(b"k" * 32, [], n_bits=256, k=3).shape == (0, 4)


@pytest.mark.parametrize(("n_bits", "k"), [(0, 1), (70000, 1), (64, 0), (64, 65)])
def test_impossible_widths_are_refused(n_bits, k):
    with pytest.raises(ValueError, match="expected"):
        positions_of(b"k" * 32, [b"a"], n_bits=n_bits, k=k)

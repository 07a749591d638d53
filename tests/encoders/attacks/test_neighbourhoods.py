"""Near-neighbour components against a plain search of all pairs."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from encoders.attacks import densest_rows, hamming_radius, neighbour_components


def plain_components(codes, groupings, near):
    n = len(codes)
    edges = np.zeros((n, n), dtype=bool)
    for numbers in groupings:
        for a in range(n):
            for b in range(n):
                together = numbers[a] == numbers[b] >= 0
                edges[a, b] |= together and codes[a].any() and codes[b].any() and near(codes[a], codes[b])
    return connected_components(csr_array(edges), directed=False)[1]


def same_partition(left, right):
    return (
        len(set(zip(left.tolist(), right.tolist(), strict=True)))
        == len(set(left.tolist()))
        == len(set(right.tolist()))
    )


def distance(a, b):
    return int(np.bitwise_count(a ^ b).sum())


def dice(a, b):
    return 2 * int(np.bitwise_count(a & b).sum()) / int(np.bitwise_count(a).sum() + np.bitwise_count(b).sum())


@pytest.mark.parametrize("seed", range(4))
def test_components_are_those_of_a_plain_search(seed):
    rng = np.random.default_rng(seed)
    bases = rng.integers(0, 2**63, size=(6, 2), dtype=np.uint64)
    codes = bases[rng.integers(0, 6, size=40)] ^ np.left_shift(
        np.uint64(1), rng.integers(0, 60, size=(40, 2)).astype(np.uint64)
    )
    codes[3] = 0
    groupings = [rng.integers(-1, 4, size=40), rng.integers(-1, 3, size=40)]
    found = neighbour_components(codes, groupings, radius=4)
    assert same_partition(found, plain_components(codes, groupings, lambda a, b: distance(a, b) <= 4))
    found = neighbour_components(codes, groupings, dice_thousandths=900)
    assert same_partition(found, plain_components(codes, groupings, lambda a, b: dice(a, b) >= 0.9))


def test_no_grouping_joins_nobody():
    codes = np.ones((5, 1), dtype=np.uint64)
    assert neighbour_components(codes, [], radius=64).tolist() == [0, 1, 2, 3, 4]
    assert neighbour_components(codes[:0], [np.zeros(0, np.int64)], radius=64).tolist() == []


def test_unrelated_codes_are_rarely_near():
    rng = np.random.default_rng(0)
    n = 2_000
    codes = rng.integers(0, 2**63, size=(n, 8), dtype=np.uint64) * np.uint64(2) + rng.integers(
        0, 2, (n, 8)
    ).astype(np.uint64)
    found = neighbour_components(codes, [np.zeros(n, np.int64)], radius=hamming_radius(n, 512))
    assert len(np.unique(found)) > 0.98 * n
    assert hamming_radius(1_000_000, 1024) == pytest.approx(0.412 * 1024, abs=5)


def test_dense_rows_hold_the_popular_values():
    forename = np.array([0, 0, 0, 1, 2, -1])
    surname = np.array([0, 0, 1, 0, 2, 0])
    assert densest_rows([forename, surname], 2, np.random.default_rng(0)).tolist() == [0, 1]
    assert len(densest_rows([forename], 99, np.random.default_rng(0))) == 6

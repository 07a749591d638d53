"""Products and sums by halves of patterns are those over all comparisons, one after the other."""

import numpy as np
import pytest

from linkage.weights.patterns.evidence import levels_of_patterns
from linkage.weights.patterns.halves import halves_of
from linkage.weights.patterns.slots import Slots


@pytest.mark.parametrize("n_levels", [(4,), (3, 5), (7, 2, 6, 3, 4)])
def test_products_and_sums(n_levels: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    slots = Slots(n_levels)
    patterns = rng.integers(np.prod(n_levels), size=200)
    levels = levels_of_patterns(patterns, n_levels) + slots.offsets[:-1]
    halves = halves_of(slots, patterns)
    values, weights = rng.random(slots.n_slots), rng.random(200)
    assert np.allclose(halves.products(values), values[levels].prod(axis=1))
    wanted = np.zeros(slots.n_slots)
    np.add.at(wanted, levels.ravel(), np.repeat(weights, len(n_levels)))
    assert np.allclose(halves.sums(weights), wanted)

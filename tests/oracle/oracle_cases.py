"""Small record tables and plans, drawn so that missing, equal, near and far filters all occur."""

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from linkage.comparison import Comparison, ComparisonPlan, Metric, View


def record_words(
    seed: int, n_rows: int, n_words: int, *, density: float = 0.3, n_prototypes: int = 6
) -> npt.NDArray[np.uint64]:
    """Rows near a few prototypes; some words zero, some all ones, some rows repeated."""
    rng = np.random.default_rng(seed)
    prototypes = rng.random((n_prototypes, n_words * 64)) < density
    bits = prototypes[rng.integers(n_prototypes, size=n_rows)]
    bits ^= rng.random(bits.shape) < rng.choice([0.0, 0.02, 0.1, 0.3], size=(n_rows, 1))
    words = np.packbits(bits, axis=1, bitorder="little").view(np.uint64).copy()
    special = rng.random(words.shape)
    words[special < 0.1] = 0
    words[special > 0.98] = np.uint64(2**64 - 1)
    return words


def six_filters(n_words: int = 4, thresholds: tuple[int, ...] = (600, 750, 880, 1000)) -> ComparisonPlan:
    """Six Dice filters side by side."""
    return ComparisonPlan(
        tuple(
            Comparison.of(f"filter_{place}", Metric.DICE, thresholds, place * n_words, n_words)
            for place in range(6)
        )
    )


def mixed_plan() -> ComparisonPlan:
    """Ten words: two names of two words, an odd Dice filter, a Hamming filter, two tokens."""
    surname = Comparison(
        "surname",
        Metric.DICE,
        (400, 700, 1000),
        (View(0, 0, 2), View(0, 2, 2, (0, 1, 2, 3, 3)), View(2, 2, 2, (0, 1, 1, 2, 3))),
        5,
    )
    return ComparisonPlan(
        (
            surname,
            Comparison.of("forename", Metric.DICE, (333, 1000), 4, 1),
            Comparison.of("diffused", Metric.HAMMING, (60, 20, 0), 5, 3),
            Comparison.of("token", Metric.EXACT, (), 8, 1),
            Comparison("swapped", Metric.EXACT, (), (View(8, 8, 1), View(8, 9, 1, (0, 1, 1))), 3),
        )
    )


def rarity_plan() -> ComparisonPlan:
    """Ten words: a name of two words whose full agreement is told apart by two further words, and a token."""
    rare = (View(4, 4, 1, (0, 1, 1, 1, 5)), View(7, 7, 1, (0, 1, 1, 1, 6)))
    swapped = View(0, 2, 2, (0, 0, 0, 0, 3))
    name = Comparison("name", Metric.DICE, (400, 700, 1000), (View(0, 0, 2), swapped, *rare), 7)
    return ComparisonPlan((name, Comparison.of("token", Metric.EXACT, (), 8, 1)))


plans = st.sampled_from([mixed_plan(), rarity_plan(), six_filters(1), six_filters(1, (1, 500, 999))])

"""How likely two records are to belong together, given all pairs of their component at once.

A pair that says 0.9 says it alone. That both of its records go with a third, or that one of them fits somebody else
better, is evidence as well. For a component of few records every way to divide it is weighed: a partition has the sum
of the log odds of the pairs that it puts together, and the probability of a pair is the share of the partitions, by
weight, that put it together. Log odds of the pairs of one component are taken as independent, which they are not quite:
a slip in one record shows in all of its pairs.
"""

from functools import cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

__all__ = ["LARGEST_COMPONENT", "together"]

Floats = npt.NDArray[np.float64]

# Six records have 203 partitions, eight 4,140.
LARGEST_COMPONENT = 6


def together(log_odds: Floats, n_records: int) -> Floats:
    """Probability that each pair of a component belongs together.

    Parameters
    ----------
    log_odds
        float64 (n_components, n_pairs): log2 odds of the pairs of each component on their own, in the order
        (0, 1), (0, 2), ..., (1, 2), ...
    n_records
        Records of every component; at most `LARGEST_COMPONENT`.

    Returns
    -------
    float64 (n_components, n_pairs)
    """
    if not 2 <= n_records <= LARGEST_COMPONENT:
        raise ValueError(f"n_records: expected 2 to {LARGEST_COMPONENT}, got {n_records}")
    joined = _partitions(n_records)
    weights = log_odds @ joined.T
    weights = np.exp2(weights - weights.max(axis=1, keepdims=True))
    return np.asarray((weights @ joined) / weights.sum(axis=1, keepdims=True))


@cache
def _partitions(n_records: int) -> Floats:
    """For every partition of n records, which pairs it puts together, float64 (n_partitions, n_pairs)."""
    labels: list[tuple[int, ...]] = [(0,)]
    for _ in range(n_records - 1):
        labels = [(*some, part) for some in labels for part in range(max(some) + 2)]
    pairs = list(combinations(range(n_records), 2))
    return np.array([[some[a] == some[b] for a, b in pairs] for some in labels], dtype=np.float64)

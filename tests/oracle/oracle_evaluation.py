"""Measures by definition: every pair is made and looked at."""

import math
from collections.abc import Callable, Sequence
from itertools import combinations

Pair = tuple[int, int]
Counts = tuple[int, int, int]
"""True links, false links, missed links."""


def known_pairs(truth: Sequence[int]) -> list[Pair]:
    """All pairs of records of known entity."""
    known = [row for row, entity in enumerate(truth) if entity != -1]
    return list(combinations(known, 2))


def count_links(
    labels: Sequence[int], truth: Sequence[int], counts: Callable[[int, int], bool] = lambda _a, _b: True
) -> Counts:
    """Count right, wrong and missing links among the pairs that count."""
    right = wrong = missing = 0
    for a, b in known_pairs(truth):
        if counts(a, b):
            linked, same = labels[a] == labels[b], truth[a] == truth[b]
            right += linked and same
            wrong += linked and not same
            missing += same and not linked
    return right, wrong, missing


def bcubed(labels: Sequence[int], truth: Sequence[int]) -> tuple[float, float]:
    """Mean purity and mean completeness over records."""
    known = [row for row, entity in enumerate(truth) if entity != -1]
    purity, completeness = [], []
    for row in known:
        cluster = {other for other in known if labels[other] == labels[row]}
        entity = {other for other in known if truth[other] == truth[row]}
        purity.append(len(cluster & entity) / len(cluster))
        completeness.append(len(cluster & entity) / len(entity))
    return math.fsum(purity) / len(known), math.fsum(completeness) / len(known)


def one_to_one(pairs: Sequence[Pair], weights: Sequence[float], sources: Sequence[int]) -> list[bool]:
    """Choose a pair unless a better one, or an earlier one as good, was chosen for one of its records and sources."""
    chosen = [False] * len(pairs)
    for at in sorted(range(len(pairs)), key=lambda at: (-weights[at], at)):
        a, b = pairs[at]
        rivals = [pairs[other] for other in range(len(pairs)) if chosen[other]]
        chosen[at] = not any(
            (x == a and sources[y] == sources[b]) or (x == b and sources[y] == sources[a])
            for rival in rivals
            for x, y in (rival, rival[::-1])
        )
    return chosen


def calibration_error(probabilities: Sequence[float], right: Sequence[bool], n_bins: int) -> float:
    """Mean distance of probability and share over bins, weighed by their size."""
    error = 0.0
    for number in range(n_bins):
        inside = [
            (p, r)
            for p, r in zip(probabilities, right, strict=True)
            if number / n_bins <= p < (number + 1) / n_bins or (p == 1 and number == n_bins - 1)
        ]
        if inside:
            error += abs(sum(p for p, _ in inside) - sum(r for _, r in inside))
    return error / len(probabilities)

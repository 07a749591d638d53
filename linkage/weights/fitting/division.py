"""How the pairs of all cells divide among the components, summed: what a step of maximisation needs."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.kernels.pair_division import divide_pairs
from linkage.weights.classes.components import ComponentPlan
from linkage.weights.fitting.mixture import (
    Expected,
    Parameters,
    Problem,
    expect,
    log_prior,
    shares_with_strangers,
)

__all__ = ["Division", "divide", "pairs_by_class"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Division:
    """Sums of an expectation step.

    Attributes
    ----------
    counts
        float64 (n_components, n_slots): pairs of each component at every level.
    by_class
        float64 (n_pair_classes, n_components).
    log_likelihood
        As in `Expected`.
    expected
        The step cell by cell; None where sums are all that is asked for.
    """

    counts: Floats
    by_class: Floats
    log_likelihood: float
    expected: Expected | None


def divide(problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters) -> Division:
    """Divide the pairs; cell by cell only where comparisons share fields or pairs have labels."""
    cells = problem.cells
    if problem.group is not None or cells.has_labels:
        expected = expect(problem, plans, parameters)
        counts = np.zeros((len(plans), cells.slots.n_slots))
        for row, of_component in enumerate(expected.pairs[:, 1:].T):
            counts[row] = cells.halves.sums(of_component)
        return Division(counts, pairs_by_class(problem, expected), expected.log_likelihood, expected)
    halves = cells.halves
    densities = halves.tables(parameters.levels)
    by_class = np.zeros((len(cells.total_pairs), len(plans)))
    by_half = tuple(np.zeros_like(table) for table in densities)
    likelihood = divide_pairs(
        (cells.pair_class, halves.first, halves.second),
        problem.chance_density,
        problem.full,
        shares_with_strangers(problem, plans, parameters),
        densities,
        (by_class, by_half[0], by_half[1]),
    )
    likelihood += log_prior(problem, plans, parameters)
    return Division(halves.over_slots(*by_half), by_class, likelihood, None)


def pairs_by_class(problem: Problem, expected: Expected) -> Floats:
    """Pairs of each component in each pair class, float64 (n_pair_classes, n_components)."""
    columns = [problem.cells.by_pair_class(column) for column in expected.pairs[:, 1:].T]
    if not columns:
        return np.empty((len(problem.cells.total_pairs), 0))
    return np.stack(columns, axis=1)

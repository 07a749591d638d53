"""Expectation-maximisation on pattern tables.

Fellegi and Sunter (1969) with latent classes (Winkler 1988, 1993; Larsen and Rubin 2001), over *all* pairs rather
than over blocked ones. Blocking keys are made of the same fields that are compared, so levels among candidates are
conditioned on the block and naive EM on them is biased. But what blocking leaves out is known: it is strangers, whose
number and patterns follow from the random pairs. Each cell is therefore filled up to the number of strangers expected
there, and the classes are fitted to the full table with no conditioning left. Every blocking key contributes the cells
that it sees well.

Missing levels are neutral: probabilities of a class run over the comparisons that are present, and the share of
matches does not depend on which these are.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from linkage.weights.chance import Chance, chance_log_density
from linkage.weights.components import ComponentKind, ComponentPlan
from linkage.weights.evidence import Cells
from linkage.weights.monotone import impose_likelihood_ratio_order

__all__ = ["Fit", "Parameters", "Problem", "fit_mixture", "responsibilities"]

Floats = npt.NDArray[np.float64]

# Half a pair a level: the Jeffreys prior, which keeps weights finite and is forgotten once pairs are counted.
SMOOTHING = 0.5
MAX_ITERATIONS = 2000
# Relative change of any component's share below which the fit stands still.
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Parameters:
    """What EM estimates.

    Attributes
    ----------
    levels
        float64 (n_components, n_slots): probability of every level given that the comparison is present; one for
        missing.
    shares
        float64 (n_pair_classes, n_components): share of each component among all pairs of the pair class; the rest
        are strangers.
    """

    levels: Floats
    shares: Floats


@dataclass(frozen=True)
class Problem:
    """Everything that stays fixed while components are fitted.

    Attributes
    ----------
    cells
        The data.
    chance
        Strangers, held.
    chance_density
        float64 (n_cells,): probability of the cell's levels among strangers.
    full
        float64 (n_cells,): pairs in each cell, those that blocking left out included.
    match_caps
        float64 (n_pair_classes,): no more matches than this are possible between two sources.
    """

    cells: Cells
    chance: Chance
    chance_density: Floats
    full: Floats
    match_caps: Floats

    @classmethod
    def of(cls, cells: Cells, chance: Chance, match_caps: Floats) -> "Problem":
        """Fill the table up with the strangers that blocking left out."""
        density = np.exp(chance_log_density(cells, chance))
        strangers = cells.total_pairs[cells.pair_class] * cells.presence * density
        return cls(cells, chance, density, np.maximum(cells.candidates, strangers), match_caps)


@dataclass(frozen=True)
class Fit:
    """A fitted mixture.

    `log_likelihood` is comparable between fits of one `Problem` only.
    """

    plans: tuple[ComponentPlan, ...]
    parameters: Parameters
    log_likelihood: float
    iterations: int
    converged: bool
    capped: bool


def joint_densities(problem: Problem, parameters: Parameters) -> Floats:
    """Share times density of strangers (column 0) and of every component, float64 (n_cells, 1 + n_components)."""
    cells = problem.cells
    joint = np.empty((len(cells.pattern), 1 + len(parameters.levels)))
    joint[:, 0] = (1.0 - parameters.shares.sum(axis=1))[cells.pair_class] * problem.chance_density
    densities = np.exp(cells.design @ np.log(parameters.levels).T)
    joint[:, 1:] = parameters.shares[cells.pair_class] * densities
    return joint


def responsibilities(problem: Problem, parameters: Parameters) -> Floats:
    """Posterior probability of strangers (column 0) and components in each cell."""
    joint = joint_densities(problem, parameters)
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def fit_mixture(
    problem: Problem,
    plans: tuple[ComponentPlan, ...],
    start: Parameters,
    max_iterations: int = MAX_ITERATIONS,
) -> Fit:
    """Fit the components of `plans` from `start`.

    The likelihood never falls but for the caps on matches. Every comparison of a match component keeps a likelihood
    ratio to chance that does not fall with the level.
    """
    parameters = start
    converged = capped = False
    iterations = 0
    while iterations < max_iterations and not converged:
        iterations += 1
        joint = joint_densities(problem, parameters)
        weighted = joint * (problem.full / joint.sum(axis=1))[:, None]
        weighted = _with_labels(problem, plans, joint, weighted)
        updated, capped = _maximise(problem, plans, weighted)
        moved = np.abs(updated.shares - parameters.shares).max(initial=0.0)
        moved /= max(float(parameters.shares.max(initial=0.0)), 1e-300)
        turned = np.abs(updated.levels - parameters.levels).max(initial=0.0)
        parameters = updated
        converged = max(moved, turned) < TOLERANCE
    joint = joint_densities(problem, parameters)
    likelihood = float((problem.full * np.log(joint.sum(axis=1))).sum())
    return Fit(plans, parameters, likelihood, iterations, converged, capped)


def _with_labels(
    problem: Problem, plans: tuple[ComponentPlan, ...], joint: Floats, weighted: Floats
) -> Floats:
    """Replace the posterior of judged pairs by the judgement, spread over the components that it allows."""
    cells = problem.cells
    judged = cells.labelled_matches + cells.labelled_non_matches
    if not judged.any():
        return weighted
    is_match = np.array([False] + [plan.kind is ComponentKind.MATCH for plan in plans])
    remaining = weighted * (1.0 - judged / np.maximum(problem.full, judged))[:, None]
    for pairs, allowed in ((cells.labelled_matches, is_match), (cells.labelled_non_matches, ~is_match)):
        share = joint * allowed
        remaining += share * (pairs / np.maximum(share.sum(axis=1), 1e-300))[:, None]
    return np.asarray(remaining)


def _maximise(
    problem: Problem, plans: tuple[ComponentPlan, ...], weighted: Floats
) -> tuple[Parameters, bool]:
    cells = problem.cells
    counts = (cells.design_transposed @ weighted[:, 1:]).T
    levels = np.ones_like(counts)
    for row, plan in enumerate(plans):
        for comparison in range(cells.n_comparisons):
            begin, end = int(cells.offsets[comparison]) + 1, int(cells.offsets[comparison + 1])
            chance = problem.chance.pooled[begin:end]
            if plan.held[comparison]:
                levels[row, begin:end] = chance
                continue
            smoothed = counts[row, begin:end] + SMOOTHING
            probabilities = smoothed / smoothed.sum()
            if plan.kind is ComponentKind.MATCH:
                probabilities = impose_likelihood_ratio_order(probabilities, chance)
            levels[row, begin:end] = probabilities
    shares = np.stack([cells.by_pair_class(column) for column in weighted[:, 1:].T], axis=1)
    shares /= np.maximum(cells.total_pairs, 1.0)[:, None]
    shares = np.minimum(shares, 0.5)
    return _capped(problem, plans, Parameters(levels, shares))


def _capped(
    problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters
) -> tuple[Parameters, bool]:
    """Scale matches down to what exclusivity within the sources leaves possible."""
    is_match = np.array([plan.kind is ComponentKind.MATCH for plan in plans])
    matches = parameters.shares[:, is_match].sum(axis=1) * problem.cells.total_pairs
    factor = np.minimum(1.0, problem.match_caps / np.maximum(matches, 1e-300))
    if (factor == 1.0).all():
        return parameters, False
    shares = parameters.shares.copy()
    shares[:, is_match] *= factor[:, None]
    return replace(parameters, shares=shares), True

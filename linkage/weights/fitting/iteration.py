"""Expectation-maximisation to convergence, accelerated.

EM creeps where classes overlap. Squared extrapolation (Varadhan and Roland 2008, "Simple and globally convergent
methods for accelerating the convergence of any EM algorithm", scheme S3) jumps along the direction of two steps, in
the logarithms of the parameters; a jump that lowers the likelihood is dropped for the plain steps.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import ComponentPlan
from linkage.weights.fitting.division import Division, divide
from linkage.weights.fitting.maximisation import maximise
from linkage.weights.fitting.mixture import Parameters, Problem, expect
from linkage.weights.patterns.field_states import normalised_emissions

__all__ = ["Fit", "iterate"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Smallest log of a probability or share in the extrapolation: far below anything that a table can show.
FLOOR = -27.0
LONGEST_JUMP = 64.0
# Nats that a cycle of steps must gain for the fit to go on.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Fit:
    """A fitted mixture.

    Attributes
    ----------
    plans, parameters
        The components.
    division
        How the pairs divide among the components.
    steps, converged
        How it went.
    """

    problem: Problem
    plans: tuple[ComponentPlan, ...]
    parameters: Parameters
    division: Division
    steps: int
    converged: bool

    @property
    def pairs(self) -> Floats:
        """Pairs of each component, float64 (n_pair_classes, n_components)."""
        return self.division.by_class

    @property
    def log_likelihood(self) -> float:
        """Comparable between fits of one `Problem` only."""
        return self.division.log_likelihood

    @property
    def is_match(self) -> Flags:
        """Which components are matches."""
        return np.array([plan.is_match for plan in self.plans], dtype=bool)

    @property
    def matches(self) -> Floats:
        """Matches in each pair class, float64 (n_pair_classes,)."""
        return np.asarray(self.parameters.match_shares * self.problem.cells.total_pairs)

    @cached_property
    def strangers(self) -> Floats:
        """Probability that a pair of each cell is a pair of strangers, float64 (n_cells,)."""
        expected = self.division.expected or expect(self.problem, self.plans, self.parameters)
        return expected.posteriors[:, 0]


def iterate(
    problem: Problem,
    plans: tuple[ComponentPlan, ...],
    start: Parameters,
    *,
    max_steps: int,
    frozen: Flags | None = None,
    tolerance: float = TOLERANCE,
) -> Fit:
    """Fit the components of `plans` from `start`.

    Parameters
    ----------
    max_steps
        Plain EM steps, those of the jumps included.
    frozen
        Components whose levels stay as they are; none if left out.
    tolerance
        Nats that a cycle must gain to go on.
    """
    held = np.zeros(len(plans), dtype=bool) if frozen is None else frozen
    parameters, steps, converged = start, 0, False
    reached = -np.inf
    while steps < max_steps and not converged:
        before = divide(problem, plans, parameters)
        once = maximise(problem, plans, parameters, before, held)
        after = divide(problem, plans, once)
        twice = maximise(problem, plans, once, after, held)
        steps += 2
        # Two cycles at least: the first steps of a new component may cross flat ground.
        converged = (
            np.isfinite(reached) and after.log_likelihood - max(before.log_likelihood, reached) < tolerance
        )
        reached = after.log_likelihood
        jump = None if converged else _extrapolate(problem, plans, (parameters, once, twice))
        parameters = twice
        if jump is not None:
            landed = divide(problem, plans, jump)
            steps += 1
            if landed.log_likelihood >= reached:
                parameters = maximise(problem, plans, jump, landed, held)
    return Fit(problem, plans, parameters, divide(problem, plans, parameters), steps, converged)


def _extrapolate(
    problem: Problem, plans: tuple[ComponentPlan, ...], three: tuple[Parameters, Parameters, Parameters]
) -> Parameters | None:
    """The parameters that two steps point at; None where the steps are too short or too straight to tell."""
    start, once, twice = (_vector(parameters) for parameters in three)
    change = once - start
    turn = (twice - once) - change
    bend = float(np.linalg.norm(turn))
    if bend < 1e-12:
        return None
    length = min(float(np.linalg.norm(change)) / bend, LONGEST_JUMP)
    if length <= 1.0:
        return None
    return _from_vector(start + 2.0 * length * change + length**2 * turn, problem, plans, three[2])


def _vector(parameters: Parameters) -> Floats:
    parts = _parts(parameters)
    return np.concatenate([np.log(np.maximum(part, np.exp(FLOOR))).ravel() for part in parts])


def _parts(parameters: Parameters) -> tuple[Floats, ...]:
    fixed = (
        parameters.levels,
        parameters.affinities,
        parameters.match_shares,
        parameters.match_mixing,
        parameters.states,
    )
    return (*fixed, *parameters.emissions)


def _from_vector(
    vector: Floats, problem: Problem, plans: tuple[ComponentPlan, ...], shape: Parameters
) -> Parameters:
    parts = _parts(shape)
    values = np.exp(np.clip(vector, FLOOR, 0.0))
    ends = np.cumsum([part.size for part in parts])
    levels, affinities, shares, weights, states, *emissions = (
        piece.reshape(part.shape) for piece, part in zip(np.split(values, ends[:-1]), parts, strict=True)
    )
    is_match = np.array([plan.is_match for plan in plans], dtype=bool)
    by_field = np.array([plan.by_field for plan in plans], dtype=bool)
    rows = problem.cells.slots.probabilities(levels)
    weights = np.where(is_match, weights, 0.0)
    return Parameters(
        levels=np.where(by_field[:, None] & problem.group_slots, 1.0, rows),
        affinities=np.where(is_match, 0.0, np.minimum(affinities, 0.5)),
        match_shares=np.minimum(shares, 0.3),
        match_mixing=weights / weights.sum(),
        states=states / np.maximum(states.sum(axis=2, keepdims=True), 1e-300),
        emissions=tuple(normalised_emissions(table) for table in emissions),
    )

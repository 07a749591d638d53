"""The mixture: what is fixed while it is fitted, what is estimated, and the expectation step.

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
from functools import cached_property

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import ComponentPlan
from linkage.weights.classes.priors import PRIOR_MATCHES, PRIOR_MATCHES_ALONE, match_states
from linkage.weights.patterns.chance import Chance, chance_log_density
from linkage.weights.patterns.evidence import Cells
from linkage.weights.patterns.field_states import FieldGroup
from linkage.weights.patterns.group_cells import GroupCells, Tables, group_cells_of

__all__ = ["Expected", "Parameters", "Problem", "expect"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


# A few per cent is what a tree of dependences leaves unexplained of chance agreement. Among the pairs of one name, or
# of one street, that many are more than all matches of their pattern, and would be taken for them.
CHANCE_DOUBT = 0.02


@dataclass(frozen=True)
class Parameters:
    """What is estimated.

    Attributes
    ----------
    levels
        float64 (n_components, n_slots): probability of every level given that the comparison is present; one for
        missing.
    affinities
        float64 (n_sources, n_components): the share of a component that is not a match among the pairs of sources a
        and b is the product of their affinities; see `linkage.weights.fitting.shares`. Zero for matches.
    match_shares
        float64 (n_pair_classes,): share of matches among all pairs.
    match_mixing
        float64 (n_components,): mixing proportions of the components of matches among the matches; zero for others.
    states
        float64 (n_components, n_fields, N_STATES): probability of every state of the fields that comparisons share,
        for components that are explained by field; no fields where no comparisons overlap.
    emissions
        For every overlapping comparison, float64 (n_signatures, n_levels): what it shows under the states of its
        fields, alike for all components.
    """

    levels: Floats
    affinities: Floats
    match_shares: Floats
    match_mixing: Floats
    states: Floats
    emissions: tuple[Floats, ...]


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
        float64 (n_pair_classes,): no more matches than this are possible.
    group
        The patterns of comparisons that share fields; None where none do.
    """

    cells: Cells
    chance: Chance
    chance_density: Floats
    full: Floats
    match_caps: Floats
    group: GroupCells | None

    @classmethod
    def of(cls, cells: Cells, chance: Chance, match_caps: Floats, group: FieldGroup | None) -> "Problem":
        """Fill the table up with the strangers that blocking left out.

        A class of which every pair was compared is whole already. An excess over the strangers that is within the
        doubt about their number is no evidence of anything.
        """
        density = np.exp(chance_log_density(cells, chance))
        strangers = cells.total_pairs[cells.pair_class] * cells.presence * density
        own = None if group is None else group_cells_of(group, cells.levels)
        whole = (cells.by_pair_class(cells.candidates) >= cells.total_pairs)[cells.pair_class]
        full = np.where(whole, cells.candidates, np.maximum(cells.candidates, strangers))
        doubt = CHANCE_DOUBT * strangers
        full = np.where(full > strangers, np.maximum(full - doubt, strangers), full)
        return cls(cells, chance, density, full, match_caps, own)

    @cached_property
    def expected_scale(self) -> Floats:
        """Turns a cell's probability into an expected number of pairs, float64 (n_cells,)."""
        return np.asarray(self.cells.total_pairs[self.cells.pair_class] * self.cells.presence)

    @cached_property
    def compared(self) -> Flags:
        """Pair classes of which any pair was compared, bool (n_pair_classes,)."""
        return np.asarray(self.cells.by_pair_class(self.cells.candidates) > 0)

    @cached_property
    def filled(self) -> Flags:
        """Pair classes that the cells hold pairs of, bool (n_pair_classes,)."""
        return np.asarray(self.cells.by_pair_class(self.full) > 0)

    @cached_property
    def group_slots(self) -> Flags:
        """Slots of the comparisons that share fields, bool (n_slots,)."""
        if self.group is None:
            return np.zeros(self.cells.slots.n_slots, dtype=bool)
        return np.asarray(np.isin(self.cells.slots.comparison, self.group.group.comparisons))

    @cached_property
    def group_agreeing(self) -> Floats:
        """Most pairs that agree fully in each overlapping comparison, float64 (n_overlaps, n_pair_classes).

        Those seen and two deviations, of as many pairs as there would be were the comparison never missing; zero where
        it always is.
        """
        cells, found = self.cells, []
        for overlap in () if self.group is None else self.group.group.overlaps:
            levels = cells.levels[:, overlap.comparison]
            seen = cells.by_pair_class(cells.candidates * (levels == overlap.n_levels - 1))
            present = cells.by_pair_class(cells.random * (levels > 0)) / cells.random_totals
            most = seen + 2.0 * np.sqrt(seen) + 1.0
            found.append(np.where(present > 0, most / np.maximum(present, 1e-300), 0.0))
        return np.array(found).reshape(-1, len(cells.total_pairs))

    @property
    def controlled(self) -> bool:
        """Whether pairs within the sources stand by as a control for those between them."""
        within = self.cells.pair_classes.within
        return len(within) > 1 and bool(self.compared[within].any())

    @property
    def alone(self) -> bool:
        """Whether there is one source, with nothing between sources to hold its pairs against."""
        return self.cells.pair_classes.n_sources == 1

    @property
    def known_matches(self) -> float:
        """Matches that is worth what is known of the fields of a match beforehand."""
        return PRIOR_MATCHES_ALONE if self.alone else PRIOR_MATCHES

    def only(self, kept: Flags) -> "Problem":
        """A part of the cells, as a problem of its own."""
        group = None if self.group is None else replace(self.group, position=self.group.position[kept])
        return Problem(
            self.cells.only(kept),
            self.chance,
            self.chance_density[kept],
            self.full[kept],
            self.match_caps,
            group,
        )


@dataclass(frozen=True)
class Expected:
    """One expectation step.

    Attributes
    ----------
    joint
        float64 (n_cells, 1 + n_components): share times density of strangers (column 0) and of every component.
    pairs
        As `joint`: how many pairs of the cell belong to each.
    log_likelihood
        Of the full table and, with it, of the parameters under their priors; comparable within one problem.
    tables, group_densities
        Of the patterns of overlapping comparisons, float64 (n_components, n_patterns), kept for the next step; rows
        of components that are not explained by field are not used.
    """

    joint: Floats
    pairs: Floats
    log_likelihood: float
    tables: Tables | None
    group_densities: Floats

    @property
    def posteriors(self) -> Floats:
        """Probabilities of strangers and components in each cell."""
        return np.asarray(self.joint / self.joint.sum(axis=1, keepdims=True))


def shares_of(problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters) -> Floats:
    """Share of every component among all pairs of every pair class, float64 (n_pair_classes, n_components)."""
    classes = problem.cells.pair_classes
    shares = parameters.affinities[classes.first] * parameters.affinities[classes.second]
    is_match = np.array([plan.is_match for plan in plans], dtype=bool)
    shares[:, is_match] = parameters.match_shares[:, None] * parameters.match_mixing[is_match]
    return np.asarray(shares)


def shares_with_strangers(
    problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters
) -> Floats:
    """Shares of strangers and of every component, float64 (n_pair_classes, 1 + n_components)."""
    shares = shares_of(problem, plans, parameters)
    # Shares of all components together never come near one, save in the first steps from a bad start.
    strangers = np.maximum(1.0 - shares.sum(axis=1), 1e-9)
    return np.hstack([strangers[:, None], shares])


def expect(problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters) -> Expected:
    """Divide the pairs of every cell among strangers and components."""
    cells = problem.cells
    shares = shares_with_strangers(problem, plans, parameters)
    tables, group_densities = _group_densities(problem, plans, parameters)
    # Component by component in memory, since that is how they are worked out and added up.
    joint = np.empty((1 + len(plans), len(cells.pattern))).T
    joint[:, 0] = shares[cells.pair_class, 0] * problem.chance_density
    for row, levels in enumerate(parameters.levels):
        joint[:, 1 + row] = shares[cells.pair_class, 1 + row] * cells.halves.products(levels)
    if problem.group is not None:
        for row, plan in enumerate(plans):
            if plan.by_field:
                joint[:, 1 + row] *= group_densities[row, problem.group.position]
    total = joint.sum(axis=1)
    pairs = joint * (problem.full / total)[:, None]
    likelihood = float((problem.full * np.log(total)).sum()) + log_prior(problem, plans, parameters)
    if cells.has_labels:
        pairs = _with_labels(problem, plans, joint, pairs)
    return Expected(joint, pairs, likelihood, tables, group_densities)


def log_prior(problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters) -> float:
    """Log density of the parameters under their priors, less its highest value: zero where there is no surprise."""
    slots, found = problem.cells.slots, 0.0
    for row, plan in enumerate(plans):
        if plan.prior is None:
            continue
        used = (plan.prior > 0) & ~(problem.group_slots & plan.by_field)
        mean = slots.probabilities(plan.prior)
        found += float((plan.prior[used] * np.log(parameters.levels[row, used] / mean[used])).sum())
        if problem.group is not None and plan.by_field and plan.is_match:
            known = match_states(tuple(field.nature for field in problem.group.group.fields))
            found += problem.known_matches * float((known * np.log(parameters.states[row] / known)).sum())
    return found


def _group_densities(
    problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters
) -> tuple[Tables | None, Floats]:
    group = problem.group
    if group is None:
        return None, np.empty((0, 0))
    tables = group.tables(parameters.emissions)
    densities = np.ones((len(plans), group.n_patterns))
    for row, plan in enumerate(plans):
        if plan.by_field:
            densities[row] = group.density(tables, group.group.weights(parameters.states[row]))
    return tables, densities


def _with_labels(problem: Problem, plans: tuple[ComponentPlan, ...], joint: Floats, pairs: Floats) -> Floats:
    """Replace the posterior of judged pairs by the judgement, spread over the components that it allows.

    Right also where the judged pairs were picked by their pattern, as in clerical review: within a pattern the
    judged pairs are as good as random.
    """
    cells = problem.cells
    judged = cells.labelled_matches + cells.labelled_non_matches
    is_match = np.array([False] + [plan.is_match for plan in plans])
    remaining = pairs * (1.0 - judged / np.maximum(problem.full, judged))[:, None]
    for counts, allowed in ((cells.labelled_matches, is_match), (cells.labelled_non_matches, ~is_match)):
        share = joint * allowed
        remaining += share * (counts / np.maximum(share.sum(axis=1), 1e-300))[:, None]
    return np.asarray(remaining)

"""States of fields and what they show, from the pairs of each configuration."""

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import STILL_ANOTHER, ComponentPlan, LevelRule
from linkage.weights.classes.priors import match_states
from linkage.weights.fitting.mixture import Expected, Parameters, Problem
from linkage.weights.patterns.field_states import (
    DIFFERS,
    N_STATES,
    SAME,
    FieldGroup,
    Overlap,
    normalised_emissions,
)
from linkage.weights.patterns.traits import Nature

__all__ = ["estimate_states", "first_states", "full_agreement_cap"]

Floats = npt.NDArray[np.float64]

# Differs, much, partly, slightly, the same: a person's own fields do not agree among twins.
TWIN_STATES = (0.92, 0.03, 0.03, 0.019, 0.001)
# Pairs worth of `TWIN_STATES` mixed into a person's own fields among twins, where few twins are seen.
TWIN_PRIOR = 20.0
# Birth dates of two people who have nothing but a name in common: one digit, and two, seldom differ alone. Of two days
# within 18 years one digit differs in .4 of a hundred pairs and two in 4; within 80 years in .1 and 1.
STRANGER_BIRTHS = (0.9245, 0.07, 0.0045, 0.0005, 0.0005)
# Pairs worth of the average of signatures of equal damage mixed into each signature, and of the first guess mixed into
# that average.
DAMAGE_PRIOR = 10.0
GUESS_PRIOR = 5.0
# Counts may exceed what the probabilities say by this factor before the number of matches is bounded by them.
SLACK = 1.25


def first_states(group: FieldGroup | None, plan: ComponentPlan) -> Floats:
    """States of the fields at the start, float64 (n_fields, N_STATES)."""
    if group is None:
        return np.empty((0, N_STATES))
    states = match_states(tuple(field.nature for field in group.fields))
    if not plan.is_match:
        states[_of_two(group, plan)] = TWIN_STATES
    return states


def _of_two(group: FieldGroup, plan: ComponentPlan) -> npt.NDArray[np.bool_]:
    """Fields in which two people of a household are two, bool (n_fields,)."""
    births = np.array([field.nature == Nature.BIRTH for field in group.fields], dtype=bool)
    return np.asarray((group.is_personal & plan.names_differ) | (births & plan.births_differ))


def estimate_states(
    problem: Problem, plans: tuple[ComponentPlan, ...], parameters: Parameters, expected: Expected
) -> tuple[Floats, tuple[Floats, ...]]:
    """States of every component by field and the emissions that they share.

    Twins agree as matches do wherever a field is not a person's own, so these fields are estimated together.
    """
    cells = problem.group
    if cells is None or expected.tables is None:
        return parameters.states, parameters.emissions
    group = cells.group
    shared = np.zeros((len(group.fields), N_STATES))
    own: dict[int, Floats] = {}
    shown = [np.zeros_like(table) for table in parameters.emissions]
    for row, plan in enumerate(plans):
        if not plan.by_field:
            continue
        pairs = np.bincount(cells.position, expected.pairs[:, 1 + row], cells.n_patterns).astype(np.float64)
        weights = group.weights(parameters.states[row])
        counts = cells.counts(expected.tables, weights, pairs, expected.group_densities[row])
        own[row] = group.state_counts(counts.configurations)
        if not plan.births_differ:
            # Siblings are found by the surname and place that they share: they do not say how often these differ.
            shared += np.where(group.is_personal[:, None] & (not plan.is_match), 0.0, own[row])
        shown = [total + table for total, table in zip(shown, counts.levels, strict=True)]
    states = parameters.states.copy()
    known = match_states(tuple(field.nature for field in group.fields))
    of_matches = _shares(shared + problem.known_matches * known)
    # Forenames of twins differ as those of siblings do, of whom there are many.
    two_names = [
        counted for row, counted in own.items() if not plans[row].is_match and plans[row].names_differ
    ]
    of_two = sum(two_names, np.zeros_like(shared))
    places = np.array([field.nature == Nature.PLACE for field in group.fields], dtype=bool)
    for row, counted in own.items():
        plan = plans[row]
        states[row] = of_matches
        if plan.is_match:
            continue
        two = _of_two(group, plan)
        if plan.is_by_chance:
            of_their_own = _shares(counted + known)
            if places.any():
                states[row, places] = _apart(of_their_own[places], of_matches[places])
            else:
                states[row] = of_their_own
            states[row, two] = _stranger_births(counted[two])
        elif problem.alone:
            # Nothing tells names of twins from wrong names of matches.
            states[row, two] = TWIN_STATES
        else:
            found = np.where(group.is_personal[:, None], of_two, counted)
            states[row, two] = _twin_states(found[two])
        if plan.where(LevelRule.AS_STAYED).any():
            states[row, places] = _with_differing(
                of_matches[places], STILL_ANOTHER * of_matches[places, DIFFERS]
            )
    return states, _emissions(group, shown, strict=problem.alone)


def _shares(counts: Floats) -> Floats:
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def _stranger_births(counts: Floats) -> Floats:
    """Birth dates of two people: how far apart is counted, how seldom nearly the same is known."""
    known = np.array(STRANGER_BIRTHS)
    far = _shares(counts[:, :2] + TWIN_PRIOR * known[:2]) * known[:2].sum()
    return np.hstack([far, np.tile(known[2:], (len(counts), 1))])


def _twin_states(counts: Floats) -> Floats:
    """A person's own fields among twins: never the same but for the odd chance, which keeps odds finite."""
    different = counts + TWIN_PRIOR * np.array(TWIN_STATES)
    different[:, SAME] = 0.0
    different *= (1.0 - TWIN_STATES[SAME]) / different.sum(axis=1, keepdims=True)
    different[:, SAME] = TWIN_STATES[SAME]
    return np.asarray(different)


def _apart(counted: Floats, of_matches: Floats) -> Floats:
    """States of places of two people of one name: other ones at least as often as among matches.

    Left free, namesakes take the matches with a wrong name and a wrong birth date whose address is the same.
    """
    return _with_differing(of_matches, np.maximum(counted[:, DIFFERS], of_matches[:, DIFFERS]))


def _with_differing(states: Floats, shares: Floats) -> Floats:
    """The same with other shares of what differs altogether, the rest in proportion."""
    rest = (1.0 - shares) / np.maximum(1.0 - states[:, DIFFERS], 1e-300)
    changed = states * rest[:, None]
    changed[:, DIFFERS] = shares
    return np.asarray(changed)


def _emissions(group: FieldGroup, shown: list[Floats], *, strict: bool) -> tuple[Floats, ...]:
    guesses = group.first_emissions()
    return tuple(
        _emission(overlap, counts, guess, strict=strict)
        for overlap, counts, guess in zip(group.overlaps, shown, guesses, strict=True)
    )


def _emission(overlap: Overlap, counts: Floats, guess: Floats, *, strict: bool) -> Floats:
    """Levels shown under every signature, drawn towards the average of signatures of equal damage.

    Under `strict` only what is the same, or slightly different, agrees fully: in one source namesakes would else come
    to agree fully in filters that hold their birth dates.
    """
    if not overlap.is_incomplete:
        # Two fields that differ make no equal filters, whatever a class in which no others are seen has come to hold.
        # For one of them another filter may stand in.
        unequal = (overlap.signatures == DIFFERS).sum(axis=1) > 1
        counts = np.where((unequal | (strict & (overlap.damage > 1)))[:, None] & overlap.is_top, 0.0, counts)
    damages = np.eye(int(overlap.damage.max()) + 1)[:, overlap.damage]
    present = np.where(np.arange(overlap.n_levels) > 0, guess, 0.0)
    average = damages @ counts
    average += GUESS_PRIOR * (damages @ present) / np.maximum(damages.sum(axis=1, keepdims=True), 1.0)
    average /= np.maximum(average.sum(axis=1, keepdims=True), 1e-300)
    table = counts + DAMAGE_PRIOR * average[overlap.damage]
    table[overlap.held] = guess[overlap.held]
    return normalised_emissions(table)


def full_agreement_cap(problem: Problem, states: Floats) -> Floats:
    """Most matches that the fully agreeing pairs leave room for, float64 (n_pair_classes,).

    Matches times the probability that all fields of a comparison are the same cannot be much more than the pairs seen
    to agree fully in it. The bound does not touch a fit that is right, and keeps a wrong one from taking people who are
    merely alike for matches.

    The comparison that leaves most room decides. States are those of all sources, and a source may write one field in a
    way of its own: where addresses hardly ever agree, comparisons that hold them say nothing of the number of matches.
    """
    if problem.group is None:
        return np.full(len(problem.cells.total_pairs), np.inf)
    same = [states[list(overlap.members), SAME].prod() for overlap in problem.group.group.overlaps]
    room = (problem.group_agreeing / np.maximum(same, 1e-300)[:, None]).max(axis=0)
    return np.where(room > 0, SLACK * room, np.inf)

"""Scores of patterns: what the definition says, and the same bits whichever patterns are asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.weights import ComparisonTraits, Component, Model, log_odds, score_patterns
from linkage.weights.classes.components import TWINS, ComponentKind
from linkage.weights.fitted.model import Corrections
from linkage.weights.fitted.scoring import log_densities
from linkage.weights.patterns.chance import Edge
from linkage.weights.patterns.evidence import levels_of_patterns
from linkage.weights.patterns.field_states import N_STATES, overlap_of
from linkage.weights.patterns.traits import fields_of

NAME, DATE, PLACE = ("forename", "name"), ("birth_date", "date"), ("postcode", "postcode")
NAMES = ("match", TWINS, "household", *(f"class {number}" for number in range(9)))
KINDS = (
    ComponentKind.MATCH,
    ComponentKind.HOUSEHOLD,
    *(4 * [ComponentKind.HOUSEHOLD] + 6 * [ComponentKind.MATCH]),
)
"""So many of a kind that a sum over them depends on its order."""
PAIR_CLASSES = 3


def model_of(comparisons: tuple[ComparisonTraits, ...], seed: int, *, by_field: bool = False) -> Model:
    """A model with probabilities drawn at random, some of them zero; dependences join neighbours."""
    rng = np.random.default_rng(seed)
    n_levels = [traits.n_levels for traits in comparisons]

    def levels() -> np.ndarray:
        drawn = [rng.dirichlet(np.ones(n - 1)) * (rng.random(n - 1) < 0.9) for n in n_levels]
        return np.concatenate([np.concatenate([[1.0], own]) for own in drawn])

    group = overlap_of(comparisons) if by_field else None
    components = []
    for name, kind in zip(NAMES, KINDS, strict=True):
        own, states = levels(), None
        if group is not None and name != "household":
            states = rng.dirichlet(np.ones(N_STATES), len(group.fields))
            own[:] = 1.0
        components.append(Component(name, kind, own, states))
    edges = [
        Edge(first, first - 1, rng.normal(size=(n_levels[first], n_levels[first - 1])))
        for first in range(1, len(n_levels))
    ]
    shares = rng.dirichlet(np.ones(len(NAMES) + 1), PAIR_CLASSES)[:, :-1]
    shares[0, 1] = 0.0
    patterns = np.unique(rng.integers(np.prod(n_levels), size=5))
    return Model(
        comparisons,
        (),
        (10, 10),
        tuple(components),
        shares,
        np.stack([np.maximum(levels(), 1e-3) for _ in range(PAIR_CLASSES)]),
        tuple(edges),
        group.first_emissions() if group is not None else (),
        corrections=Corrections(patterns, rng.normal(size=len(patterns))),
    )


def plain(*n_levels: int) -> tuple[ComparisonTraits, ...]:
    return tuple(ComparisonTraits(f"c{place}", n) for place, n in enumerate(n_levels))


def sharing(first: int, second: int, third: int, lacking: int) -> tuple[ComparisonTraits, ...]:
    """Filters that share fields; of the first so many levels are of pairs that lack one."""
    more = tuple(range(first, first + lacking))
    return (
        ComparisonTraits("a", first + lacking, fields=fields_of([NAME, DATE]), incomplete_levels=more),
        ComparisonTraits("b", second, fields=fields_of([DATE, PLACE])),
        ComparisonTraits("c", 3),
        ComparisonTraits("d", third, fields=fields_of([NAME, PLACE])),
    )


def probability(model: Model, component: Component, levels: np.ndarray) -> float:
    """Of one pattern under one class, as it is defined."""
    found = float(np.prod(component.levels[model.offsets[:-1] + levels]))
    if component.states is None:
        return found
    shown = model.group.weights(component.states).copy()
    for number, overlap in enumerate(model.group.overlaps):
        shown *= model.emissions[number][model.group.signatures[number], levels[overlap.comparison]]
    return found * float(shown.sum())


def by_definition(model: Model, pair_class: int, pattern: int) -> tuple[float, float]:
    """Probability of a match and of anything else, together with a pattern."""
    levels = levels_of_patterns(np.array([pattern]), model.n_levels)[0]
    shares = model.shares[pair_class]
    chance = np.prod(model.chance_levels[pair_class][model.offsets[:-1] + levels])
    for edge in model.chance_edges:
        chance *= np.exp(edge.log_ratio[levels[edge.first], levels[edge.second]])
    of = [
        share * probability(model, each, levels) for share, each in zip(shares, model.components, strict=True)
    ]
    return sum(np.array(of)[model.is_match]), sum(np.array(of)[~model.is_match]) + (1 - shares.sum()) * chance


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("comparisons", [plain(4), plain(3, 5, 4), sharing(4, 5, 6, 0)])
def test_odds_are_those_of_the_definition(comparisons):
    model = model_of(comparisons, 1, by_field=len(comparisons) == 4)
    odds, densities = score_patterns(model).odds, log_densities(model)
    odds[:, model.corrections.patterns] -= model.corrections.bits
    for pair_class in range(PAIR_CLASSES):
        both = [by_definition(model, pair_class, pattern) for pattern in range(model.n_patterns)]
        match, other = np.array(both).T
        assert np.allclose(odds[pair_class], np.log2(match) - np.log2(other), atol=1e-9)
        assert np.allclose(densities[pair_class], np.log(match + other), atol=1e-9)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Of few patterns, and of more than linear algebra takes at a time; no number of levels is a round one."""
    seed = draw(st.integers(0, 1000))
    if draw(st.booleans()):
        return model_of(plain(*draw(st.lists(st.integers(3, 7), min_size=1, max_size=5))), seed)
    levels = [draw(st.integers(4, 7)) for _ in range(3)]
    return model_of(sharing(*levels, lacking=draw(st.sampled_from([0, 3]))), seed, by_field=True)


@pytest.mark.filterwarnings("ignore:divide by zero")
@given(models(), st.integers(0, 1000), st.sampled_from([0, 1, 2, 9, 70, 1000]))
def test_a_pattern_scores_the_same_to_the_last_bit_whichever_others_are_asked_for(model, seed, n_asked):
    whole, densities = score_patterns(model), log_densities(model)
    asked = np.random.default_rng(seed).integers(model.n_patterns, size=n_asked)
    some = score_patterns(model, asked)
    assert np.array_equal(some.odds[:, asked], whole.odds[:, asked])
    assert np.array_equal(some.twin_shares[:, asked], whole.twin_shares[:, asked])
    assert np.array_equal(log_densities(model, asked)[:, asked], densities[:, asked])
    assert np.array_equal(log_odds(model, 1), whole.odds[1])

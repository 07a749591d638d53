"""Sums of a step are those of the expectation cell by cell, with labels and without."""

import numpy as np
import pytest

from linkage.weights import ComparisonTraits, Evidence
from linkage.weights.fitting.division import divide, pairs_by_class
from linkage.weights.fitting.mixture import Problem, expect
from linkage.weights.fitting.starts import starts
from linkage.weights.fitting.structure import structure
from linkage.weights.patterns.chance import estimate_chance
from linkage.weights.patterns.evidence import LabelledCounts, cells_of
from linkage.weights.patterns.traits import fields_of

COMPARISONS = (
    ComparisonTraits("forename", 4, fields=fields_of([("forename", "name")])),
    ComparisonTraits("birth_date", 3, fields=fields_of([("birth_date", "date")])),
    ComparisonTraits("postcode", 3, fields=fields_of([("postcode", "postcode")])),
    ComparisonTraits("address", 4, fields=fields_of([("address", "address")])),
)


@pytest.mark.parametrize("labelled", [False, True])
def test_sums_are_those_of_the_expectation(labelled):
    rng = np.random.default_rng(4)
    shape = (3, 4 * 3 * 3 * 4)
    seen, random = rng.poisson(2, shape).astype(float), rng.poisson(3, shape).astype(float)
    labels = LabelledCounts((seen > 4).astype(float), (seen == 1).astype(float)) if labelled else None
    evidence = Evidence(COMPARISONS, (400, 300), seen, random, labels=labels)
    cells = cells_of(evidence)
    chance = estimate_chance(cells, np.ones(len(cells.pattern)), n_fields=evidence.n_fields)
    problem = Problem.of(cells, chance, np.full(3, 300.0), None)
    plans = structure(problem, COMPARISONS)
    parameters = next(iter(starts(problem, plans)))[1]

    found, wanted = divide(problem, plans, parameters), expect(problem, plans, parameters)

    assert len(plans) > 3
    assert (found.expected is None) == (not labelled)
    assert found.log_likelihood == pytest.approx(wanted.log_likelihood, rel=1e-12)
    assert np.allclose(found.by_class, pairs_by_class(problem, wanted), rtol=1e-10)
    counts = np.stack([cells.halves.sums(pairs) for pairs in wanted.pairs[:, 1:].T])
    assert np.allclose(found.counts, counts, rtol=1e-10)

"""A class of matches whose forenames differ is told of; one of people is not."""

import numpy as np
import pytest

from linkage.weights import ComparisonTraits
from linkage.weights.fitted.model import Component, ComponentKind
from linkage.weights.fitting.implausible import implausible_matches
from linkage.weights.patterns.traits import fields_of

COMPARISONS = tuple(
    ComparisonTraits(
        name, 3, fields=fields_of([(name, kind)]), natures=frozenset([fields_of([(name, kind)])[0].nature])
    )
    for name, kind in (
        ("forename", "name"),
        ("surname", "name"),
        ("birth_date", "date"),
        ("address", "address"),
    )
)
FIELDS = fields_of(
    [("forename", "name"), ("surname", "name"), ("birth_date", "date"), ("address", "address")]
)


def by_level(*differs: float) -> Component:
    levels = np.concatenate([[1.0, share, 1 - share] for share in differs])
    return Component("match", ComponentKind.MATCH, levels)


def by_field(*differs: float) -> Component:
    states = np.array([[share, 0.0, 0.0, 1 - share] for share in differs])
    return Component("match", ComponentKind.MATCH, np.ones(12), states)


@pytest.mark.parametrize("made,fields", [(by_level, ()), (by_field, FIELDS)])
def test_people_who_share_an_address_only_are_told_of(made, fields):
    told = implausible_matches(made(0.9, 0.1, 0.7, 0.0), COMPARISONS, fields)
    assert [warning.split(" differs, or ")[0] for warning in told] == ["forename", "birth_date"]
    assert "90% of what was taken for matches" in told[0]


@pytest.mark.parametrize("made,fields", [(by_level, ()), (by_field, FIELDS)])
def test_people_who_moved_and_married_are_not(made, fields):
    assert implausible_matches(made(0.2, 0.6, 0.1, 0.9), COMPARISONS, fields) == []

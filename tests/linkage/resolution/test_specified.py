"""The rules that a specification asks for."""

import pytest

from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.specification import default_specification_text, parse_specification
from linkage.resolution.specified import resolution_options

SOURCES = ("school", "gp", "benefits")


def options(section, sources=SOURCES):
    text = default_specification_text("children").replace('within = "auto"', section)
    return resolution_options(parse_specification(text, origin="spec"), sources, 1.5)


def test_auto_chains_duplicates_of_a_single_source_only():
    assert options('within = "auto"', ("gp",)).rules.several[0, 0]
    assert not options('within = "auto"').rules.several.any()


def test_never_forbids_links_inside_a_source():
    thresholds = options('within = "never"').rules.thresholds
    assert (thresholds.diagonal() == float("inf")).all()
    assert thresholds[0, 1] == 1.5


def test_cardinality_is_read_from_the_first_source_to_the_second():
    rule = 'cardinality = [{ sources = ["school", "benefits"], cardinality = "one_to_many" }]\nlargest_cluster = 7'
    asked = options(rule)
    assert asked.rules.several[2, 0]
    assert not asked.rules.several[0, 2]
    assert asked.largest_cluster == 7


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ('cardinality = [{ sources = ["school", "gpp"], cardinality = "one_to_one" }]', "did you mean 'gp'"),
        ('cardinality = [{ sources = ["gp", "gp"], cardinality = "one_to_one" }]', "two different sources"),
        ('within = "sometimes"', "resolution.within"),
    ],
)
def test_faults(section, expected):
    with pytest.raises(SpecificationRefused, match=expected):
        options(section)

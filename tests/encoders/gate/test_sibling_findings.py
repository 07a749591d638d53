"""The gate warns where codes of relatives tell of birth dates."""

from types import SimpleNamespace

import pytest

from encoders.gate.attack_findings import sibling_findings
from linkage.exchange.specification import default_specification_text, parse_specification

SALT = ', salt = "birth_date:year"'


def warned(text):
    """Filters of a specification that are warned of."""
    specification = parse_specification(text, origin="test")
    people = SimpleNamespace(specification=specification)
    targets = [
        SimpleNamespace(rule=rule, people=people, diffused=bool(rule.hardening))
        for rule in specification.filters
    ]
    return [finding.target for target in targets for finding in sibling_findings(target)]


def test_the_default_is_not_warned_of():
    assert warned(default_specification_text("children_private")) == []


@pytest.mark.parametrize("field", ["postcode", "surname"])
def test_a_field_without_a_salt_beside_digits_of_a_date_is_warned_of(field):
    text = default_specification_text("children_private")
    unsalted = text.replace(f'{{ field = "{field}"{SALT} }}', f'{{ field = "{field}" }}')
    assert "filter.surname_birth_postcode" in warned(unsalted)


def test_every_filter_that_holds_the_date_is_warned_of_where_nothing_is_salted():
    text = default_specification_text("children_private").replace(SALT, "")
    assert warned(text) == [
        "filter.names_birth",
        "filter.forename_birth_postcode",
        "filter.surname_birth_postcode",
    ]

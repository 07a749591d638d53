"""What a specification says about people is checked with the rest, all faults at once."""

import pytest

from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification import default_specification_text, parse_specification

DEFAULT = default_specification_text("children")


def faults(text: str) -> str:
    with pytest.raises(SpecificationRefused) as refused:
        parse_specification(text, origin="spec.toml")
    return str(refused.value)


def test_the_default_has_cohorts_and_no_recipients() -> None:
    specification = parse_specification(DEFAULT, origin="spec.toml")
    assert [column.name for column in specification.record_schema.of_kind(ColumnKind.COHORT)] == [
        "birth_date"
    ]
    assert specification.recipients == {}
    assert (specification.lifecycle.age, specification.lifecycle.later_age) == (18, 25)


def test_people_change_no_fingerprint_but_the_cohort_does() -> None:
    before = parse_specification(DEFAULT, origin="").fingerprint
    rights = '\n[recipients.care]\nsees = ["gp"]\n'
    changed = (
        DEFAULT.replace("review_bits = 8.0", "review_bits = 4.0").replace("\nage = 18", "\nage = 16") + rights
    )
    assert parse_specification(changed, origin="").fingerprint == before
    by_year = DEFAULT.replace('part = "year_month"', 'part = "year"')
    assert parse_specification(by_year, origin="").fingerprint != before


def test_all_faults_are_told_at_once() -> None:
    text = DEFAULT.replace('[cohort]\nfield = "birth_date"', '[cohort]\nfield = "surname"')
    text = text.replace("later_age = 25", "later_age = 17")
    text += '\n[recipients.care]\nasks_about = ["scool"]\nsees = ["gp"]\nsees_records = ["school"]\n'
    told = faults(text)
    assert "cohort.field: a cohort is a part of a date" in told
    assert "recipients.care.asks_about: there is no source 'scool'; did you mean 'school'?" in told
    assert "recipients.care.sees_records: 'school' has to stand in 'sees' too" in told
    assert "lifecycle.later_age" in told


def test_a_recipient_that_sees_nothing_is_a_fault() -> None:
    assert "recipients.care.sees" in faults(DEFAULT + '\n[recipients.care]\nasks_about = ["gp"]\n')

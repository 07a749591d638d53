"""The specification: every fault at once, risks by name, a fingerprint of the bits."""

import re

import pytest

from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.specification import (
    default_specification_text,
    named_risks,
    parse_specification,
    read_specification,
)

DEFAULT = default_specification_text("children")


def parse(text):
    return parse_specification(text, origin="spec.toml")


def changed(**replacements):
    text = DEFAULT
    for old, new in replacements.values():
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_the_default_is_good():
    specification = parse(DEFAULT)
    assert specification.format == 1
    assert set(specification.sources) == {"school", "gp", "benefits"}
    assert len(specification.fingerprint) == 64


def test_every_fault_is_reported_at_once():
    text = changed(
        kind=('sex = { kind = "sex" }', 'sex = { kind = "gender" }'),
        filter=('filter = "surname"', 'filter = "surnam"'),
        part=('"forename:soundex", "birth_date:whole"]', '"forename:soundex", "birth:whole"]'),
        transform=('"postcode:whole"]', '"postcode:year"]'),
        column=('upn = "upn"\n\n[sources.gp]', 'upm = "upn"\n\n[sources.gp]'),
        format=('date_formats = ["%d/%m/%Y"]', "date_formats = []"),
        bits=("bits = 256", "bits = 100"),
        objective=('objective = "f1"', 'objective = "f2"\nextra = 1'),
    )
    with pytest.raises(SpecificationRefused) as refusal:
        parse(text)
    message = str(refusal.value)
    for expected in (
        "9 faults",
        "fields.sex.kind",
        "did you mean 'surname'?",
        "there is no field 'birth'",
        "'year' is a part of a date",
        "sources.school.columns: there is no field 'upm'; did you mean 'upn'?",
        "sources.school.date_formats",
        "multiple of 64, got 100",
        "decision.extra: unknown key",
        "got 'f2'",
    ):
        assert expected in message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'name = "upn"\nfield = "upn"',
            'name = "sex"\nfield = "upn"',
            "tokens: the name 'sex' is given 2 times",
        ),
        ('token = "sex"', 'token = "sex"\nlevels = [0.5]', "a token comparison has no levels"),
        (
            'token = "sex"',
            'token = "sex"\nfilter = "surname"',
            "expected one of 'filter' and 'token', got both",
        ),
        ('space = "name_birth"', 'space = "name_birth"\nbuckets = 9', "the same number of buckets"),
        (
            'date_formats = ["%d/%m/%Y"]',
            'date_formats = ["dd/mm/yyyy"]',
            "%Y or %y, with %H %M %S %f for a time, got 'dd/mm/yyyy'",
        ),
        ('date_formats = ["%d/%m/%Y"]', 'date_formats = ["%d/%m"]', "expected day, month and year once each"),
        ("format = 1", "format = 2", "format: input should be 1, got 2"),
    ],
)
def test_faults_between_sections(old, new, expected):
    with pytest.raises(SpecificationRefused, match=re.escape(expected)):
        parse(DEFAULT.replace(old, new, 1))


def test_levels_out_of_order_are_a_fault():
    text = DEFAULT.replace("levels = [0.60,", 'similarity = "dice"\nlevels = [0.99,', 1)
    with pytest.raises(SpecificationRefused, match="ascending order"):
        parse(text)


def test_a_risk_has_to_be_accepted_by_name():
    with pytest.raises(SpecificationRefused, match="'attribute_level' applies to forename, surname"):
        parse(re.sub(r"accepted_risks = \[.*\]", "accepted_risks = []", DEFAULT))


def test_strong_diffusion_of_several_fields_runs_no_named_risk():
    text = """
format = 1
project = "p"
[fields]
a = { kind = "name" }
b = { kind = "date" }
[[filters]]
name = "ab"
fill = 0.19
fields = [{ field = "a" }, { field = "b" }]
hardening = [{ kind = "diffuse", inputs = 10, bits = 1024 }]
[[blocking_keys]]
name = "k"
parts = ["b:year"]
buckets = 64
[[comparisons]]
name = "ab"
filter = "ab"
"""
    specification = parse(text)
    assert named_risks(specification) == {}
    assert specification.record_schema.n_words == 17


def test_toml_faults_name_the_line():
    with pytest.raises(SpecificationRefused, match="line 2"):
        parse("format = 1\nproject = \n")


def test_the_fingerprint_covers_the_bits_and_nothing_else():
    fingerprint = parse(DEFAULT).fingerprint
    same = [('record_id = "pupil_ref"', 'record_id = "id"'), ('objective = "f1"', 'objective = "precision"')]
    other = [
        ("bits = 512", "bits = 576"),
        ("fill = 0.30", "fill = 0.31"),
        ('project = "children"', 'project = "x"'),
    ]
    assert all(parse(DEFAULT.replace(*pair, 1)).fingerprint == fingerprint for pair in same)
    assert all(parse(DEFAULT.replace(*pair, 1)).fingerprint != fingerprint for pair in other)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(SpecificationRefused, match="childindex spec new"):
        read_specification(tmp_path / "none.toml")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "s.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecificationRefused, match="UTF-8"):
        read_specification(tmp_path / "s.toml")


MINIMAL = """
format = 1
project = "p"
[fields]
forename = { kind = "name" }
surname = { kind = "name" }
former_surname = { kind = "name" }
birth_date = { kind = "date" }
sex = { kind = "sex" }
postcode = { kind = "postcode" }
nhs_number = { kind = "nhs_number" }
[privacy]
accepted_risks = ["attribute_level", "undiffused", "unbucketed_keys", "cohort_tokens"]
"""


def test_sections_that_are_left_out_follow_from_the_kinds():
    specification = parse(MINIMAL)
    names = {rule.name for rule in specification.filters}
    assert names == {"forename", "surname", "former_surname", "birth_date", "postcode"}
    assert {rule.name for rule in specification.tokens} == {"sex", "nhs_number"}
    assert "former_surname" not in {rule.name for rule in specification.comparisons}
    surname = next(rule for rule in specification.comparisons if rule.name == "surname")
    assert [(view.left, view.right) for view in surname.alternatives] == [
        ("surname", "former_surname"),
        ("forename", "surname"),
    ]
    assert surname.alternatives[1].only_equal
    spaces = {rule.name: rule.space_name for rule in specification.blocking_keys}
    assert spaces["former_surname_year"] == spaces["surname_year"] == "surname_year"


def test_a_derived_section_runs_risks_like_any_other():
    with pytest.raises(SpecificationRefused, match="attribute_level"):
        parse(MINIMAL.partition("[privacy]")[0])


def test_a_section_that_is_given_is_taken_as_it_is():
    given = MINIMAL + '[[blocking_keys]]\nname = "k"\nparts = ["surname:initial"]\n'
    assert [rule.name for rule in parse(given).blocking_keys] == ["k"]


def test_the_private_profile_runs_one_named_risk_and_is_small():
    specification = parse(default_specification_text("children_private"))
    assert named_risks(specification) == {"cohort_tokens": ["birth_date"]}
    assert specification.privacy.accepted_risks == ["cohort_tokens"]
    assert 8 * specification.record_schema.n_words <= 400

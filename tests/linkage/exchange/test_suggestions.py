"""A wrong name is answered with the nearest right one, read from the schema."""

import pytest

from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.specification import default_specification_text, parse_specification
from linkage.exchange.suggestions import suggestion


@pytest.mark.parametrize(
    ("wrong", "known", "told"),
    [
        ("surnam", ["forename", "surname"], "did you mean 'surname'?"),
        ("Birth Date", ["birth_date", "sex"], "did you mean 'birth_date'?"),
        ("zzz", ["b", "a"], "known: a, b"),
        ("zzz", [], "none is defined"),
    ],
)
def test_a_suggestion(wrong, known, told):
    assert suggestion(wrong, known) == told


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("levels =", "levls =", "did you mean 'levels'"),
        ("\nobjective =", "\nobjektive =", "did you mean 'objective'"),
        ("date_formats =", "date_format =", "did you mean 'date_formats'"),
        ("[resolution]", "[resolutions]", "did you mean 'resolution'"),
        ("inputs =", "imputs =", "did you mean 'inputs'"),
        ("buckets =", "bukets =", "did you mean 'buckets'"),
    ],
)
def test_a_wrong_key_of_a_specification_gets_the_nearest(right, wrong, expected):
    text = next(
        text for text in map(default_specification_text, ("children", "children_private")) if right in text
    )
    with pytest.raises(SpecificationRefused, match=expected):
        parse_specification(text.replace(right, wrong, 1), origin="spec.toml")

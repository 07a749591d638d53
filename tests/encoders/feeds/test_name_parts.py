"""Parts of names that a feed keeps in one column."""

import pyarrow as pa
import pytest

from encoders.feeds.field_values import field_values
from encoders.feeds.name_parts import part_of_names
from linkage.exchange.specification.model import SourceRule

WHOLE = {
    "SMITH, John Andrew": ("John", "Andrew", "SMITH"),
    "John Andrew Smith": ("John", "Andrew", "Smith"),
    "  Mr. John  Smith ": ("John", None, "Smith"),
    "Smith, Mr John": ("John", None, "Smith"),
    "SMITH , John, Mr": ("John", None, "SMITH"),
    "SMITH, John (Mr)": ("John", None, "SMITH"),
    "Dr Ludwig van Beethoven": ("Ludwig", None, "van Beethoven"),
    "van der Berg": (None, None, "van der Berg"),
    "de la Cruz, Ana Maria": ("Ana", "Maria", "de la Cruz"),
    "O'Brien, Mary-Jane": ("Mary-Jane", None, "O'Brien"),
    "John Smith Jr": ("John", None, "Smith"),
    "José García López": ("José", "García", "López"),
    "Drew Masterson": ("Drew", None, "Masterson"),
    "Smith,": (None, None, "Smith"),
    "Cher": (None, None, "Cher"),
    " ": (None, None, None),
    None: (None, None, None),
}


def test_a_whole_name_has_three_parts():
    names = pa.array(WHOLE, pa.string())
    parts = [part_of_names(names, part).to_pylist() for part in ("forename", "middle_name", "surname")]
    assert dict(zip(WHOLE, zip(*parts, strict=True), strict=True)) == WHOLE


def test_forenames_have_a_first_and_others():
    names = pa.array(["John Andrew Paul", "Miss Mary-Jane", "Al", "", None])
    assert part_of_names(names, "first_forename").to_pylist() == ["John", "Mary-Jane", "Al", None, None]
    assert part_of_names(names, "other_forenames").to_pylist() == ["Andrew Paul", None, None, None, None]


def test_the_initial_is_that_of_the_first_forename():
    names = pa.array(["John Andrew", "Mr. Émile", "J.", "A B", " ", None])
    assert part_of_names(names, "initial").to_pylist() == ["J", "É", "J", "A", None, None]


def test_a_source_says_which_part_a_field_is():
    source = SourceRule.model_validate(
        {
            "record_id": "id",
            "columns": {"forename": {"column": "Patient", "part": "forename"}, "surname": "Surname"},
        }
    )
    batch = pa.record_batch({"Patient": ["SMITH, John"], "Surname": ["Smith Jones"]})
    assert (source.columns_of("forename"), source.part_of("surname")) == (["Patient"], None)
    assert field_values(batch, source, "forename").to_pylist() == ["John"]
    assert field_values(batch, source, "surname").to_pylist() == ["Smith Jones"]


def test_another_part_is_refused():
    with pytest.raises(ValueError, match="first_forename"):
        SourceRule.model_validate({"record_id": "id", "columns": {"a": {"column": "b", "part": "title"}}})

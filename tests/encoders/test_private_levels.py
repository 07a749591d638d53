"""What the levels of the private profile tell apart: the last one is kept for filters whose fields are all equal."""

from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from encoders.keys.project_key import ProjectKey
from encoders.record_encoder import RecordEncoder
from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification import default_specification_text, parse_specification

RECORD = {"forename": "oliver", "surname": "whitfield", "birth_date": "20110203", "postcode": "sw1a2aa"}
SPECIFICATION = parse_specification(default_specification_text("children_private"), origin="test")
LAST_LEVELS = {rule.filter: rule.levels[-1] for rule in SPECIFICATION.comparisons if rule.filter}


@cache
def encoders():
    keys = [ProjectKey.generate(SPECIFICATION.project) for _ in range(3)]
    return [RecordEncoder(SPECIFICATION, "gp", key.derive) for key in keys]


def shares_of_differing_bits(**changes):
    """By filter that holds a changed field, under each key: float64, shape (keys,)."""
    columns = {field: pa.array([value, changes.get(field, value)]) for field, value in RECORD.items()}
    shares = {}
    for encoder in encoders():
        records = encoder.encode(np.zeros((2, 16), np.uint8), columns)
        for rule in SPECIFICATION.filters:
            if not changes or {member.field for member in rule.fields} & set(changes):
                words = SPECIFICATION.record_schema.column(ColumnKind.FILTER, rule.name)
                left, right = records.words[:, words.offset : words.stop]
                shares.setdefault(rule.name, []).append(
                    np.bitwise_count(left ^ right).sum() / rule.output_bits
                )
    return {name: np.array(found) for name, found in shares.items()}


@pytest.mark.parametrize(
    "changes", [{"birth_date": "20110204"}, {"postcode": "sw1a2ab"}, {"forename": "olivar"}]
)
def test_the_smallest_error_in_a_field_is_no_full_agreement(changes):
    for name, shares in shares_of_differing_bits(**changes).items():
        assert shares.min() > LAST_LEVELS[name], name


def test_equal_fields_make_equal_filters():
    for name, shares in shares_of_differing_bits().items():
        assert shares.max() == 0.0, name

"""Canaries: the same at every source, unknown without the key, and as full as a record can be."""

import numpy as np
import pytest

from encoders.canaries import CANARIES, canary_records
from encoders.keys.project_key import ProjectKey
from encoders.record_encoder import RecordEncoder
from linkage.exchange.records import RecordFlag
from linkage.exchange.specification import default_specification_text, parse_specification


@pytest.fixture(scope="module", params=["children", "children_private"])
def specification(request):
    return parse_specification(default_specification_text(request.param), origin="test")


def canaries_of(specification, key, source="school"):
    return canary_records(specification, RecordEncoder(specification, source, key.derive), key.derive)


@pytest.fixture(scope="module")
def key(specification):
    return ProjectKey.generate(specification.project)


def test_every_source_has_the_same_ones(specification, key):
    left, right = (canaries_of(specification, key, source) for source in ("school", "gp"))
    assert (left.record_ids == right.record_ids).all()
    assert (left.words == right.words).all()


def test_another_key_has_others(specification, key):
    other = canaries_of(specification, ProjectKey.generate(specification.project))
    assert not (other.record_ids == canaries_of(specification, key).record_ids).all(axis=1).any()


def test_they_are_flagged_distinct_and_have_every_column(specification, key):
    records = canaries_of(specification, key)
    assert len(np.unique(records.record_ids, axis=0)) == len(records) == CANARIES
    assert (records.flags == RecordFlag.CANARY).all()
    for column in specification.record_schema.columns:
        assert records.words[:, column.offset : column.stop].any(axis=1).all(), column.label

"""A filter of which a field is missing: what the others say is kept, and nothing repeats that is made up."""

import hashlib
from itertools import pairwise

import numpy as np
import oracle_bloom
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.attacks.token_knowledge import token_indicators
from encoders.attacks.value_numbers import MISSING, value_numbers_of_filter
from encoders.canaries import canary_records
from encoders.filters.bloom import FilterEncoder, positions_a_token
from encoders.keys.project_key import ProjectKey
from encoders.record_encoder import RecordEncoder
from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification import default_specification_text, parse_specification
from linkage.exchange.specification.encoding import FieldRule, FilterField, FilterRule

FIELDS = {
    "forename": FieldRule(kind="name"),
    "surname": FieldRule(kind="name"),
    "birth_date": FieldRule(kind="date"),
}
MEAN = {"forename": 7, "surname": 7, "birth_date": 8}
BITS = 512
PRIVATE_FINGERPRINT = "9fd6e7302493b7a99bdd852eaf1b851a04fb021c438ffdeed6ad93022bd46efc"
"""Before there were stand-ins: packages made then are still taken."""
VALUE = st.none() | st.from_regex(r"[a-z]{2,9}", fullmatch=True)
RECORDS = st.lists(st.tuples(VALUE, VALUE, st.none() | st.just("20100214")), min_size=1, max_size=6)


def rule_of(**settings):
    members = [FilterField(field="forename"), FilterField(field="surname")]
    members.append(FilterField(field="birth_date", tokens="digits"))
    made = {"least_fields": 2, "made_up": 0.15}
    return FilterRule(name="f", fields=members, bits=BITS, fill=0.19, **(made | settings))


def hashing_key(label):
    return hashlib.sha256(label.encode()).digest()


def columns_of(records):
    return {
        field: pa.array(values, pa.string())
        for field, values in zip(FIELDS, zip(*records, strict=True), strict=True)
    }


def ids_of(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 16), dtype=np.uint8)


def encode(rule, records, ids=None, key=hashing_key):
    ids = ids_of(len(records)) if ids is None else ids
    return FilterEncoder(rule, FIELDS, key).encode(columns_of(records), len(records), ids)


def differing(left, right):
    return int(np.bitwise_count(left ^ right).sum())


@given(records=RECORDS)
def test_it_holds_the_present_fields_and_positions_of_the_record_s_own(records):
    rule = rule_of()
    ids, k = ids_of(len(records)), positions_a_token(rule, FIELDS)
    for row, record, record_id in zip(encode(rule, records, ids), records, ids, strict=True):
        expected = set()
        for field, value, count in zip(FIELDS, record, k, strict=True):
            if value is None:
                key, made_up = hashing_key(f"stand-in/f/{field}"), round(0.15 * count * MEAN[field])
                expected |= oracle_bloom.stand_ins(key, record_id.tobytes(), BITS, made_up)
            else:
                tokens = oracle_bloom.digits(value) if field == "birth_date" else oracle_bloom.grams(value, 2)
                expected |= oracle_bloom.filter_of(hashing_key(f"filter/f/{field}"), tokens, BITS, count)
        present = sum(value is not None for value in record)
        assert oracle_bloom.bits_of(row) == (expected if present >= 2 else set())


def test_records_that_lack_the_same_field_and_agree_in_the_others_are_not_equal():
    out = encode(rule_of(), [("ada", "byron", None)] * 200)
    distances = [differing(left, right) for left, right in pairwise(out)]
    assert len({row.tobytes() for row in out}) == 200
    # Some 5 positions each, hardly any in common.
    assert min(distances) >= 4
    assert max(distances) <= 2 * 6


def test_it_is_nearer_to_the_whole_record_than_a_record_with_another_value():
    whole, lacking, other, stranger = encode(
        rule_of(),
        [
            ("ada", "byron", "20100214"),
            ("ada", "byron", None),
            ("ada", "byron", "19991130"),
            ("emmy", "noether", "19991130"),
        ],
    )
    assert differing(whole, lacking) < differing(whole, other) < differing(whole, stranger)


def test_a_record_has_the_same_again_and_another_key_or_filter_has_others():
    records, ids = [("ada", "byron", None)] * 3, ids_of(3)
    out = encode(rule_of(), records, ids)
    assert np.array_equal(out, encode(rule_of(), records, ids))
    assert np.array_equal(out[1:], encode(rule_of(), records[1:], ids[1:]))

    def own_only(label):
        return hashing_key(label + ("!" if label.startswith("stand-in") else ""))

    assert (out != encode(rule_of(), records, ids, own_only)).any(axis=1).all()
    present = encode(rule_of(made_up=0.0), records, ids)
    added = {tuple(oracle_bloom.bits_of(row ^ same)) for row, same in zip(out, present, strict=True)}
    assert len(added) == 3


def test_without_a_number_of_fields_a_missing_one_makes_the_filter_missing():
    assert not encode(rule_of(least_fields=None), [("ada", "byron", None)]).any()
    assert encode(rule_of(least_fields=None), [("ada", "byron", "20100214")]).any()


def test_ids_are_asked_for_where_a_field_is_missing():
    encoder = FilterEncoder(rule_of(), FIELDS, hashing_key)
    with pytest.raises(ValueError, match="record ids"):
        encoder.encode(columns_of([("ada", "byron", None)]), 1)


def test_attackers_know_which_records_have_the_filter():
    records = [
        ("ada", "byron", None),
        ("ada", None, None),
        ("ada", "byron", None),
        ("emmy", "byron", "20100214"),
    ]
    numbers = value_numbers_of_filter(rule_of(), columns_of(records), 4)
    assert numbers[1] == MISSING
    assert numbers[0] == numbers[2] != numbers[3]
    known = token_indicators(rule_of(), FIELDS, columns_of(records), 4)
    assert [known[[row]].nnz > 0 for row in range(4)] == [True, False, True, True]


def test_some_canaries_lack_a_field_alike_at_every_source():
    text = default_specification_text("children_private").replace(
        "fill = 0.19", "fill = 0.19\nleast_fields = 2"
    )
    specification = parse_specification(text, origin="test")
    key = ProjectKey.generate(specification.project)

    def canaries(source):
        encoder = RecordEncoder(specification, source, key.derive)
        return canary_records(specification, encoder, key.derive).words

    words = canaries("school")
    columns = specification.record_schema.columns
    (place,) = [column.offset for column in columns if column.name == "birth_postcode"]
    assert np.count_nonzero(words[:, place] == 0) == 2
    held = {
        kind: np.stack([words[:, own.offset : own.stop].any(axis=1) for own in columns if own.kind == kind])
        for kind in (ColumnKind.FILTER, ColumnKind.INCOMPLETE)
    }
    # In one column or the other: no canary lacks a filter, and some lack a field.
    assert (held[ColumnKind.FILTER] ^ held[ColumnKind.INCOMPLETE]).all()
    assert held[ColumnKind.INCOMPLETE].any(axis=1).all()
    assert np.array_equal(words, canaries("gp"))


def test_a_specification_without_it_keeps_its_fingerprint_and_with_it_has_another():
    text = default_specification_text("children_private")
    assert "least_fields" not in text
    plain, *others = (
        parse_specification(text.replace("fill = 0.19", f"fill = 0.19{more}", 1), origin="test").fingerprint
        for more in ("", "\nleast_fields = 3", "\nleast_fields = 2", "\nleast_fields = 2\nmade_up = 0.2")
    )
    assert plain == PRIVATE_FINGERPRINT
    assert len({plain, *others}) == 4


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("least_fields = 4", "at most the 3 fields"),
        ("made_up = 0.1", "means nothing without 'least_fields'"),
        ("least_fields = 0", "least_fields"),
    ],
)
def test_a_number_of_fields_that_makes_no_sense_is_refused(more, told):
    text = default_specification_text("children_private").replace("fill = 0.19", f"fill = 0.19\n{more}", 1)
    with pytest.raises(SpecificationRefused, match=told):
        parse_specification(text, origin="test")

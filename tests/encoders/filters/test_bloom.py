"""Filters over one or more fields, bit by bit against the oracle."""

import hashlib

import numpy as np
import oracle_bloom
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.filters.bloom import FilterEncoder, positions_a_token
from linkage.exchange.specification.encoding import FieldRule, FilterField, FilterRule, TokenKind

FIELDS = {
    "forename": FieldRule(kind="name"),
    "surname": FieldRule(kind="name"),
    "birth_date": FieldRule(kind="date"),
    "house": FieldRule(kind="number"),
}
VALUES = st.lists(
    st.none() | st.from_regex(r"[a-z0-9]{1,9}( [a-z0-9]{1,5}){0,2}", fullmatch=True), max_size=5
)
ORACLE = {
    TokenKind.BIGRAMS: lambda value: oracle_bloom.grams(value, 2),
    TokenKind.TRIGRAMS: oracle_bloom.trigrams_across_words,
    TokenKind.POSITIONAL_BIGRAMS: oracle_bloom.positional_bigrams,
    TokenKind.DIGITS: oracle_bloom.digits,
    TokenKind.WORDS: lambda value: [f"v{word}" for word in value.split()],
    TokenKind.WHOLE: lambda value: [f"w{value}"],
}


def hashing_key(label):
    return hashlib.sha256(label.encode()).digest()


def encode(rule, **columns):
    arrays = {field: pa.array(values, pa.string()) for field, values in columns.items()}
    n_rows = len(next(iter(arrays.values())))
    return FilterEncoder(rule, FIELDS, hashing_key).encode(arrays, n_rows)


def rule_of(*members, **settings):
    return FilterRule(name="f", fields=list(members), **settings)


@pytest.mark.parametrize("tokens", list(ORACLE))
@given(values=VALUES)
def test_a_filter_holds_the_tokens_of_its_value(tokens, values):
    rule = rule_of(FilterField(field="forename", tokens=tokens), bits=320)
    (k,) = positions_a_token(rule, FIELDS)
    out = encode(rule, forename=values)
    for row, value in zip(out, values, strict=True):
        listed = [] if value is None else ORACLE[tokens](value)
        assert oracle_bloom.bits_of(row) == oracle_bloom.filter_of(
            hashing_key("filter/f/forename"), listed, 320, k
        )


def test_a_filter_of_two_fields_is_their_union():
    both = rule_of(FilterField(field="forename"), FilterField(field="surname"))
    k = positions_a_token(both, FIELDS)
    expected = {
        bit
        for field, value, count in (("forename", "ada", k[0]), ("surname", "byron", k[1]))
        for bit in oracle_bloom.filter_of(
            hashing_key(f"filter/f/{field}"), oracle_bloom.grams(value, 2), 512, count
        )
    }
    assert oracle_bloom.bits_of(encode(both, forename=["ada"], surname=["byron"])[0]) == expected


def test_a_missing_field_makes_the_filter_missing_unless_it_is_optional():
    strict = rule_of(FilterField(field="forename"), FilterField(field="surname"))
    loose = rule_of(FilterField(field="forename"), FilterField(field="surname", optional=True))
    assert not encode(strict, forename=["ada"], surname=[None]).any()
    assert encode(loose, forename=["ada"], surname=[None]).any()
    assert not encode(strict, forename=["ada"]).any()


def test_fields_of_one_key_are_comparable_and_others_are_not():
    def one(field, **settings):
        return encode(rule_of(FilterField(field=field, **settings)), **{field: ["ada"]})

    assert np.array_equal(one("forename", key="name"), one("surname", key="name"))
    assert not np.array_equal(one("forename"), one("surname"))


def test_fill_is_as_wanted_for_a_value_of_average_length():
    rule = rule_of(FilterField(field="birth_date"), bits=1024, fill=0.3)
    out = encode(rule, birth_date=["20100214"] * 3)
    assert np.bitwise_count(out[0]).sum() / 1024 == pytest.approx(0.3, abs=0.04)


def test_weight_shifts_positions_from_one_field_to_another():
    even = positions_a_token(rule_of(FilterField(field="forename"), FilterField(field="surname")), FIELDS)
    rule = rule_of(FilterField(field="forename", weight=2), FilterField(field="surname"))
    heavy = positions_a_token(rule, FIELDS)
    assert even[0] == even[1]
    assert heavy[0] == pytest.approx(2 * heavy[1], abs=1)
    assert sum(heavy) == pytest.approx(sum(even), abs=1)


def test_neighbouring_numbers_share_tokens():
    rule = rule_of(FilterField(field="house"))
    near, far, other = encode(rule, house=["12", "13", "40"])
    assert np.bitwise_count(near & far).sum() > 2 * np.bitwise_count(near & other).sum()


def test_a_salt_parts_equal_values_of_different_groups():
    rule = rule_of(FilterField(field="forename", salt="birth_date:year"))
    out = encode(rule, forename=["ada"] * 4, birth_date=["20100101", "20100909", "20110101", None])
    assert np.array_equal(out[0], out[1])
    assert len({row.tobytes() for row in out}) == 3


def test_a_slice_of_a_column_gives_the_rows_of_the_slice():
    column = pa.array(["ada", "grace", None, "emmy"])
    encoder = FilterEncoder(rule_of(FilterField(field="forename")), FIELDS, hashing_key)
    whole = encoder.encode({"forename": column}, 4)
    assert np.array_equal(encoder.encode({"forename": column.slice(1, 3)}, 3), whole[1:])


def test_its_representation_shows_no_key():
    assert "sha" not in repr(FilterEncoder(rule_of(FilterField(field="forename")), FIELDS, hashing_key))


def test_a_date_is_told_better_from_its_neighbours_by_its_parts():
    def similarity(tokens, first, second):
        rule = rule_of(FilterField(field="birth_date", tokens=tokens), bits=1024)
        one, two = encode(rule, birth_date=[first, second])
        return (
            2
            * np.bitwise_count(one & two).sum()
            / (np.bitwise_count(one).sum() + np.bitwise_count(two).sum())
        )

    unrelated = ("20100214", "20151130")
    by_digits, by_parts = (similarity(kind, *unrelated) for kind in (TokenKind.DIGITS, TokenKind.DATE_PARTS))
    assert by_parts < by_digits
    assert similarity(TokenKind.DATE_PARTS, "20100214", "20100214") == 1.0
    assert similarity(TokenKind.DATE_PARTS, "20100214", "20100215") > by_parts + 0.2

"""The attacker's tokens are the encoder's tokens."""

import numpy as np
import pyarrow as pa
import pytest

from encoders.attacks.token_knowledge import token_indicators
from encoders.attacks.token_matrix import products, rarity_weighted, row_lengths
from encoders.filters.bloom import FilterEncoder
from linkage.exchange.specification.encoding import FieldRule, FilterRule

FIELDS = {
    "name": FieldRule.model_validate({"kind": "name"}),
    "town": FieldRule.model_validate({"kind": "text"}),
    "born": FieldRule.model_validate({"kind": "date"}),
    "sex": FieldRule.model_validate({"kind": "sex"}),
}
COLUMNS = {
    "name": pa.array(["ann", "anne", None, "", "li"]),
    "town": pa.array(["ann", "york", "york", "hull", None]),
    "born": pa.array(["20140305", "20140306", "20140305", None, "20110101"]),
    "sex": pa.array(["f", "f", "m", "m", None]),
}


def rule_of(*members):
    fields = [member if isinstance(member, dict) else {"field": member} for member in members]
    return FilterRule.model_validate({"name": "f", "fields": fields, "bits": 16384, "fill": 0.02})


def tokens_of(*members):
    return token_indicators(rule_of(*members), FIELDS, COLUMNS, 5)


def test_shared_tokens_are_shared_bigrams():
    shared = products(tokens_of("name"), tokens_of("name"))
    assert shared[0].tolist() == [4, 3, 0, 0, 0]  # _a an nn n_ against _a an nn ne e_


def test_fields_do_not_share_tokens_with_each_other():
    tokens = tokens_of("name", "town")
    assert products(tokens, tokens)[0, 0] == 8


def test_a_missing_field_empties_the_row_unless_it_is_optional():
    tokens = tokens_of("name", "born")
    assert row_lengths(tokens)[[2, 3]].tolist() == [0, 0]
    optional = tokens_of("name", {"field": "born", "optional": True})
    assert row_lengths(optional)[3] == 0  # an empty name has no tokens, and nothing else is there
    assert row_lengths(tokens_of({"field": "name", "optional": True}, "born"))[2] > 0


def test_salts_part_equal_tokens():
    tokens = tokens_of({"field": "town", "salt": "born:year"})
    shared = products(tokens, tokens)
    assert shared[1, 2] == 5
    assert products(tokens_of("town"), tokens_of("town"))[1, 2] == 5
    other_salt = token_indicators(rule_of({"field": "town", "salt": "born:whole"}), FIELDS, COLUMNS, 5)
    assert products(other_salt, other_salt)[1, 2] == 0


def test_listed_and_absent_columns():
    assert products(tokens_of("sex"), tokens_of("sex"))[0].tolist() == [1, 1, 0, 0, 0]
    nobody = token_indicators(rule_of("name"), FIELDS, {}, 3)
    assert nobody.shape[0] == 3
    assert nobody.nnz == 0


@pytest.mark.parametrize(
    "members", [("name",), ("name", "born"), ("town", "sex"), ({"field": "town", "salt": "born:year"},)]
)
def test_equal_codes_are_equal_tokens(members):
    rule = rule_of(*members)
    codes = FilterEncoder(rule, FIELDS, lambda label: label.encode().ljust(32, b"x")[:32]).encode(COLUMNS, 5)
    tokens = token_indicators(rule, FIELDS, COLUMNS, 5)
    for a in range(5):
        for b in range(5):
            same_tokens = abs(tokens[[a]] - tokens[[b]]).nnz == 0
            assert same_tokens == np.array_equal(codes[a], codes[b])


def test_rare_tokens_weigh_more():
    weighted = rarity_weighted(tokens_of("name"))
    assert weighted.max() > 0
    assert row_lengths(weighted)[4] > row_lengths(weighted)[0] * 0.5

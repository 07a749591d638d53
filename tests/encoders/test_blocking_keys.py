"""Blocking keys: who shares one, who has none, and what buckets bound."""

import hashlib

import jellyfish
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.blocking_keys import BlockingKeyEncoder
from encoders.parts import part_of_column, part_of_value
from encoders.soundex import soundex_column
from linkage.exchange.specification.encoding import BlockingKeyRule, BlockingPart


def blocking_key(space):
    return hashlib.sha256(space.encode()).digest()


def encode(rule, **columns):
    arrays = {field: pa.array(values, pa.string()) for field, values in columns.items()}
    return BlockingKeyEncoder(rule, blocking_key).encode(arrays, len(next(iter(arrays.values()))))


SURNAME_YEAR = BlockingKeyRule(name="surname_year", parts=["surname:soundex", "birth_date:year"])


def test_records_share_a_key_when_all_parts_agree():
    keys = encode(
        SURNAME_YEAR,
        surname=["smith", "smyth", "smith", "jones"],
        birth_date=["20100101", "20101231", "20110101", "20100101"],
    )
    assert keys[0] == keys[1]
    assert len(set(keys.tolist())) == 3


def test_a_missing_part_makes_the_key_missing():
    keys = encode(SURNAME_YEAR, surname=["smith", None, "smith"], birth_date=[None, "20100101", "20100101"])
    assert (keys != 0).tolist() == [False, False, True]


def test_a_source_without_the_field_has_no_key():
    assert not encode(SURNAME_YEAR, surname=["smith"]).any()
    assert not encode(SURNAME_YEAR, surname=[None], birth_date=[None]).any()


def test_keys_of_one_space_meet():
    former = BlockingKeyRule(
        name="former", space="surname_year", parts=["former_surname:soundex", "birth_date:year"]
    )
    other = former.model_copy(update={"space": None})
    one = encode(SURNAME_YEAR, surname=["smith"], birth_date=["20100101"])
    columns = {"former_surname": ["smith"], "birth_date": ["20100101"]}
    assert encode(former, **columns) == one
    assert encode(other, **columns) != one


def test_parts_do_not_run_into_each_other():
    rule = BlockingKeyRule(name="x", parts=["a:whole", "b:whole"])
    keys = encode(rule, a=["ab", "a"], b=["c", "bc"])
    assert keys[0] != keys[1]


def test_buckets_bound_the_number_of_keys():
    rule = BlockingKeyRule(name="x", parts=["a:whole"], buckets=5)
    keys = encode(rule, a=[f"v{number}" for number in range(400)])
    assert set(keys.tolist()) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        (BlockingPart.WHOLE, "ada may", "ada may"),
        (BlockingPart.SOUNDEX, "robert james", "R163"),
        (BlockingPart.SOUNDEX, "4you", "4you"),
        (BlockingPart.METAPHONE, "knight", jellyfish.metaphone("knight")),
        (BlockingPart.NYSIIS, "macdonald", "MCDANALD"),
        (BlockingPart.FIRST_WORD, "ada may", "ada"),
        (BlockingPart.INITIAL, "ada", "a"),
        (BlockingPart.FIRST3, "ad", "ad"),
        (BlockingPart.FIRST4, "augusta", "augu"),
        (BlockingPart.FIRST8, "12 augusta rd", "12 augus"),
        (BlockingPart.FIRST8, "12 a rd", None),
        (BlockingPart.YEAR, "20100214", "2010"),
        (BlockingPart.MONTH, "20100214", "02"),
        (BlockingPart.DAY, "20100214", "14"),
        (BlockingPart.YEAR_MONTH, "20100214", "201002"),
        (BlockingPart.MONTH_DAY, "20100214", "0214"),
        (BlockingPart.MONTH_DAY, "2010", None),
        (BlockingPart.OUTWARD, "sw1a1aa", "sw1a"),
        (BlockingPart.SECTOR, "sw1a1aa", "sw1a1"),
    ],
)
def test_parts_of_values(part, value, expected):
    assert part_of_value(part, value) == expected


def test_parts_of_a_column_keep_its_length_and_its_gaps():
    parts = part_of_column(pa.array(["20100101", None, "20100202", "1999"]), "year")
    assert parts.to_pylist() == ["2010", None, "2010", "1999"]


@given(
    part=st.sampled_from([part for part in BlockingPart if part != BlockingPart.WHOLE]),
    values=st.lists(st.none() | st.text("abchiwstmr 0129", max_size=10).map(str.strip), max_size=12),
    skipped=st.integers(0, 3),
)
def test_parts_of_a_column_are_those_of_its_values(part, values, skipped):
    column = pa.array(values, pa.string()).slice(skipped)
    expected = [None if value is None else part_of_value(part, value) for value in values[skipped:]]
    assert part_of_column(column, part).to_pylist() == expected


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9), min_size=1))
def test_soundex_of_a_column_is_jellyfishs(words):
    assert soundex_column(pa.array(words)).to_pylist() == [jellyfish.soundex(word) for word in words]


def test_no_key_is_the_missing_one():
    rule = BlockingKeyRule(name="x", parts=["a:whole"])
    assert np.all(encode(rule, a=[str(number) for number in range(1000)]) > 0)


def test_parts_meet_in_any_order_where_the_key_says_so():
    swapped = {"forename": ["ada", "smith", "ada", None], "surname": ["smith", "ada", "jones", "smith"]}
    either = BlockingKeyRule(name="names", parts=["forename:soundex", "surname:soundex"], any_order=True)
    keys = encode(either, **swapped)
    assert keys[0] == keys[1] != keys[2]
    assert keys[3] == 0
    as_they_stand = encode(either.model_copy(update={"any_order": False}), **swapped)
    assert as_they_stand[0] != as_they_stand[1]


@given(st.lists(st.text("ab", min_size=1, max_size=2), min_size=3, max_size=3), st.permutations(range(3)))
def test_a_key_of_three_parts_in_any_order_is_that_of_the_sorted_parts(values, order):
    rule = BlockingKeyRule(name="x", parts=["a:whole", "b:whole", "c:whole"], any_order=True)
    keys = encode(
        rule,
        a=[values[0], values[order[0]]],
        b=[values[1], values[order[1]]],
        c=[values[2], values[order[2]]],
    )
    assert keys[0] == keys[1] != 0

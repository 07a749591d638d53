"""Tables of names and places: both ways to come by them give long tails, origins and clean words."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.simulation.lists.origin_scores import origin_shares
from pipelines.simulation.lists.rare_names import respelt, spliced, zipf_weights
from pipelines.simulation.lists.tables import NO_WORD, Tables, Variants, proper_case
from pipelines.simulation.lists.tables_registry import registry_tables


@pytest.mark.parametrize(
    "text,expected",
    [
        ("OLIVIA", "Olivia"),
        ("lily-mae", "Lily-Mae"),
        ("O'BRIEN", "O'Brien"),
        ("mcdonald", "McDonald"),
        ("DE SOUZA", "de Souza"),
        ("ŻÓŁĆ", "Żółć"),
        ("Al-Hassan", "Al-Hassan"),
    ],
)
def test_proper_case(text: str, expected: str) -> None:
    assert proper_case(text) == expected
    assert proper_case(expected) == expected


def test_the_tables_are_the_same_at_every_call(tables: Tables) -> None:
    again = registry_tables()
    assert again.words.equals(tables.words)
    assert np.array_equal(again.surnames.cumulative, tables.surnames.cumulative)
    assert np.array_equal(again.forenames.codes, tables.forenames.codes)


def test_words_are_usable(tables: Tables) -> None:
    words = tables.words.to_pylist()
    assert len(set(words)) == len(words)
    assert all(word == word.strip() and word for word in words)
    assert all(word.isascii() and word for word in tables.plain_words.to_pylist())
    assert tables.origin_shares.sum() == pytest.approx(1, abs=0.01)


def test_surnames_have_a_heavy_head_and_a_long_tail(tables: Tables) -> None:
    british = slice(*tables.surnames.starts[:2])
    shares = np.sort(np.diff(tables.surnames.cumulative[british], prepend=0))[::-1]
    assert len(shares) > 20_000
    assert 0.005 < shares[0] < 0.02
    assert 0.4 < shares[:1_000].sum() < 0.7
    assert shares[5_000:].sum() > 0.15


def test_every_variant_is_another_word(tables: Tables) -> None:
    words = np.arange(len(tables.words), dtype=np.int32)
    with_variant = words[tables.forename_variants.has(words)]
    assert len(with_variant) > 200
    drawn = tables.forename_variants.draw(np.random.default_rng(1), with_variant)
    assert (drawn != with_variant).all()


def test_variants_of_words_without_any() -> None:
    variants = Variants.of({1: [0, 2]}, 3)
    assert variants.has(np.array([0, 1, 2, NO_WORD], np.int32)).tolist() == [False, True, False, False]
    assert set(variants.draw(np.random.default_rng(1), np.ones(50, np.int32)).tolist()) == {0, 2}


def test_sisters_have_the_form_of_women_and_families_are_drawn_in_that_of_men(tables: Tables) -> None:
    words = tables.words.to_pylist()
    form = {
        words[word]: words[int(tables.feminine[word])]
        for word in map(words.index, ("Kowalski", "Singh", "Nowak"))
    }
    assert form == {"Kowalski": "Kowalska", "Singh": "Kaur", "Nowak": "Nowak"}
    assert words.index("Kaur") not in set(tables.surnames.codes.tolist())


NAMES = ["Hargreaves", "Thornton", "Wilkinson", "Ashworth", "Pemberton", "Rowbottom", "Ackroyd", "Sutcliffe"]


@pytest.mark.parametrize("make", [spliced, respelt])
@given(seed=st.integers(0, 2**32))
def test_rare_names_are_new_and_each_once(
    make: Callable[[list[str], int, np.random.Generator], list[str]], seed: int
) -> None:
    made = make(NAMES, 30, np.random.default_rng(seed))
    assert 5 <= len(made) <= 30
    assert len(set(made)) == len(made)
    assert not set(made) & set(NAMES)
    assert all(name.isalpha() and name[0].isupper() for name in made)


def test_nothing_to_splice() -> None:
    assert spliced(["Ng", "Wu"], 5, np.random.default_rng(1)) == []


def test_zipf_weights_fall_by_rank() -> None:
    assert zipf_weights(4, 1.0, 1.0) == pytest.approx([1 / 2, 1 / 3, 1 / 4, 1 / 5])


def test_origins_are_told_by_letters() -> None:
    lists = [
        ["Kowalski", "Nowakowski", "Wisniewski", "Lewandowski"],
        ["Rossi", "Bianchi", "Ferrari", "Romano"],
    ]
    shares = origin_shares(["Zielinski", "Rossini", "Rossi", "Xqz"], lists, np.array([0.5, 0.5]))
    assert shares.sum(axis=1) == pytest.approx(np.ones(4))
    assert shares[0, 0] > 0.7
    assert shares[1, 1] > 0.7
    assert shares[2, 1] > shares[1, 1] - 0.2
    assert shares[3] == pytest.approx([0.5, 0.5], abs=0.2)

"""Rates: reading, refusing, describing."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.exchange.errors import InputRefused
from pipelines.simulation import Rates

names = st.sampled_from(sorted(Rates.meanings()))


@given(names, st.floats(0, 1))
def test_a_pair_sets_one_rate_and_leaves_the_others(name: str, share: float) -> None:
    rates = Rates.from_pairs([f"{name}={share!r}"])
    assert getattr(rates, name) == share
    others = [each.name for each in fields(Rates) if each.name != name]
    assert all(getattr(rates, other) == getattr(Rates(), other) for other in others)


def test_no_pairs_are_the_defaults() -> None:
    assert Rates.from_pairs([]) == Rates()


def test_the_last_pair_wins_and_hyphens_and_blanks_are_fine() -> None:
    assert Rates.from_pairs(["surname-change=0.1", " surname_change = 0.2 "]).surname_change == 0.2


@given(names, st.floats().filter(lambda share: not 0 <= share <= 1))
def test_a_number_that_is_no_share_is_refused_by_name(name: str, share: float) -> None:
    with pytest.raises(InputRefused, match=f"rate {name}: expected"):
        Rates.from_pairs([f"{name}={share!r}"])


def test_all_faults_are_reported_at_once_with_the_nearest_name() -> None:
    with pytest.raises(InputRefused) as refused:
        Rates.from_pairs(["movr=0.1", "twin=lots", "mover"])
    message = str(refused.value)
    assert "unknown rate 'movr': did you mean mover?" in message
    assert "rate twin: expected twin=NUMBER" in message
    assert "rate mover: expected mover=NUMBER" in message


def test_a_name_like_none_lists_the_valid_ones() -> None:
    with pytest.raises(InputRefused, match="valid names: twin, "):
        Rates.from_pairs(["zzzz=1"])


def test_every_rate_has_a_meaning() -> None:
    assert list(Rates.meanings()) == [each.name for each in fields(Rates)]
    assert all(len(meaning) > 10 for meaning in Rates.meanings().values())

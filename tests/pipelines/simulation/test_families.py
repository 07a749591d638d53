"""Children and households: twins, siblings, ages, surnames."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.simulation.lists.tables import Tables
from pipelines.simulation.plan import Plan
from pipelines.simulation.population.addresses import area_of, draw_addresses
from pipelines.simulation.population.births import FIRST_DAY, LAST_DAY, draw_births
from pipelines.simulation.population.children import Children, draw_children
from pipelines.simulation.population.households import Households, divided, draw_households
from pipelines.simulation.rates import Rates
from pipelines.simulation.streams import stream


def family(tables: Tables, n: int, pairs: list[str]) -> tuple[Children, Households]:
    plan = Plan(n, 5, Rates.from_pairs(pairs))
    births = draw_births(stream(5, 0, "births"), plan.rates, n)
    area = area_of(tables.places, n, 5)
    homes = draw_households(stream(5, 0, "homes"), tables, plan.rates, area, births.n_households)
    return draw_children(stream(5, 0, "children"), tables, plan, 0, births, homes), homes


@given(st.integers(1, 400), st.integers(0, 2**32), st.floats(0, 1))
def test_births_are_as_many_as_asked_in_order_and_within_childhood(n: int, seed: int, twin: float) -> None:
    births = draw_births(stream(seed, 0, "births"), Rates.from_pairs([f"twin={twin}"]), n)
    assert len(births.born) == len(births.household) == n
    assert births.household[0] == 0
    assert births.n_households == births.household[-1] + 1
    assert set(np.diff(births.household)) <= {0, 1}
    assert ((births.born >= FIRST_DAY) & (births.born <= LAST_DAY)).all()
    same = np.diff(births.household) == 0
    assert (np.diff(births.born)[same] >= 0).all()
    assert not births.second_twin[0]
    assert (np.diff(births.born)[births.second_twin[1:]] == 0).all()


@pytest.mark.parametrize("rate", [0.0, 0.016, 0.5, 1.0])
def test_the_rate_of_twins_is_met(tables: Tables, rate: float) -> None:
    children, _ = family(tables, 20_000, [f"twin={rate}"])
    births = pd.DataFrame({"household": children.household, "born": children.born, "twin": children.twin})
    per_birth = births.groupby(["household", "born"])["twin"].first()
    assert per_birth.mean() == pytest.approx(rate, abs=0.01)


def test_children_of_a_household_have_different_forenames(tables: Tables) -> None:
    children, _ = family(tables, 10_000, ["twin=0.5"])
    pairs = set(zip(children.household.tolist(), children.forename.tolist(), strict=True))
    assert len(pairs) == 10_000


def test_twins_share_origin_and_surname_and_half_of_them_begin_alike_if_asked(tables: Tables) -> None:
    children, _ = family(tables, 10_000, ["twin=1", "twin_alike=0", "surname_change=0"])
    alike, _ = family(tables, 10_000, ["twin=1", "twin_alike=1", "surname_change=0"])
    for each in (children, alike):
        second = (
            np.flatnonzero((np.diff(each.household) == 0) & (np.diff(each.born) == 0) & each.twin[1:]) + 1
        )
        assert len(second) > 4_000
        assert np.array_equal(each.origin[second], each.origin[second - 1])
        same_sex = second[each.sex[second] == each.sex[second - 1]]
        assert len(same_sex) / len(second) == pytest.approx(2 / 3, abs=0.03)
        assert np.array_equal(each.surname[same_sex], each.surname[same_sex - 1])
    first_letters = np.array([text[:2] for text in tables.words.to_pylist()])
    shares = [
        np.mean(first_letters[each.forename[1:]][twins] == first_letters[each.forename[:-1]][twins])
        for each in (children, alike)
        for twins in [(np.diff(each.household) == 0) & (np.diff(each.born) == 0) & (np.diff(each.sex) == 0)]
    ]
    assert shares[0] < 0.15
    assert shares[1] > 0.45


def test_blended_families_have_two_surnames_and_others_one(tables: Tables) -> None:
    for rate, low, high in ((0.0, 0.0, 0.0), (1.0, 0.8, 1.0)):
        children, homes = family(tables, 10_000, [f"blended={rate}", "surname_change=0"])
        # Girls may carry a feminine form: compare boys.
        boys = pd.DataFrame(
            {"household": children.household, "born": children.born, "name": children.surname[:, 0]}
        )[children.sex == 0]
        several = boys.groupby("household").filter(lambda house: house["born"].nunique() > 1)
        share = (several.groupby("household")["name"].nunique() > 1).mean()
        assert low <= share <= high
        assert homes.blended.mean() == rate


@given(st.integers(1, 500), st.integers(0, 2**32))
def test_news_reaches_some_sources_and_not_others(n: int, seed: int) -> None:
    known = divided(np.random.default_rng(seed), n).sum(axis=1)
    assert set(known) <= {1, 2}


def test_forenames_follow_the_origin_and_the_birth_year(tables: Tables) -> None:
    children, _ = family(tables, 20_000, [])
    words = np.array(tables.words.to_pylist(), dtype=object)
    south_asian = children.origin == tables.origins.index("Pakistani and Bangladeshi")
    for name, others in (("Muhammad", 0.001), ("Khan", 0.005)):
        column = children.forename if name == "Muhammad" else children.surname[:, 0]
        named = words[column] == name
        assert named[south_asian].mean() > 0.01
        assert named[~south_asian].mean() < others


def test_a_small_population_lives_in_a_small_area_where_neighbours_share_streets(tables: Tables) -> None:
    small, large = (area_of(tables.places, n, 1) for n in (500, 10_000_000))
    assert len(small.sectors) == 60
    assert len(large.sectors) == len(tables.places.sector_weights)
    found = draw_addresses(np.random.default_rng(1), tables.places, small, 5_000)
    frame = pd.DataFrame({"sector": found.sector, "unit": found.unit, "street": found.street})
    assert set(frame["sector"]) <= set(small.sectors.tolist())
    assert (frame.groupby(["sector", "unit"])["street"].nunique() == 1).all()


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_school_knows_no_babies(seed: int) -> None:
    plan = Plan(500, seed, Rates.from_pairs(["in_school=1"]))
    births = draw_births(stream(seed, 0, "births"), plan.rates, 500)
    young = births.born > int(np.datetime64("2022-08-31").astype(np.int64))
    assert young.any()

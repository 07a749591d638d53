"""Each rate does what its meaning says, as often as it says."""

from collections.abc import Callable

import pandas as pd
import pytest
from oracle_population import Population

from pipelines.simulation.lists.tables import Tables
from pipelines.simulation.rates import Rates

RATE = 0.3


def share(feed: str, column: str, test: Callable[[pd.Series], pd.Series]) -> Callable[..., float]:
    return lambda made: float(test(made.feeds[feed][column]).mean())


def missing(feed: str, column: str) -> Callable[..., float]:
    return share(feed, column, lambda values: values.isna())


def equal(feed: str, column: str, *texts: str) -> Callable[..., float]:
    return share(feed, column, lambda values: values.isin(texts))


MEASURES: dict[str, Callable[..., float]] = {
    "missing_forename": missing("school", "legal_forename"),
    "missing_surname": missing("gp", "family_name"),
    "missing_birth_date": missing("benefits", "child_birth_date"),
    "missing_sex": equal("gp", "sex_code", "0", "9"),
    "missing_address": missing("school", "address"),
    "missing_postcode": missing("benefits", "post_code"),
    "missing_guardian": missing("benefits", "claimant_last_name"),
    "missing_nhs_number": missing("gp", "nhs_number"),
    "missing_upn": missing("school", "upn"),
    "forename_placeholder": equal("gp", "given_name", "BABY", "INFANT", "UNKNOWN"),
    "surname_placeholder": equal("gp", "family_name", "UNKNOWN"),
    "date_placeholder": equal("gp", "date_of_birth", "1900-01-01"),
    "first_of_january": share("gp", "date_of_birth", lambda values: values.str.endswith("-01-01")),
    "postcode_placeholder": share("gp", "postcode", lambda values: values.str.startswith("ZZ99")),
    "nhs_number_placeholder": equal("gp", "nhs_number", "0000000000"),
    "forename_initial": share("school", "legal_forename", lambda values: values.str.len() == 1),
    "title_in_name": share("gp", "given_name", lambda values: values.str.contains("^(?:MISS|MASTER) ")),
    "guardian_title": share("school", "contact_forename", lambda values: values.str.contains("^M[rs]s? ")),
    "duplicate": lambda made: float(
        made.truth["duplicate"].sum() / (~made.truth["duplicate"]).sum()
    ),
    "in_gp": lambda made: float((made.truth["source"] == "gp").sum() / 4_000),
    "in_benefits": lambda made: float((made.truth["source"] == "benefits").sum() / 4_000),
    "benefits_nhs_number": lambda made: 1 - missing("benefits", "nhs_no")(made),
}  # fmt: skip


@pytest.mark.parametrize("name", MEASURES)
def test_a_rate_is_met(tables: Tables, made_with: Callable[..., Population], name: str) -> None:
    assert MEASURES[name](made_with(f"{name}={RATE}")) == pytest.approx(RATE, abs=0.03)


def said_of_both(made: Population, school_column: str, gp_column: str) -> pd.DataFrame:
    """What school and GP say of the same children, in upper case."""
    school = made.known("school").set_index("entity_id")[school_column]
    gp = made.known("gp").set_index("entity_id")[gp_column]
    both = pd.concat([school.str.upper(), gp], axis=1, join="inner", keys=["school", "gp"])
    return pd.DataFrame({source: both[source].str.replace(" ", "") for source in both})


@pytest.mark.parametrize(
    "name,columns,expected",
    [
        # Two feeds of three hold the same address of a mover in a third of the cases.
        ("mover", ("postcode", "postcode"), RATE * 2 / 3),
        ("surname_change", ("legal_surname", "family_name"), RATE * 2 / 3),
        # Each of two records is struck.
        ("postcode_misspelt", ("postcode", "postcode"), 1 - (1 - RATE) ** 2),
        ("surname_misspelt", ("legal_surname", "family_name"), 1 - (1 - RATE) ** 2),
        ("forename_misspelt", ("legal_forename", "given_name"), 1 - (1 - RATE) ** 2),
        ("swapped_names", ("legal_surname", "family_name"), 2 * RATE * (1 - RATE)),
    ],
)
def test_feeds_differ_as_often_as_expected(
    made_with: Callable[..., Population], name: str, columns: tuple[str, str], expected: float
) -> None:
    usual, struck = (
        (said["school"] != said["gp"]).mean()
        for said in (said_of_both(made_with(*pairs), *columns) for pairs in ((), (f"{name}={RATE}",)))
    )
    # Accents and hyphens make a few percent of names differ anyhow.
    assert usual < 0.12
    assert struck == pytest.approx(expected + (1 - expected) * usual, abs=0.035)


@pytest.mark.parametrize("name", ["birth_date_wrong", "day_month_swapped"])
def test_a_wrong_birth_date_is_a_date_and_another(made_with: Callable[..., Population], name: str) -> None:
    gp = made_with(f"{name}={RATE}").known("gp")
    benefits = made_with().known("gp")
    truth = benefits.set_index("entity_id")["date_of_birth"]
    said = gp.drop_duplicates("entity_id").set_index("entity_id")["date_of_birth"]
    days = pd.to_datetime(
        pd.concat([said, truth], axis=1).set_axis(["said", "true"], axis=1).dropna().stack()
    ).unstack()
    wrong = days["said"] != days["true"]
    swappable = (days["true"].dt.day <= 12) & (days["true"].dt.day != days["true"].dt.month)
    among = swappable if name == "day_month_swapped" else swappable | True
    assert wrong[among].mean() == pytest.approx(RATE, abs=0.035)
    assert not wrong[~among].any()
    assert days["said"].between("2007-01-01", "2025-12-31").all()


def test_one_feed_knows_the_former_surname_of_a_child_that_changed_it(
    made_with: Callable[..., Population],
) -> None:
    made = made_with("surname_change=1", "former_surname_known=1")
    school, gp = made.known("school"), made.known("gp")
    knows_school = set(school.dropna(subset="former_surname")["entity_id"])
    knows_gp = set(gp.dropna(subset="previous_family_name")["entity_id"])
    assert not knows_school & knows_gp
    assert len(knows_school) > 300
    assert len(knows_gp) > 500
    both = school.merge(gp, on="entity_id")
    former = both.dropna(subset="former_surname")
    old = former[former["family_name"] == former["former_surname"].str.upper()]
    assert len(old) > 200


def test_two_homes_show_in_benefits(made_with: Callable[..., Population]) -> None:
    made = made_with("two_homes=1")
    both = made.known("gp").merge(made.known("benefits"), on="entity_id")
    assert (
        both["postcode"].str.replace(" ", "") == both["post_code"].str.replace(" ", "").str.upper()
    ).mean() < 0.1


def test_the_default_population_is_hard_but_realistic(usual: Population) -> None:
    faults = usual.truth[~usual.truth["duplicate"]]
    assert 0.2 < (faults["faults"] > 0).mean() < 0.6
    assert Rates().twin == pytest.approx(
        usual.truth.drop_duplicates("entity_id")["twin"].mean() / 2, rel=0.35
    )
    assert usual.feeds["gp"]["given_name"].nunique() > 3_000
    sizes = usual.feeds["gp"]["family_name"].value_counts()
    assert sizes.iloc[0] < 0.02 * len(usual.feeds["gp"])
    assert (sizes == 1).sum() > 1_500


def test_a_muhammad_is_called_by_his_second_name(made_with: Callable[..., Population]) -> None:
    called, quiet = (
        made.known("gp")
        for made in (made_with("called_by_second=1"), made_with())
    )  # fmt: skip
    blessed = quiet["given_name"].isin(["MUHAMMAD", "MOHAMMED", "MOHAMMAD"])
    assert blessed.sum() > 20
    still = called[called["given_name"].isin(["MUHAMMAD", "MOHAMMED", "MOHAMMAD"])]
    assert still["other_given_names"].isna().mean() > 0.9
    assert len(still) < 0.5 * blessed.sum()

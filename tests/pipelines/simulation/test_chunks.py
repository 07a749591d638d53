"""The rows of a chunk: forms of the feeds, truth, and what twins and siblings share."""

import re

import pandas as pd
import pytest
from oracle_population import Population
from stdnum.gb import nhs, upn

from pipelines.simulation.chunks import TRUTH_COLUMNS, make_chunk
from pipelines.simulation.lists.tables import Tables
from pipelines.simulation.plan import SOURCES, Plan
from pipelines.simulation.population.addresses import area_of
from pipelines.simulation.rates import Rates
from pipelines.simulation.recording.feeds import COLUMNS

FORMS = {
    ("school", "pupil_ref"): r"P[2-9A-HJ-NP-Z]{7}",
    ("school", "dob"): r"\d\d/\d\d/\d{4}",
    ("school", "gender"): r"[MFU]",
    ("gp", "patient_id"): r"EM\d{10}",
    ("gp", "nhs_number"): r"\d{10}|\d{3} \d{3} \d{4}",
    ("gp", "title"): r"MISS|MASTER",
    ("gp", "date_of_birth"): r"\d{4}-\d\d-\d\d",
    ("gp", "sex_code"): r"[0129]",
    ("gp", "given_name"): r"[^a-z]+",
    ("gp", "address_line_1"): r"[^a-z]+",
    ("benefits", "claim_child_ref"): r"CB-\d{3}-\d{3}-\d{4}",
    ("benefits", "child_birth_date"): r"\d\d [A-Z][a-z]{2} \d{4}",
    ("benefits", "child_sex"): r"male|female",
}


@pytest.mark.parametrize("source,column", FORMS)
def test_a_column_has_its_form(usual: Population, source: str, column: str) -> None:
    values = usual.feeds[source][column].dropna()
    assert len(values) > 100
    assert values.map(lambda value: re.fullmatch(FORMS[source, column], value) is not None).all()


@pytest.mark.parametrize("source", SOURCES)
def test_a_feed_has_its_columns_all_of_text_and_none_blank(usual: Population, source: str) -> None:
    feed = usual.feeds[source]
    assert tuple(feed.columns) == COLUMNS[source]
    assert not (feed.fillna("x").map(str.strip) == "").any().any()
    # `title`, former names and middle names are often empty; nothing is always empty.
    assert feed.notna().any().all()


@pytest.mark.parametrize("source", SOURCES)
def test_the_truth_has_every_record_once_in_the_order_of_the_feed(usual: Population, source: str) -> None:
    ids = usual.feeds[source].iloc[:, 0]
    assert ids.is_unique
    assert ids.is_monotonic_increasing
    assert usual.truth.loc[usual.truth["source"] == source, "record_id"].tolist() == ids.tolist()


def test_the_truth_begins_with_the_three_columns_of_a_truth_file(usual: Population) -> None:
    assert tuple(usual.truth.columns) == TRUTH_COLUMNS
    assert TRUTH_COLUMNS[:3] == ("source", "record_id", "entity_id")
    assert usual.truth.notna().all().all()


def test_what_the_truth_says_of_a_child_it_says_in_every_record(usual: Population) -> None:
    of_child = ["household_id", "twin", "siblings", "name_origin", "forename_length", "moved", "birth_year"]
    assert (usual.truth.groupby("entity_id")[of_child].nunique() == 1).all().all()
    assert 9_500 < usual.truth["entity_id"].nunique() <= 10_000


def test_a_child_is_in_a_feed_once_apart_from_duplicates(usual: Population) -> None:
    first = usual.truth[~usual.truth["duplicate"]]
    assert not first.duplicated(["source", "entity_id"]).any()
    again = usual.truth[usual.truth["duplicate"]]
    assert set(zip(again["source"], again["entity_id"], strict=True)) <= set(
        zip(first["source"], first["entity_id"], strict=True)
    )


@pytest.mark.parametrize("source,column", [("gp", "nhs_number"), ("benefits", "nhs_no")])
def test_nhs_numbers_are_valid_but_for_those_planted(usual: Population, source: str, column: str) -> None:
    numbers = usual.feeds[source][column].dropna()
    assert 0.992 < numbers.map(nhs.is_valid).mean() < 1
    assert numbers.str.replace(" ", "").value_counts().iloc[0] < 30


@pytest.mark.parametrize("source", ["school", "benefits"])
def test_upns_are_valid_but_for_those_planted(usual: Population, source: str) -> None:
    numbers = usual.feeds[source]["upn"].dropna()
    assert 0.99 < numbers.map(upn.is_valid).mean() <= 1


def test_identifiers_join_the_feeds_rightly(usual: Population) -> None:
    gp = usual.known("gp")[["nhs_number", "entity_id"]].dropna()
    benefits = usual.known("benefits")[["nhs_no", "entity_id"]].dropna()
    for frame, column in ((gp, "nhs_number"), (benefits, "nhs_no")):
        frame["number"] = frame[column].str.replace(" ", "")
    both = gp[gp["number"] != "0000000000"].merge(benefits, on="number")
    assert len(both) > 1_500
    assert (both["entity_id_x"] == both["entity_id_y"]).mean() > 0.99


def test_without_faults_all_feeds_say_the_same(faultless: Population) -> None:
    school, gp, benefits = (faultless.known(source).set_index("entity_id") for source in SOURCES)
    assert (faultless.truth["faults"] == 0).all()
    plain = {
        "school": (school, "legal_forename", "legal_surname", "dob", "postcode", "%d/%m/%Y"),
        "gp": (gp, "given_name", "family_name", "date_of_birth", "postcode", "%Y-%m-%d"),
        "benefits": (
            benefits,
            "child_first_name",
            "child_last_name",
            "child_birth_date",
            "post_code",
            "%d %b %Y",
        ),
    }
    said = {}
    for source, (feed, forename, surname, born, postcode, form) in plain.items():
        said[source] = pd.DataFrame(
            {
                "forename": feed[forename]
                .str.normalize("NFKD")
                .str.encode("ascii", "ignore")
                .str.decode("ascii"),
                "surname": feed[surname].str.replace(r"[^A-Za-z]", "", regex=True),
                "born": pd.to_datetime(feed[born], format=form),
                "postcode": feed[postcode].str.replace(" ", ""),
            }
        ).apply(
            lambda column: (
                column.str.upper() if column.dtype != "datetime64[ns]" and column.name != "born" else column
            )
        )
    common = said["gp"].index.intersection(said["benefits"].index)
    assert len(common) > 1_500
    assert said["gp"].loc[common].equals(said["benefits"].loc[common])
    shared = said["gp"].index.intersection(said["school"].index)
    for column in ("born", "postcode"):
        assert said["gp"].loc[shared, column].equals(said["school"].loc[shared, column])


def test_twins_share_birth_date_surname_and_address_and_differ_in_forename(faultless: Population) -> None:
    gp = faultless.known("gp")
    twins = gp[gp["twin"]].groupby(["household_id", "date_of_birth"])
    pairs = twins.filter(lambda pair: len(pair) == 2).groupby(["household_id", "date_of_birth"])
    assert pairs.ngroups > 300
    assert (pairs["given_name"].nunique() == 2).all()
    assert (pairs["post_town"].nunique() == 1).all()
    assert (pairs["postcode"].agg(lambda codes: len({code.replace(" ", "") for code in codes})) == 1).all()
    # The kind of street may be abbreviated in one record.
    assert (
        pairs["address_line_1"].agg(lambda lines: len({line.rsplit(" ", 1)[0] for line in lines})) == 1
    ).all()
    # A boy and a girl may be Nowicki and Nowicka, Singh and Kaur.
    of_one_sex = pairs.filter(lambda pair: pair["sex_code"].nunique() == 1).groupby(
        ["household_id", "date_of_birth"]
    )
    assert (
        of_one_sex["family_name"].agg(lambda names: len({name.replace(" ", "-") for name in names})) == 1
    ).all()


def test_ids_say_nothing_of_the_child(usual: Population) -> None:
    truth = usual.truth
    ranks = truth.assign(
        record=truth.groupby("source")["record_id"].rank(), entity=truth["entity_id"].rank(),
        household=truth["household_id"].rank(),
    )  # fmt: skip
    for source in SOURCES:
        part = ranks[ranks["source"] == source][["record", "entity", "household", "birth_year"]]
        assert part.corr()["record"].drop("record").abs().max() < 0.05


def test_a_chunk_depends_on_nothing_but_plan_and_number(tables: Tables) -> None:
    plan = Plan(900, 3, Rates(), chunk_children=300)
    area = area_of(tables.places, plan.children, plan.seed)
    once = [make_chunk(plan, tables, area, chunk) for chunk in (0, 1, 2)]
    again = [make_chunk(plan, tables, area, chunk) for chunk in (2, 0, 1)]
    for rows, other in zip(once, [again[1], again[2], again[0]], strict=True):
        for one, two in zip(rows, other, strict=True):
            assert one.feed.equals(two.feed)
            assert one.truth.equals(two.truth)
    ids = [part.feed.column(0).to_pylist() for rows in once for part in rows]
    assert len({each for part in ids for each in part}) == sum(map(len, ids))
    entities = [set(rows[1].truth["entity_id"].to_pylist()) for rows in once]
    assert not entities[0] & entities[1]
    assert not entities[1] & entities[2]

"""The profile of a feed: counts that add up, and never a value."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.profile import FieldProfile, ProfiledField, profile_feed
from encoders.value_counts import ValueCounts
from linkage.exchange.errors import FeedRefused

TODAY = date(2026, 6, 15)
FEED = """id,first,last,dob,nhs,street_no,street
1,Ann,O'Brien,01/01/2015,9434765919,12,High St
2,ann,OBRIEN,01/01/2016,9434765918,,High St
3,Baby,Zyxwcanary,31/02/2015,,3,
4,,n/a,01/01/1900,0000000000,,
5,Bo,Zyxwcanary,09/03/2015,,,
"""
FIELDS = [
    ProfiledField("forename", "name", ["first"]),
    ("surname", "name", ["last"], ()),
    ("birth_date", "date", ["dob"], ["%d/%m/%Y"]),
    ("nhs_number", "nhs_number", ["nhs"], ()),
    ("address", "address", ["street_no", "street"], ()),
    ("upn", "upn", [], ()),
]


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "feed.csv"
    path.write_text(FEED)
    return path


def _by_name(feed: Path) -> dict[str, FieldProfile]:
    return {field.name: field for field in profile_feed(feed, FIELDS, today=TODAY).fields}


def test_rows(feed: Path) -> None:
    profile = profile_feed(feed, FIELDS, today=TODAY)
    assert (profile.rows, profile.rejected_rows, profile.complete_rows) == (5, 1, 1)
    assert [field.name for field in profile.fields] == [
        "forename",
        "surname",
        "birth_date",
        "nhs_number",
        "address",
    ]


@pytest.mark.parametrize(
    ("name", "present", "valid", "distinct", "most_frequent", "lengths"),
    [
        ("forename", 4, 3, 2, 2, (2, 3, 2.667)),
        ("surname", 5, 4, 2, 2, (6, 10, 8.0)),
        ("birth_date", 5, 3, 3, 1, (8, 8, 8.0)),
        ("nhs_number", 3, 1, 1, 1, (10, 10, 10.0)),
        ("address", 3, 3, 3, 1, (1, 10, 6.0)),
    ],
)
def test_fields(
    feed: Path,
    name: str,
    present: int,
    valid: int,
    distinct: int,
    most_frequent: int,
    lengths: tuple[int, int, float],
) -> None:
    field = _by_name(feed)[name]
    assert (field.present, field.valid) == (present, valid)
    assert (field.distinct, field.most_frequent, field.counts_exact) == (distinct, most_frequent, True)
    assert (field.shortest, field.longest, field.mean_length) == lengths
    assert field.present == field.valid + sum(field.invalid.values()) + sum(field.rejected.values())
    assert field.completeness == valid / 5
    assert field.validity == valid / present


def test_rules(feed: Path) -> None:
    fields = _by_name(feed)
    assert fields["birth_date"].rejected == {"birth_date.impossible": 1}
    assert fields["birth_date"].invalid == {"birth_date.placeholder": 1}
    assert fields["birth_date"].suspicious == {"birth_date.first_of_january": 2}
    assert fields["nhs_number"].invalid == {"nhs_number.check_digit": 1, "nhs_number.placeholder": 1}


def test_no_value_is_in_the_profile(feed: Path) -> None:
    profile = profile_feed(feed, FIELDS, today=TODAY)
    written = (json.dumps(profile.as_dict()) + repr(profile)).lower()
    for value in ("zyxwcanary", "obrien", "9434765919", "20150309", "high st"):
        assert value not in written
    assert profile.as_dict()["fields"][0]["completeness"] == 0.6


def test_a_wrong_date_format_names_field_and_column(feed: Path) -> None:
    with pytest.raises(FeedRefused, match=r"birth_date \(column 'dob'\): unreadable date format"):
        profile_feed(feed, [("birth_date", "date", ["dob"], ["%Y-%m-%d"])], today=TODAY)


def test_progress_reaches_the_end(feed: Path) -> None:
    seen: list[int] = []
    profile_feed(feed, FIELDS, today=TODAY, progress=seen.append)
    assert seen == [feed.stat().st_size]


def test_a_field_without_values_has_a_profile(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_text("id,upn\n1,\n2,\n")
    (field,) = profile_feed(path, [("upn", "upn", ["upn"], ())]).fields
    assert (field.present, field.valid, field.distinct, field.most_frequent, field.longest) == (0, 0, 0, 0, 0)
    assert (field.completeness, field.validity, field.most_frequent_share) == (0.0, 1.0, 0.0)


# ---------------------------------------------------------------- counting in bounded memory


@given(st.lists(st.lists(st.one_of(st.none(), st.text("ab", max_size=3)), max_size=20), max_size=5))
def test_counts_are_exact_while_there_is_room(batches: list[list[str | None]]) -> None:
    counts = ValueCounts()
    for batch in batches:
        counts.add(pa.array(batch, pa.string()))
    expected = Counter(value for batch in batches for value in batch if value)
    assert counts.is_exact
    assert counts.n_distinct == len(expected)
    assert counts.most_frequent == max(expected.values(), default=0)
    assert counts.second_most_frequent == sorted([0, 0, *expected.values()])[-2]


@given(st.lists(st.lists(st.text("abc", min_size=1, max_size=2), max_size=30), max_size=5), st.integers(1, 8))
def test_a_full_sketch_falls_short_by_at_most_its_bound(batches: list[list[str]], capacity: int) -> None:
    counts = ValueCounts(capacity)
    for batch in batches:
        counts.add(pa.array(batch, pa.string()))
    expected = Counter(value for batch in batches for value in batch)
    heaviest, rows = max(expected.values(), default=0), sum(expected.values())
    assert heaviest - rows / (capacity + 1) <= counts.most_frequent <= heaviest
    assert counts.is_exact or len(expected) > capacity


def test_many_distinct_values_are_estimated() -> None:
    counts = ValueCounts(capacity=10_000)
    n_values = 200_000
    for start in range(0, n_values, 20_000):
        batch = [f"{value:07}" for value in range(start, start + 20_000)] + ["frequent"] * 1_000
        counts.add(pa.array(batch))
    assert not counts.is_exact
    assert counts.n_distinct == pytest.approx(n_values + 1, rel=0.04)
    assert 10_000 - 210_000 / 10_001 <= counts.most_frequent <= 10_000

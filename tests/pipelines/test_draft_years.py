"""Years in one feed and dates in the other: what is drafted links on the years, or says what to do."""

import pytest

from linkage.exchange.specification import read_specification
from pipelines.at_source.attack import encoded_people


def _feed(path, births, header):
    rows = [
        f"{row},{first},{last},{born},AB{row % 9 + 1} {row % 7}CD"
        for row, (first, last, born) in enumerate(zip(_words("abc"), _words("xyz"), births, strict=True))
    ]
    path.write_text("\n".join([f"id,forename,surname,{header},postcode", *rows]))
    return path


def _words(letters):
    return [f"{letters[row % 3]}ob{letters[row // 3 % 3]}{letters[row // 9 % 3]}" for row in range(27)]


def _drafted(run_command, tmp_path, feeds, *options):
    path = tmp_path / "spec.toml"
    given = [part for name, feed in feeds.items() for part in ("--feed", f"{name}={feed}")]
    result = run_command("spec", "new", path, *given, *options)
    assert result.exit_code == 0, result.stderr
    assert run_command("spec", "check", path).exit_code == 0
    return read_specification(path), path


DATES = [f"{row % 27 + 1:02d}/{row % 12 + 1:02d}/{2001 + row % 9}" for row in range(27)]
YEARS = [date[-4:] for date in DATES]


@pytest.mark.parametrize("profile", ["private", "reference"])
@pytest.mark.parametrize("header", ["dob", "year_of_birth"])
def test_years_in_one_feed_are_compared_with_those_of_the_dates_in_the_other(
    run_command, tmp_path, profile, header
):
    feeds = {
        "club": _feed(tmp_path / "club.csv", DATES, "date_of_birth"),
        "ward": _feed(tmp_path / "ward.csv", YEARS, header),
    }
    found, path = _drafted(run_command, tmp_path, feeds, "--profile", profile)
    assert list(found.fields) == ["forename", "surname", "birth_year", "postcode"]
    assert str(found.fields["birth_year"].kind) == "year"
    assert list(found.sources["club"].date_formats) == ["%d/%m/%Y"]
    assert "Ward has years of birth only" in path.read_text()
    seen = [encoded_people(feed, found, source, path).columns["birth_year"] for source, feed in feeds.items()]
    assert seen[0].to_pylist() == seen[1].to_pylist() == YEARS
    if profile == "private":
        # Not the two fields each that names and place alone would have had.
        assert {len(rule.fields) for rule in found.filters} == {3}


def test_where_two_feeds_have_dates_the_third_is_told_what_its_years_are_good_for(run_command, tmp_path):
    feeds = {
        "club": _feed(tmp_path / "club.csv", DATES, "dob"),
        "bank": _feed(tmp_path / "bank.csv", DATES, "dob"),
        "ward": _feed(tmp_path / "ward.csv", YEARS, "dob"),
    }
    found, path = _drafted(run_command, tmp_path, feeds)
    assert "birth_date" in found.fields
    assert "field birth_year of kind 'year'" in " ".join(path.read_text().replace("#", "").split())


def test_ages_beside_births_say_how_to_make_years_of_them(run_command, tmp_path):
    feeds = {
        "club": _feed(tmp_path / "club.csv", DATES, "dob"),
        "ward": _feed(tmp_path / "ward.csv", ["7"] * 13 + ["8"] * 14, "age"),
    }
    found, path = _drafted(run_command, tmp_path, feeds)
    assert not {"age", "birth_year", "birth_date"} & found.fields.keys()
    assert "Ages cannot be compared with the births of other feeds: add a column birth_year" in " ".join(
        path.read_text().replace("#", "").split()
    )

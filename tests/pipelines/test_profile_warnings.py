"""A source is told of columns that hold nothing usable before it encodes them."""

import json

import pytest

SPECIFICATION = """
format = 1
project = "p"

[fields]
forename = { kind = "name" }
birth_date = { kind = "date" }

[privacy]
accepted_risks = ["attribute_level", "undiffused", "unbucketed_keys"]

[sources.a]
record_id = "id"
date_formats = ["%Y-%m-%d"]
[sources.a.columns]
forename = "first"
birth_date = "born"
"""


@pytest.fixture
def warned(run_command, tmp_path):
    """What `profile` says of a feed with these dates of birth."""
    (tmp_path / "spec.toml").write_text(SPECIFICATION)

    def told(dates: list[str]) -> list[str]:
        rows = [f"{row},ann{'aeiou'[row % 5]},{date}" for row, date in enumerate(dates)]
        (tmp_path / "a.csv").write_text("\n".join(["id,first,born", *rows]) + "\n")
        given = ("profile", tmp_path / "a.csv", "--source", "a", "--spec", tmp_path / "spec.toml", "--json")
        return [text for text in json.loads(run_command(*given).stdout)["warnings"] if "birth_date (" in text]

    return told


def test_dates_of_a_second_format_are_told(warned):
    (told,) = warned(["2012-03-04", "5/6/2013"] * 20)
    assert "birth_date (column 'born'): 50% of its values cannot be used (unreadable)" in told
    assert "date_formats" in told


def test_placeholders_are_told_as_what_they_are(warned):
    (told,) = warned(["2012-03-04", "1900-01-01"] * 20)
    assert "count as missing" in told
    assert "date_formats" not in told


def test_a_kind_is_named_by_its_name(run_command, tmp_path):
    (tmp_path / "spec.toml").write_text(
        SPECIFICATION.replace('birth_date = { kind = "date" }', 'birth_date = { kind = "postcode" }')
    )
    (tmp_path / "a.csv").write_text("id,first,born\n1,ann,2012-03-04\n2,bob,2013-03-04\n")
    given = ("profile", tmp_path / "a.csv", "--source", "a", "--spec", tmp_path / "spec.toml")
    told = run_command(*given)
    assert "of another kind than 'postcode', or" in told.stdout + told.stderr


def test_an_empty_column_is_told(warned):
    (told,) = warned([""] * 20)
    assert "birth_date (column 'born') is empty" in told


def test_a_few_wrong_dates_are_not(warned):
    assert warned(["2012-03-04"] * 18 + ["5/6/2013"] * 2) == []


def test_day_numbers_of_a_spreadsheet_are_named(run_command, tmp_path):
    (tmp_path / "spec.toml").write_text(SPECIFICATION)
    rows = [f"{row},ann,{43000 + row}" for row in range(40)]
    (tmp_path / "a.csv").write_text("\n".join(["id,first,born", *rows]) + "\n")
    result = run_command("profile", tmp_path / "a.csv", "--source", "a", "--spec", tmp_path / "spec.toml")
    assert result.exit_code == 3
    assert "day numbers of a spreadsheet" in result.stderr


@pytest.mark.parametrize(("unknown", "warns"), [(12, True), (3, False)])
def test_a_value_that_stands_for_none_is_told_and_not_shown(run_command, tmp_path, unknown, warns):
    """A word for "not known" of a language that no rule knows; the commonest of true names is not one."""
    (tmp_path / "spec.toml").write_text(SPECIFICATION)
    letters = "abcdefghij"
    names = [f"{a}{b}{a}" for a in letters for b in letters] * 4 + ["zyxw"] * (4 * unknown)
    rows = [f"{row},{name},2012-03-{row % 28 + 1:02d}" for row, name in enumerate(names)]
    (tmp_path / "a.csv").write_text("\n".join(["id,first,born", *rows]) + "\n")
    result = run_command("profile", tmp_path / "a.csv", "--source", "a", "--spec", tmp_path / "spec.toml")
    assert ("forename (column 'first'): 10.7% of its values are one and the same" in result.stdout) == warns
    assert ("12 times as frequent as the next" in result.stdout) == warns
    assert "zyxw" not in result.stdout

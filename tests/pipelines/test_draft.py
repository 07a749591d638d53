"""A specification drafted from feeds that nobody has seen: what is guessed, what is said, and that it links."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from encoders.column_roles import role_of
from linkage.exchange.specification import read_specification

PEOPLE = [
    (
        f"{first}{letter}",
        f"{last}by",
        f"{day:02d}/{month:02d}/20{10 + day % 9}",
        f"AB{day % 9 + 1} {month % 9}CD",
    )
    for number, (first, last, letter) in enumerate(
        (first, last, letter)
        for first in ("Ann", "Bob", "Cy")
        for last in ("Ash", "Birk", "Corn")
        for letter in "aeiou"
    )
    for day, month in [(number % 27 + 1, number % 12 + 1)]
]


@pytest.mark.parametrize(
    "column,role",
    [
        ("first_name", "forename"),
        ("givenName", "forename"),
        ("Legal Surname", "surname"),
        ("previous_family_name", "former_surname"),
        ("Date of Birth", "birth_date"),
        ("childBirthDate", "birth_date"),
        ("D.O.B.", "birth_date"),
        ("Child's d.o.b", "birth_date"),
        ("N.H.S. No.", "nhs_number"),
        ("place_of_birth", None),
        ("claimant_first_name", None),
        ("Full name", "name"),
        ("employer_name", None),
        ("street_name", "address"),
        ("post_code", "postcode"),
        ("GENDER", "sex"),
        ("wages", None),
        ("by", "birth_year"),
        ("year_of_birth", "birth_year"),
        ("AGE", "age"),
        ("age group", None),
        ("first_and_surname", "name"),
        ("Prénom", "forename"),
        ("Nom", "surname"),
        ("Nom de naissance", "former_surname"),
        ("Date de naissance", "birth_date"),
        ("Lieu de naissance", None),
        ("Code postal", "postcode"),
        ("Straße", "address"),
        ("Geburtsdatum", "birth_date"),
        ("PLZ", "postcode"),
        ("Geb.-Datum", "birth_date"),
        ("geb. Name", "former_surname"),
        ("Geb.-Ort", None),
        ("town_of_birth", None),
        ("apellidos", "surname"),
        ("fecha_nacimiento", "birth_date"),
        ("código_postal", "postcode"),
    ],
)
def test_a_column_is_guessed_by_its_name(column, role):
    assert role_of(column) == role


@pytest.fixture
def feeds(tmp_path):
    """One feed in Latin-1 with semicolons, one in Parquet with real dates; they name everything differently."""
    rows = [
        f"{row};{first};{last}é;{born};{place};x" for row, (first, last, born, place) in enumerate(PEOPLE)
    ]
    text = "\n".join(["Ref;Forename;Surname;Date of birth;Post code;Town", *rows])
    (tmp_path / "club.csv").write_bytes(text.encode("latin-1"))
    days = pa.array([f"{born[6:]}-{born[3:5]}-{born[:2]}" for _, _, born, _ in PEOPLE]).cast(pa.date32())
    table = {
        "first_name": [first for first, *_ in PEOPLE],
        "last_name": [last for _, last, *_ in PEOPLE],
        "dob": days,
        "zip": [place for *_, place in PEOPLE],
        "number": range(len(PEOPLE)),
        "email": pa.nulls(len(PEOPLE), pa.string()),
    }
    pq.write_table(pa.table(table), tmp_path / "ward.parquet")
    return ["--feed", f"club={tmp_path / 'club.csv'}", "--feed", f"ward={tmp_path / 'ward.parquet'}"]


@pytest.mark.parametrize("profile", ["private", "reference"])
def test_a_draft_is_a_good_specification(run_command, tmp_path, feeds, profile):
    path = tmp_path / "spec.toml"
    assert run_command("spec", "new", path, "--profile", profile, *feeds).exit_code == 0
    assert run_command("spec", "check", path).exit_code == 0
    found = read_specification(path)
    assert list(found.fields) == ["forename", "surname", "birth_date", "postcode"]
    club, ward = found.sources["club"], found.sources["ward"]
    assert (club.record_id, club.encoding, list(club.date_formats)) == ("Ref", "cp1252", ["%d/%m/%Y"])
    assert (ward.record_id, list(ward.columns_of("postcode"))) == ("number", ["zip"])
    text = path.read_text()
    assert "one value in every row, left out: Town" in text.replace("One", "one")
    assert "mpty and left out: email" in text
    sizes = {len(rule.fields) for rule in found.filters}
    assert sizes == ({3} if profile == "private" else {1})


def test_a_second_place_stands_in_for_a_missing_field(run_command, tmp_path):
    path = tmp_path / "spec.toml"
    given = []
    for source in ("club", "ward"):
        rows = [f"{row},{a},{b},{c},{d},{row} Elm Road" for row, (a, b, c, d) in enumerate(PEOPLE)]
        header = "id,forename,surname,date of birth,postcode,address"
        (tmp_path / f"{source}.csv").write_text("\n".join([header, *rows]))
        given += ["--feed", f"{source}={tmp_path / source}.csv"]
    assert run_command("spec", "new", path, *given).exit_code == 0
    assert run_command("spec", "check", path).exit_code == 0
    found = read_specification(path)
    held = [{member.field for member in rule.fields} for rule in found.filters]
    assert all(len(fields) == 3 for fields in held)
    assert len({frozenset(fields) for fields in held}) == 7
    assert all(rule.least_fields is None for rule in found.filters)
    left = {missing: sum(missing not in fields for fields in held) for missing in found.fields}
    assert left == {"forename": 2, "surname": 3, "birth_date": 2, "postcode": 3, "address": 4}
    # A person's own names are compared with either place, whichever is more alike.
    either = {rule.filter: [view.left for view in rule.alternatives] for rule in found.comparisons}
    assert either == {
        "forename_surname_birth_date": [],
        "forename_surname_postcode": ["forename_surname_address"],
        "forename_birth_date_postcode": ["forename_birth_date_address"],
        "surname_birth_date_postcode": [],
        "birth_date_postcode_address": [],
    }


@pytest.mark.parametrize(("of_three", "n_filters"), [(2, 5), (1, 4)])
def test_a_middle_name_that_most_have_is_compared_beside_birth_date_and_place(
    run_command, tmp_path, of_three, n_filters
):
    path = tmp_path / "spec.toml"
    given = []
    for source in ("club", "ward"):
        rows = [
            f"{row},{a},{PEOPLE[-row][0] if row % 3 < of_three else ''},{b},{c},{d}"
            for row, (a, b, c, d) in enumerate(PEOPLE)
        ]
        header = "id,forename,middle name,surname,date of birth,postcode"
        (tmp_path / f"{source}.csv").write_text("\n".join([header, *rows]))
        given += ["--feed", f"{source}={tmp_path / source}.csv"]
    assert run_command("spec", "new", path, *given).exit_code == 0
    assert run_command("spec", "check", path).exit_code == 0
    found = read_specification(path)
    assert len(found.filters) == len(found.comparisons) == n_filters
    held = [[member.field for member in rule.fields] for rule in found.filters]
    assert (["middle_name", "birth_date", "postcode"] in held) == (n_filters == 5)
    assert all(("middle_name" in fields) == (fields[0] == "middle_name") for fields in held)


def test_filters_are_kept_where_a_field_of_them_is_missing_in_one_record_of_fifty(run_command, tmp_path):
    feed = tmp_path / "club.csv"
    header = "id,forename,surname,date of birth,postcode,address"
    for n_missing, least in ((2, None), (3, 2)):
        rows = [
            f"{row},{a if row >= n_missing else ''},{b},{c},{d},{row} Elm Road"
            for row, (a, b, c, d) in enumerate(PEOPLE * 25)
        ]
        feed.write_text("\n".join([header, *rows[:100]]))
        path = tmp_path / f"{n_missing}.toml"
        assert run_command("spec", "new", path, "--feed", f"club={feed}").exit_code == 0
        assert {rule.least_fields for rule in read_specification(path).filters} == {least}


def test_a_feed_without_a_field_that_two_others_have_is_named(run_command, tmp_path):
    path, given = tmp_path / "spec.toml", []
    for source, columns in (("club", 4), ("ward", 4), ("tax", 3)):
        header = ["forename", "surname", "date of birth", "postcode"][:columns]
        rows = [",".join((str(row), *person[:columns])) for row, person in enumerate(PEOPLE)]
        (tmp_path / f"{source}.csv").write_text("\n".join([",".join(["id", *header]), *rows]))
        given += ["--feed", f"{source}={tmp_path / source}.csv"]
    assert run_command("spec", "new", path, *given).exit_code == 0
    assert "Missing: 100% of postcode in tax." in path.read_text()
    assert run_command("spec", "check", path).exit_code == 0
    # What lacks the field keeps its filters, since no second place stands in for it.
    assert [rule.least_fields for rule in read_specification(path).filters] == [2, 2, 2, 2]


def _drafted(run_command, tmp_path, header, rows, *more):
    path, given = tmp_path / "spec.toml", []
    for source in ("club", "ward"):
        lines = [header, *(f"{number},{row}" for number, row in enumerate(rows))]
        (tmp_path / f"{source}.csv").write_text("\n".join(lines))
        given += ["--feed", f"{source}={tmp_path / source}.csv"]
    assert run_command("spec", "new", path, *given, *more).exit_code == 0
    assert run_command("spec", "check", path).exit_code == 0
    return read_specification(path)


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [("dob", "2013", "birth_year"), ("birth_year", "2013", "birth_year"), ("Age", "7", "age")],
)
def test_years_and_ages_are_compared_as_numbers(run_command, tmp_path, column, value, field):
    rows = [
        f"{first},{last},{int(value) - row % 5},{place}" for row, (first, last, _, place) in enumerate(PEOPLE)
    ]
    header = f"id,forename,surname,{column},postcode"
    found = _drafted(run_command, tmp_path, header, rows, "--profile", "reference")
    assert str(found.fields[field].kind) == ("year" if field == "birth_year" else "number")
    assert [rule.name for rule in found.comparisons] == ["forename", "surname", field, "postcode"]


def test_an_age_beside_a_birth_date_and_a_whole_name_beside_its_parts_are_left_out(run_command, tmp_path):
    rows = [f"{first} {last},{first},{last},{born},7" for first, last, born, _ in PEOPLE]
    header = "id,full_name,first_name,surname,dob,age"
    found = _drafted(run_command, tmp_path, header, rows, "--profile", "reference")
    assert list(found.fields) == ["forename", "surname", "birth_date"]


def _drafted_from(run_command, tmp_path, feeds):
    """The specification that is drafted from feeds, each a header and rows, a filter a field."""
    tmp_path.mkdir(exist_ok=True)
    path, given = tmp_path / "spec.toml", []
    for name, (header, rows) in feeds.items():
        lines = [f"id,{header}", *(f"{number},{row}" for number, row in enumerate(rows))]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines))
        given += ["--feed", f"{name}={tmp_path / name}.csv"]
    assert run_command("spec", "new", path, *given, "--profile", "reference").exit_code == 0
    assert run_command("spec", "check", path).exit_code == 0
    return read_specification(path)


def test_whole_names_are_parted_where_others_have_the_parts(run_command, tmp_path):
    parts = [f"{first},Kim,{last},{born}" for first, last, born, _ in PEOPLE]
    whole = [f'"{last.upper()}, {first} Kim",{born}' for first, last, born, _ in PEOPLE]
    feeds = {"club": ("forename,middle_name,surname,dob", parts), "ward": ("Patient Name,dob", whole)}
    found = _drafted_from(run_command, tmp_path, feeds)
    assert list(found.fields) == ["forename", "surname", "birth_date"]
    ward = found.sources["ward"]
    assert {field: (ward.columns_of(field), ward.part_of(field)) for field in ward.columns} == {
        "forename": (["Patient Name"], "forename"),
        "surname": (["Patient Name"], "surname"),
        "birth_date": (["dob"], None),
    }
    assert "names are parted" in (tmp_path / "spec.toml").read_text().lower()
    encoded = json.loads(
        run_command(
            "profile", tmp_path / "ward.csv", "--source", "ward", "--spec", tmp_path / "spec.toml", "--json"
        ).stdout
    )
    assert [field["present"] for field in encoded["fields"]] == [len(PEOPLE)] * 3


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ('"{last}, {first}"', ["forename", "surname"]),
        ("{first} {last}", ["name"]),
        ("{last} {first}", ["name"]),
    ],
)
def test_whole_names_are_parted_where_nobody_has_the_parts_if_commas_part_them(
    run_command, tmp_path, written, fields
):
    whole = [f"{written.format(first=first, last=last)},{born}" for first, last, born, _ in PEOPLE]
    feeds = {"club": ("Patient Name,dob", whole), "ward": ("full_name,dob", whole)}
    assert list(_drafted_from(run_command, tmp_path, feeds).fields) == [*fields, "birth_date"]


def test_whole_names_that_seem_to_begin_with_the_surname_are_not_parted(run_command, tmp_path):
    parts = [f"{first},{last}{row},{born}" for row, (first, last, born, _) in enumerate(PEOPLE)]
    whole = [f"{last}{row} {first},{born}" for row, (first, last, born, _) in enumerate(PEOPLE)]
    feeds = {"club": ("forename,surname,dob", parts), "ward": ("full_name,dob", whole)}
    assert list(_drafted_from(run_command, tmp_path, feeds).fields) == ["name", "birth_date"]


def test_the_first_of_several_forenames_is_compared_where_others_write_one(run_command, tmp_path):
    one = [f"{first},{last},{born}" for first, last, born, _ in PEOPLE]
    several = [f"{first} Kim,{last},{born}" for first, last, born, _ in PEOPLE]
    header = "forename,surname,dob"
    found = _drafted_from(run_command, tmp_path, {"club": (header, one), "ward": (header, several)})
    assert found.sources["ward"].part_of("forename") == "first_forename"
    assert found.sources["club"].part_of("forename") is None
    both = _drafted_from(
        run_command, tmp_path / "both", {"club": (header, several), "ward": (header, several)}
    )
    assert both.sources["ward"].part_of("forename") is None


def test_initials_are_compared_where_others_have_nothing_else(run_command, tmp_path):
    forenames = [f"{first},{last},{born}" for first, last, born, _ in PEOPLE]
    initials = [f"{'ABCDEFGH'[row % 8]}.,{last},{born}" for row, (_, last, born, _) in enumerate(PEOPLE)]
    header = "forename,surname,dob"
    two = {"club": (header, forenames), "ward": (header, initials)}
    found = _drafted_from(run_command, tmp_path / "two", two)
    assert [found.sources[name].part_of("forename") for name in ("club", "ward")] == ["initial", None]
    assert "Ward has initials for forenames" in (tmp_path / "two" / "spec.toml").read_text()
    three = _drafted_from(run_command, tmp_path / "three", two | {"home": (header, forenames)})
    assert not any(source.part_of("forename") for source in three.sources.values())


def test_blanks_behind_the_commas_are_no_part_of_a_header(run_command, tmp_path):
    rows = [" " + ", ".join(person) for person in PEOPLE]
    found = _drafted(run_command, tmp_path, "id, forename, surname, dob, postcode", rows)
    assert list(found.fields) == ["forename", "surname", "birth_date", "postcode"]
    assert list(found.sources["ward"].columns_of("postcode")) == ["postcode"]


def test_a_draft_holds_no_value(run_command, tmp_path, feeds):
    assert run_command("spec", "new", tmp_path / "spec.toml", *feeds).exit_code == 0
    text = (tmp_path / "spec.toml").read_text()
    assert not [value for person in PEOPLE for value in person if value in text]


def test_a_feed_without_record_ids_is_refused(run_command, tmp_path):
    (tmp_path / "a.csv").write_text("forename,surname\nann,ash\nann,ash\n")
    result = run_command("spec", "new", tmp_path / "spec.toml", "--feed", f"a={tmp_path / 'a.csv'}")
    assert result.exit_code == 3
    assert "no column names each record once; add one" in result.stderr


def test_numbers_that_a_spreadsheet_shortened_are_left_out_and_told(run_command, tmp_path):
    rows = [
        f"{number},ann{number},lee{number},2012-03-{number + 1:02d},9.4{number}E+09" for number in range(20)
    ]
    (tmp_path / "a.csv").write_text("\n".join(["id,forename,surname,dob,nhs_number", *rows]) + "\n")
    spec = tmp_path / "spec.toml"
    result = run_command("spec", "new", spec, "--feed", f"a={tmp_path / 'a.csv'}")
    assert result.exit_code == 0, result.stderr
    assert (
        "left out: 'nhs_number' holds numbers as a spreadsheet shortens them" in result.stderr + result.stdout
    )
    assert "nhs_number" not in read_specification(spec).fields


def test_a_column_that_is_not_what_its_name_says_is_told(run_command, tmp_path):
    rows = [f"{number},ann{number},lee,2012-03-{number + 1:02d},ward {number}" for number in range(20)]
    (tmp_path / "a.csv").write_text("\n".join(["id,forename,surname,dob,postcode", *rows]) + "\n")
    result = run_command("spec", "new", tmp_path / "spec.toml", "--feed", f"a={tmp_path / 'a.csv'}")
    assert result.exit_code == 0, result.stderr
    assert "less than half of 'postcode' is a valid postcode" in result.stderr + result.stdout


def test_a_column_that_nearly_names_each_record_is_told(run_command, tmp_path):
    rows = [f"{number},ann{number}" for number in [*range(40), 7]]
    (tmp_path / "a.csv").write_text("\n".join(["No.,forename", *rows]) + "\n")
    result = run_command("spec", "new", tmp_path / "spec.toml", "--feed", f"a={tmp_path / 'a.csv'}")
    assert result.exit_code == 3
    assert "once ('No.' comes nearest: 1 row without a value or with that of another); add" in result.stderr


def test_too_few_fields_for_filters_over_several_is_said(run_command, tmp_path):
    (tmp_path / "a.csv").write_text("id,forename,surname\n1,ann,ash\n2,bob,birk\n")
    given = ("spec", "new", tmp_path / "spec.toml", "--feed", f"a={tmp_path / 'a.csv'}")
    result = run_command(*given)
    assert result.exit_code == 3
    assert "forename, surname" in result.stderr
    assert "--profile reference" in result.stderr
    assert run_command(*given, "--profile", "reference").exit_code == 0


def test_formats_that_cannot_be_told_apart_are_named(run_command, tmp_path):
    (tmp_path / "a.csv").write_text("id,forename,surname,dob\n1,ann,ash,01/02/2012\n2,bob,birk,03/04/2013\n")
    given = ("--feed", f"a={tmp_path / 'a.csv'}", "--profile", "reference")
    assert run_command("spec", "new", tmp_path / "spec.toml", *given).exit_code == 0
    assert "read as well by %m/%d/%Y" in (tmp_path / "spec.toml").read_text()


def test_a_time_of_day_behind_the_dates_is_no_other_format(run_command, tmp_path):
    rows = [f"{row},ann,ash,{row + 13}/02/2012 00:00" for row in range(9)]
    (tmp_path / "a.csv").write_text("\n".join(["id,forename,surname,dob", *rows]))
    given = ("--feed", f"a={tmp_path / 'a.csv'}", "--profile", "reference", "--json")
    told = json.loads(run_command("spec", "new", tmp_path / "spec.toml", *given).stdout)
    assert not [note for note in told["notes"]["a"] if "as well" in note]


def test_a_feed_is_named_with_its_source(run_command, tmp_path):
    assert run_command("spec", "new", tmp_path / "spec.toml", "--feed", "school.csv").exit_code == 2


def test_a_draft_recognises_utf16_and_says_as_json_what_to_look_at(run_command, tmp_path):
    header = "id;first name;last name;dob;post code"
    rows = [f"{row};{';'.join(person[:4])}" for row, person in enumerate(PEOPLE)]
    path, feed = tmp_path / "spec.toml", tmp_path / "a.csv"
    feed.write_text("\n".join([header, *rows]), encoding="utf-16")
    told = json.loads(run_command("spec", "new", path, "--feed", f"a={feed}", "--json").stdout)
    assert told["records"] == len(PEOPLE)
    assert set(told) == {"specification", "profile", "records", "notes", "tried"}
    source = read_specification(path).sources["a"]
    assert (source.encoding, source.columns["surname"]) == ("utf-16", "last name")
    profiled = run_command("profile", feed, "--source", "a", "--spec", path, "--json")
    assert json.loads(profiled.stdout)["rows"] == len(PEOPLE)


def test_buckets_for_a_million_records_are_told(run_command, tmp_path):
    result = run_command("spec", "new", tmp_path / "a.toml")
    assert "give the records of the smallest feed with --records" in result.stdout
    assert "--records" not in run_command("spec", "new", tmp_path / "b.toml", "--records", 500).stdout


def test_a_feed_that_no_bucket_fits_is_told_as_such(run_command, tmp_path):
    path = tmp_path / "spec.toml"
    run_command("spec", "new", path, "--records", 3)
    (told,) = json.loads(run_command("spec", "check", path, "--records", 3, "--json").stdout)["warnings"]
    assert told.startswith("a feed of 3 records is too small for blocking keys")
    # What it was made with is no remedy.
    assert "spec new" not in told


def test_blocking_spaces_with_too_many_buckets_are_told_at_once(run_command, tmp_path):
    path = tmp_path / "spec.toml"
    run_command("spec", "new", path)
    (told,) = json.loads(run_command("spec", "check", path, "--records", 900, "--json").stdout)["warnings"]
    assert (
        "for a feed of 900 records in the blocking spaces 'name_birth' (65,536), 'names_year' (32,768)"
        in told
    )
    assert told.count("childindex spec new SPEC --records 900") == 1


def test_a_feed_without_a_birth_date_is_told(run_command, tmp_path):
    rows = [f"{row},{first},{last},{place}" for row, (first, last, _, place) in enumerate(PEOPLE)]
    (tmp_path / "a.csv").write_text("\n".join(["id,forename,surname,postcode", *rows]))
    result = run_command("spec", "new", tmp_path / "spec.toml", "--feed", f"a={tmp_path / 'a.csv'}")
    assert "look at a: no column is called like a birth date" in result.stdout


def test_a_first_line_that_may_be_a_record_is_not_shown(run_command, tmp_path):
    lines = [f"{row},{','.join(person)}" for row, person in enumerate(PEOPLE)]
    for name, text in (("a", "\n".join(lines)), ("twice", f"x{lines[0]},{PEOPLE[0][0]}\n1,2,3,4,5,6")):
        feed = tmp_path / f"{name}.csv"
        feed.write_text(text)
        refused = run_command("spec", "new", tmp_path / "spec.toml", "--feed", f"a={feed}")
        assert refused.exit_code == 3
        assert "the first line may be a record" in refused.stderr
        assert not any(value in refused.stderr for value in PEOPLE[0])


def test_what_cannot_be_the_name_of_a_source_is_told_before_the_feed_is_read(run_command, tmp_path):
    refused = run_command("spec", "new", tmp_path / "spec.toml", "--feed", f"My Clinic={tmp_path / 'no.csv'}")
    assert refused.exit_code == 3
    assert "'My Clinic': the name of a source has small letters" in refused.stderr

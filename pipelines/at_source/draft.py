"""A first specification from the feeds themselves: their column names, date formats and sizes, and no value."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from encoders.column_roles import role_of, words_of
from encoders.feeds.feed import join_columns, open_feed
from encoders.feeds.headers import Header, read_header
from encoders.feeds.name_parts import part_of_names
from encoders.normalise import normalise
from encoders.normalise.wrong_formats import fitting_formats
from linkage.exchange.errors import FeedRefused
from linkage.exchange.plurals import counted
from pipelines.at_source.drafted_names import (
    OF_WHOLE_NAMES,
    bring_names_in_line,
    share_of_initials,
    surname_place,
)
from pipelines.at_source.drafted_source import DraftedSource

__all__ = ["drafted_source", "fields_of"]

KINDS = {
    "name": "name",
    "forename": "name",
    "middle_name": "name",
    "surname": "name",
    "former_surname": "name",
    "birth_date": "date",
    "birth_year": "year",
    "age": "number",
    "sex": "sex",
    "postcode": "postcode",
    "address": "address",
    "town": "name",
    "phone": "phone",
    "email": "text",
    "nhs_number": "nhs_number",
    "upn": "upn",
}
"""The fields that are looked for, and their kinds, in the order of the specification."""

PARTS_OF_A_BIRTH_DATE = ("birth_year", "birth_month", "birth_day")
JOINED = frozenset(("name", "forename", "surname", "middle_name", "address"))
SAMPLE_ROWS = 65_536
YEAR = "^ *[12][0-9]{3}([.]0*)? *$"
SHORTENED = "^ *[0-9]([.,][0-9]*)?[eE][+]?[0-9]+ *$"
WITH_DIGITS = ("phone", "nhs_number", "upn")
OWN_SHARE = 0.5
"""Under this share of valid values a column does not hold the kind that its name promises."""
MOST_REPEATS = 0.05
"""A column that lacks or repeats more of its values is none that names records."""
OF_RECORD_IDS = frozenset(
    ("id", "ids", "ref", "reference", "key", "rec", "record", "identifier", "uid", "uuid", "number")
)


def drafted_source(name: str, path: Path) -> DraftedSource:
    """Read a feed's header and a sample of its rows.

    Raises
    ------
    FeedRefused
        If the feed cannot be read, no column has a name that is known, or none names each record once.
    """
    header = read_header(path)
    names = [column for column in header.names if column]
    if not any(role_of(column) for column in names):
        # Column names go into messages and into the draft: a feed without a header would give a record away.
        raise FeedRefused(
            f"{path}: none of its {counted(len(names), 'column')} has the name of a field, such as"
            " forename, surname, birth_date"
            " or postcode; they are not shown, since the first line may be a record: add a header, or rename columns"
        )
    with open_feed(
        path, columns=names, batch_rows=SAMPLE_ROWS, encoding=header.encoding, delimiter=header.delimiter
    ) as feed:
        sample = next(iter(feed))
    source = DraftedSource(name, header, "", 0)
    source.record_id, source.n_rows = _record_id(path, header, names, sample)
    empty = {column for column in names if sample.column(column).null_count == sample.num_rows}
    constant = {
        column
        for column in names
        if column not in empty
        and sample.num_rows > 1
        and pc.count_distinct(sample.column(column)).as_py() == 1
    }
    for column in names:
        role = None if column in empty | constant | {source.record_id} else role_of(column)
        if role is None or (role in source.columns and role not in JOINED):
            if column != source.record_id:
                source.unused.append(column)
        else:
            source.columns.setdefault(role, []).append(column)
    _join_parts_of_dates(source)
    for role in list(source.columns):
        _look_at(source, role, sample)
    if not {"birth_date", "birth_year", "age"} & source.columns.keys():
        source.notes.append(
            "no column is called like a birth date, which tells people apart best: if one holds it, rename it to"
            " birth_date and draft again"
        )
    if empty & {column for column in empty if role_of(column)}:
        source.notes.append(
            "empty and left out: " + ", ".join(sorted(column for column in empty if role_of(column)))
        )
    if held := sorted(column for column in constant if role_of(column)):
        source.notes.append("one value in every row, left out: " + ", ".join(held))
    return source


def _record_id(path: Path, header: Header, names: Sequence[str], sample: pa.RecordBatch) -> tuple[str, int]:
    """The column that names each record once, and how many rows there are."""
    unique = [
        name
        for name in names
        if not sample.column(name).null_count
        and pc.count_distinct(sample.column(name)).as_py() == sample.num_rows
    ]
    # Of several, one that is called a record id, and none that is the value of a field.
    unique.sort(key=lambda name: (role_of(name) is not None, not words_of(name) & OF_RECORD_IDS))
    n_rows = 0
    seen = {name: pa.array([], pa.string()) for name in unique[:1]}
    with open_feed(
        path, columns=unique[:1] or names[:1], encoding=header.encoding, delimiter=header.delimiter
    ) as feed:
        for batch in feed:
            n_rows += batch.num_rows
            for name, before in seen.items():
                seen[name] = pa.concat_arrays([before, batch.column(name).cast(pa.string())])
    if not unique or len(pc.unique(seen[unique[0]])) != n_rows:
        raise FeedRefused(
            f"{path}: no column names each record once{_nearest(names, sample)}; add one with a number of its own for"
            " each row, since results come back under it"
        )
    return unique[0], n_rows


def _nearest(names: Sequence[str], sample: pa.RecordBatch) -> str:
    """The column that is likeliest meant as a record id: a few repeats are sooner mended than a column is made."""
    no_fields = [name for name in names if role_of(name) is None]
    called = [name for name in no_fields if words_of(name) & OF_RECORD_IDS]
    lacking = {
        name: sample.num_rows - pc.count_distinct(sample.column(name), mode="only_valid").as_py()
        for name in called or no_fields or names
    }
    nearest = min(lacking, key=lambda name: lacking[name])
    if lacking[nearest] > MOST_REPEATS * sample.num_rows:
        return ""
    if not lacking[nearest]:
        return f" ({nearest!r} does in the first {counted(sample.num_rows, 'row')} and repeats further down)"
    return f" ({nearest!r} comes nearest: {counted(lacking[nearest], 'row')} without a value or with that of another)"


def _join_parts_of_dates(source: DraftedSource) -> None:
    parts = [source.columns.pop(part, []) for part in PARTS_OF_A_BIRTH_DATE]
    if all(parts) and "birth_date" not in source.columns:
        source.columns["birth_date"] = [part[0] for part in parts]
        source.date_formats = ["%Y %m %d"]
        return
    year, *others = parts
    if year and "birth_date" not in source.columns:
        source.columns["birth_year"] = year[:1]
        year = year[1:]
    source.unused += [column for part in (year, *others) for column in part]


def _look_at(source: DraftedSource, role: str, sample: pa.RecordBatch) -> None:
    """Formats of dates, kinds that the values speak against, and how many rows have a value."""
    values = join_columns(sample, source.columns[role])
    source.present[role] = _share_present(values)
    if role == "name":
        source.surname_place = surname_place(values)
        source.present |= {part: _share_present(part_of_names(values, part)) for part in OF_WHOLE_NAMES}
    if role == "forename":
        several = _share_present(part_of_names(values, "other_forenames"))
        source.several_forenames = several / max(source.present[role], several, 1e-9)
        source.initials = share_of_initials(values)
    if role == "birth_date":
        if _are_years(values):
            source.columns["birth_year"] = source.columns.pop("birth_date")
            source.present["birth_year"] = source.present.pop("birth_date")
            source.notes.append("the birth dates are years only: they can be compared with years only")
        else:
            _look_at_dates(source, values)
        return
    kind = KINDS[role]
    named = ", ".join(map(repr, source.columns[role]))
    if kind in WITH_DIGITS and _are_shortened(values):
        source.unused += source.columns.pop(role)
        source.present.pop(role)
        source.notes.append(
            f"left out: {named} holds numbers as a spreadsheet shortens them, without their last digits; export the"
            " feed with this column as text, and draft again"
        )
        return
    if kind in ("postcode", "phone", "sex", "nhs_number", "upn"):
        valid = len(values) - normalise(kind, values, field=role).values.null_count
        if valid < OWN_SHARE * (len(values) - values.null_count):
            source.kinds[role] = "text"
            source.notes.append(
                f"less than half of {named} is a valid {role}, so it is compared as text everywhere: if it is another"
                " thing, rename the column and draft again"
            )


def _are_shortened(values: "pa.Array[object]") -> bool:
    """Whether most numbers are written as 5.35E+09."""
    stated = values.drop_null()
    if not pa.types.is_string(stated.type) or not len(stated):
        return False
    return bool(pc.mean(pc.match_substring_regex(stated, SHORTENED).cast(pa.int8())).as_py() > OWN_SHARE)


def _share_present(values: "pa.Array[object]") -> float:
    return 1 - float(values.null_count) / max(len(values), 1)


def _are_years(values: "pa.Array[object]") -> bool:
    """Whether a column of birth dates holds nothing but years."""
    stated = values.drop_null()
    if pa.types.is_temporal(stated.type) or not len(stated):
        return False
    return bool(pc.mean(pc.match_substring_regex(stated, YEAR).cast(pa.int8())).as_py() > OWN_SHARE)


def _look_at_dates(source: DraftedSource, values: "pa.Array[object]") -> None:
    if source.date_formats:
        return
    if not pa.types.is_string(values.type):
        source.date_formats = ["%Y-%m-%d"]
        return
    source.date_formats, rivals = fitting_formats(values, datetime.now(UTC).date())
    if not source.date_formats:
        source.date_formats = ["%d/%m/%Y"]
        source.notes.append("no usual format reads the dates: write the right one into date_formats")
    elif rivals:
        source.notes.append(f"the dates read as well by {', '.join(rivals)}: make sure which is meant")


def fields_of(sources: Sequence[DraftedSource]) -> dict[str, str]:
    """The fields that can be compared, with their kinds; the sources' columns are brought in line with them.

    A field that only one of several sources has compares nothing. Where some have whole names and not their parts,
    these are read of them, and where all have, if commas part them. Else whole ones are compared: bigrams do not mind
    the order of the names.
    """
    bring_names_in_line(sources)
    _years_where_dates_are_few(sources)
    found: dict[str, str] = {}
    for role, usual in KINDS.items():
        having = [source for source in sources if role in source.columns]
        if len(having) >= (min(len(sources), 2) if role != "former_surname" else 1):
            found[role] = next((one.kinds[role] for one in having if role in one.kinds), usual)
    if "surname" not in found:
        found.pop("former_surname", None)
    # What follows from a field that tells more would count its error twice.
    for better in [one for one in ("birth_date", "birth_year") if one in found]:
        for worse in {"birth_year", "age"} - {better}:
            found.pop(worse, None)
    for source in sources:
        for role in [role for role in source.columns if role not in found]:
            source.unused += source.columns.pop(role)
    return found


def _years_where_dates_are_few(sources: Sequence[DraftedSource]) -> None:
    """Years for all, where one source has birth dates and others have the years only; they are read of the dates.

    Where several have dates these are compared, and the others do without.
    """
    dated = [source for source in sources if "birth_date" in source.columns]
    years = [source for source in sources if "birth_year" in source.columns]
    aged = [source for source in sources if "age" in source.columns and source not in (*dated, *years)]
    if len(dated) == 1 and years and years != dated:
        source = dated[0]
        source.columns["birth_year"] = source.columns.pop("birth_date")
        source.present["birth_year"] = source.present.pop("birth_date")
        source.notes.append(
            f"{', '.join(other.name for other in years if other is not source)} has years of birth only: years are"
            " compared, and read of the dates here"
        )
    elif len(dated) > 1:
        for source in years:
            if source not in dated:
                source.notes.append(
                    "the years of birth are compared with nothing, since others have dates: where these feeds are"
                    " small beside this one, add a field birth_year of kind 'year' and give it their columns of dates"
                )
    for source in aged if dated or years else []:
        source.notes.append(
            "ages cannot be compared with the births of other feeds: add a column birth_year with the year of the"
            " export less the age, and draft again"
        )

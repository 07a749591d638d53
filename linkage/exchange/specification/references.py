"""Faults between sections of a specification: names that lead nowhere, names given twice, levels out of order.

The checks work on the raw document, so that they are reported together with the faults inside the sections.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from linkage.exchange.specification.encoding import BlockingPart
from linkage.exchange.suggestions import suggestion

__all__ = ["reference_faults"]

Document = dict[str, Any]
DATE_PARTS = {"year", "month", "day", "year_month", "month_day"}
PLACE_PARTS = {"outward", "sector"}
PARTS_OF_FORMATS = {"d": "day", "m": "month", "b": "month", "B": "month", "Y": "year", "y": "year"}
TIMES_OF_FORMATS = {"H", "M", "S", "f", "%"}


def reference_faults(document: Document) -> list[str]:
    """Every fault that needs more than one section to be seen, one sentence each, in document order."""
    return [
        *_filter_faults(document),
        *_token_faults(document),
        *_blocking_faults(document),
        *_near_faults(document),
        *_comparison_faults(document),
        *_source_faults(document),
        *_cardinality_faults(document),
        *_people_faults(document),
    ]


def _filter_faults(document: Document) -> Iterator[str]:
    fields = _table(document, "fields")
    yield from _twice(document, "filters")
    for where, rule in _entries(document, "filters"):
        for position, member in enumerate(_dicts(rule.get("fields"))):
            yield from _unknown(f"{where}.fields[{position}].field", member.get("field"), fields, "field")
            if isinstance(salt := member.get("salt"), str):
                yield from _part_faults(f"{where}.fields[{position}].salt", salt, fields)
        yield from _least_faults(where, rule)


def _least_faults(where: str, rule: Document) -> Iterator[str]:
    least, members = rule.get("least_fields"), _dicts(rule.get("fields"))
    if not isinstance(least, int):
        if "made_up" in rule:
            yield f"{where}.made_up: means nothing without 'least_fields', the number of fields that have to be present"
        return
    if least > len(members):
        yield f"{where}.least_fields: expected at most the {len(members)} fields of the filter, got {least}"
    for position, member in enumerate(members):
        if member.get("optional"):
            yield f"{where}.fields[{position}].optional: 'least_fields' says how many may be missing; leave one out"


def _token_faults(document: Document) -> Iterator[str]:
    yield from _twice(document, "tokens")
    for where, rule in _entries(document, "tokens"):
        yield from _unknown(f"{where}.field", rule.get("field"), _table(document, "fields"), "field")


def _blocking_faults(document: Document) -> Iterator[str]:
    fields = _table(document, "fields")
    yield from _twice(document, "blocking_keys")
    buckets: dict[str, Any] = {}
    for where, rule in _entries(document, "blocking_keys"):
        for part in rule.get("parts") or []:
            if isinstance(part, str) and ":" in part:
                yield from _part_faults(f"{where}.parts", part, fields)
        space = rule.get("space") or rule.get("name")
        if isinstance(space, str) and buckets.setdefault(space, rule.get("buckets", 0)) != rule.get(
            "buckets", 0
        ):
            yield f"{where}.buckets: the keys of space {space!r} must have the same number of buckets"


def _near_faults(document: Document) -> Iterator[str]:
    filters = _named(document, "filters")
    for position, rule in enumerate(_dicts(_table(document, "candidates").get("near"))):
        yield from _unknown(f"candidates.near[{position}].filter", rule.get("filter"), filters, "filter")


def _part_faults(where: str, part: str, fields: Document) -> Iterator[str]:
    field, _, transform = part.partition(":")
    yield from _unknown(where, field, fields, "field")
    known = [str(known_part) for known_part in BlockingPart]
    if transform not in known:
        yield f"{where}: unknown part {transform!r} of field {field!r}; {suggestion(transform, known)}"
        return
    rule = fields.get(field)
    kind = rule.get("kind") if isinstance(rule, dict) else None
    if kind is not None and transform in DATE_PARTS and kind != "date":
        yield f"{where}: {transform!r} is a part of a date, but field {field!r} is of kind {kind!r}"
    if kind is not None and transform in PLACE_PARTS and kind != "postcode":
        yield f"{where}: {transform!r} is a part of a postcode, but field {field!r} is of kind {kind!r}"


def _comparison_faults(document: Document) -> Iterator[str]:
    filters, tokens = _named(document, "filters"), _named(document, "tokens")
    yield from _twice(document, "comparisons")
    for where, rule in _entries(document, "comparisons"):
        if ("filter" in rule) == ("token" in rule):
            yield f"{where}: expected one of 'filter' and 'token', got {'both' if 'filter' in rule else 'neither'}"
        if "filter" in rule:
            yield from _unknown(f"{where}.filter", rule["filter"], filters, "filter")
        if "token" in rule:
            yield from _unknown(f"{where}.token", rule["token"], tokens, "token")
            for key in ("levels", "similarity"):
                if key in rule:
                    yield f"{where}.{key}: tokens are equal or not, so a token comparison has no {key}"
        known = filters if "filter" in rule else tokens
        for position, view in enumerate(_dicts(rule.get("alternatives"))):
            for side in ("left", "right"):
                yield from _unknown(
                    f"{where}.alternatives[{position}].{side}", view.get(side), known, "column"
                )
        yield from _level_faults(where, rule)


def _level_faults(where: str, rule: Document) -> Iterator[str]:
    levels = rule.get("levels")
    if not isinstance(levels, list) or not all(isinstance(level, int | float) for level in levels):
        return
    if rule.get("similarity") == "hamming":
        if levels != sorted(set(levels), reverse=True):
            yield f"{where}.levels: expected shares of differing bits in descending order, without repeats"
    elif rule.get("similarity") == "dice" and levels != sorted(set(levels)):
        yield f"{where}.levels: expected similarities in ascending order, without repeats"


def _source_faults(document: Document) -> Iterator[str]:
    fields = _table(document, "fields")
    for name, source in _table(document, "sources").items():
        if not isinstance(source, dict):
            continue
        columns = source.get("columns")
        mapped = columns if isinstance(columns, dict) else {}
        for field in mapped:
            yield from _unknown(f"sources.{name}.columns", field, fields, "field")
        for field, column in mapped.items():
            kind = fields[field].get("kind") if isinstance(fields.get(field), dict) else "name"
            if isinstance(column, dict) and kind != "name":
                yield f"sources.{name}.columns.{field}: expected a part of a name for a field of kind 'name' only"
        dates = [f for f in mapped if isinstance(fields.get(f), dict) and fields[f].get("kind") == "date"]
        if dates and not source.get("date_formats"):
            yield (
                f"sources.{name}.date_formats: expected at least one format for {dates[0]!r},"
                ' such as ["%d/%m/%Y"] (["%Y-%m-%d"] where a Parquet file has real dates), got none'
            )
        formats = source.get("date_formats")
        for date_format in formats if isinstance(formats, list) else []:
            if isinstance(date_format, str) and not _has_a_date(date_format):
                yield (
                    f"sources.{name}.date_formats: expected day, month and year once each, from %d, %m or %b or %B,"
                    f" %Y or %y, with %H %M %S %f for a time, got {date_format!r}"
                )


def _has_a_date(date_format: str) -> bool:
    directives = re.findall("%(.?)", date_format, flags=re.DOTALL)
    parts = sorted(PARTS_OF_FORMATS[one] for one in directives if one in PARTS_OF_FORMATS)
    known = all(one in PARTS_OF_FORMATS or one in TIMES_OF_FORMATS for one in directives)
    return known and parts == ["day", "month", "year"]


def _cardinality_faults(document: Document) -> Iterator[str]:
    sources = list(_table(document, "sources"))
    for position, rule in enumerate(_dicts(_table(document, "resolution").get("cardinality"))):
        where = f"resolution.cardinality[{position}].sources"
        named = rule.get("sources")
        for name in named if isinstance(named, list) else []:
            yield from _unknown(where, name, sources, "source")
        if isinstance(named, list) and len(named) == 2 and named[0] == named[1]:
            yield f"{where}: expected two different sources; 'within' rules records of one source"


def _people_faults(document: Document) -> Iterator[str]:
    sources, cohort = list(_table(document, "sources")), _table(document, "cohort")
    if "field" in cohort:
        fields = _table(document, "fields")
        yield from _unknown("cohort.field", cohort["field"], fields, "field")
        rule = fields.get(str(cohort["field"]))
        if isinstance(rule, dict) and rule.get("kind") != "date":
            yield f"cohort.field: a cohort is a part of a date, but the field is of kind {rule.get('kind')!r}"
    for name, rule in _table(document, "recipients").items():
        told = rule if isinstance(rule, dict) else {}
        rights = ("asks_about", "sees", "sees_records")
        named = {right: told[right] for right in rights if isinstance(told.get(right), list)}
        for right, listed in named.items():
            for source in listed:
                yield from _unknown(f"recipients.{name}.{right}", source, sources, "source")
        hidden = [source for source in named.get("sees_records", []) if source not in named.get("sees", [])]
        for source in hidden:
            yield f"recipients.{name}.sees_records: {source!r} has to stand in 'sees' too"
    ages = {"age": 18, "later_age": 25} | _table(document, "lifecycle")
    if all(isinstance(ages[name], int) for name in ("age", "later_age")) and ages["later_age"] < ages["age"]:
        yield "lifecycle.later_age: expected an age that is not below 'age'"


def _table(document: Document, key: str) -> Document:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[Document]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _entries(document: Document, key: str) -> Iterator[tuple[str, Document]]:
    for position, rule in enumerate(_dicts(document.get(key))):
        yield f"{key}[{rule.get('name', position)}]", rule


def _named(document: Document, key: str) -> list[str]:
    return [str(rule["name"]) for rule in _dicts(document.get(key)) if "name" in rule]


def _twice(document: Document, key: str) -> Iterator[str]:
    names = _named(document, key)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{key}: the name {name!r} is given {names.count(name)} times; names must differ"


def _unknown(where: str, name: Any, known: Iterable[str], what: str) -> Iterator[str]:
    names = list(known)
    if isinstance(name, str) and name not in names:
        yield f"{where}: there is no {what} {name!r}; {suggestion(name, names)}"

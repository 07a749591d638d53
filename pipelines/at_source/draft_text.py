"""The text of a drafted specification: the fields that the feeds share, and filters and keys that follow from them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations
from textwrap import wrap

from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.specification import most_records_in_full
from linkage.exchange.specification.encoding import BlockingKeyRule
from pipelines.at_source.draft_keys import OFTEN_MISSING, SELDOM_MISSING, key_text, places_of
from pipelines.at_source.drafted_source import DraftedSource
from pipelines.at_source.hiding import STEPS, Hiding

__all__ = ["drafted_text"]

IDENTIFIERS = ("nhs_number", "upn")
SALT = "birth_date:year"
"""Of names and places beside a birth date: else what siblings share cancels, and the date can be solved for. In one
source, where nothing else holds the matches apart from relatives, a wrong year costs too many links."""
FEWEST_PARTS = 3
FILTER_BITS = 512
ROOM_TO_GROW = 1.4
"""Feeds may come to have so many times the records before the unit stops comparing every pair."""
SECOND_PLACES = {
    "postcode": ("address", "phone", "email"),
    "address": ("phone", "email"),
    "phone": ("email", "town"),
    "email": ("town",),
}
"""What stands in for a place in the same filters; a town follows from a postcode or an address and has few values."""
SECOND_PLACE_PRESENT = 0.5
"""A second place helps wherever both records have it; held by fewer rows it is not worth its filters."""

TOLD_BUCKETS = """\
# Blocking keys, in buckets of forty records and more of the smallest feed: none shows a rare value. Which they are was
# decided by what the feeds lack, and by whether any name or place would show in its bucket: docs/candidates.md."""
TOLD_FEW = """\
# Blocking keys: together these feeds have so few records that the unit compares every pair, whatever they share. So
# everybody is in one bucket of a key, which tells an attacker nothing. If all feeds together are to have more than
# {most:,} records, draft again with `--records N`, N the records of the smallest feed to come."""

HEAD = """# A childindex specification, drafted from the column names, date formats and sizes of {feeds}.
#
# A draft is a guess: look at every line under [fields] and [sources], then run `childindex spec check` on it and
# `childindex profile` on each feed. `childindex spec new PATH` without --feed writes the one for children, with every
# section explained; docs/specification.md has every key.

format = 1
project = "children"      # part of every derived key: name it anew for each project"""


def drafted_text(
    sources: Sequence[DraftedSource],
    fields: Mapping[str, str],
    profile: str,
    smallest: int,
    keys: Sequence[BlockingKeyRule],
    hiding: Hiding = STEPS[0],
) -> str:
    """A specification as TOML, with comments about what a person has to look at.

    Parameters
    ----------
    sources, fields
        What was found in the feeds.
    profile
        ``private`` or ``reference``.
    smallest
        Records of the smallest feed.
    keys
        Blocking keys of the private profile.
    hiding
        How much the filters hide.

    Raises
    ------
    SpecificationRefused
        If the feeds share too few fields for the private profile, or none at all.
    """
    if not fields:
        raise SpecificationRefused(
            "the feeds share no field that is known by the names of their columns; write the specification by hand, or"
            " rename columns to forename, surname, birth_date, postcode"
        )
    parts = [HEAD.format(feeds=", ".join(source.name for source in sources))]
    parts.append("[fields]\n" + "\n".join(f'{name} = {{ kind = "{kind}" }}' for name, kind in fields.items()))
    if profile == "private":
        parts += _private(sources, fields, smallest, keys, hiding)
    parts += [_source(source, fields) for source in sources]
    if profile == "reference":
        parts.append(
            "# A filter a field, for comparison and trials. Filters, blocking keys and comparisons follow from\n"
            "# the fields: `childindex spec show` has them. The gate refuses such a package.\n\n"
            '[privacy]\naccepted_risks = ["attribute_level", "undiffused", "unbucketed_keys"]'
        )
    return "\n\n".join(parts) + "\n"


def _private(
    sources: Sequence[DraftedSource],
    fields: Mapping[str, str],
    smallest: int,
    keys: Sequence[BlockingKeyRule],
    hiding: Hiding,
) -> Iterator[str]:
    names = [name for name in ("forename", "surname", "name") if name in fields]
    place = places_of(fields)
    births = [name for name in ("birth_date", "birth_year") if name in fields]
    rich = [*names, *births, *place]
    if len(rich) < FEWEST_PARTS:
        raise SpecificationRefused(
            f"the feeds share only {', '.join(rich) or 'no telling field'}; the private profile wants three fields of"
            " names, birth date and place that two feeds have. Add a column, or draft a filter a field with --profile"
            " reference, for comparison only"
        )
    size = 3 if len(rich) > FEWEST_PARTS else 2
    more = None
    if hiding.second_place:
        more = _with_second_place(sources, fields, rich) or _with_middle_name(sources, fields, rich)
    compared = more or [[group] for group in combinations(rich, size)]
    chosen = list(chain.from_iterable(compared))
    used = dict.fromkeys(chain.from_iterable(chosen))
    lacks = size == FEWEST_PARTS and bool(_missing(sources, used, SELDOM_MISSING))
    yield (
        f"# Filters over {'three' if size == 3 else 'two'} fields each, strongly diffused: see docs/privacy.md."
        + (
            ""
            if size == 3
            else " Three\n# hide more; these feeds share three in all, and the gate measures what that costs."
        )
        + _told_missing(sources, used, kept=lacks)
    )
    yield from (_filter(group, hiding, lacks=lacks, salted=len(sources) > 1) for group in chosen)
    identifiers = [name for name in IDENTIFIERS if fields.get(name) == name]
    yield from (f'[[tokens]]\nname = "{name}"\nfield = "{name}"' for name in identifiers)
    most = most_records_in_full(len(chosen) * FILTER_BITS // 64 + len(identifiers))
    few = ROOM_TO_GROW * max(sum(source.n_rows for source in sources), smallest * len(sources)) <= most
    yield TOLD_FEW.format(most=most // 1000 * 1000) if few else TOLD_BUCKETS
    yield from (f'[[blocking_keys]]\nname = "{name}"\nparts = ["{name}:whole"]' for name in identifiers)
    yield from map(key_text, _in_one_bucket(keys) if few else keys)
    yield "# Levels are shares of differing bits; unrelated filters differ in half." + (
        "\n# Where a second place stands in for the first, the more alike of the two filters counts."
        if len(compared) < len(chosen)
        else ""
    )
    yield from (_comparison(groups, hiding, lacks=lacks) for groups in compared)
    yield from (f'[[comparisons]]\nname = "{name}"\ntoken = "{name}"' for name in identifiers)


def _comparison(groups: Sequence[tuple[str, ...]], hiding: Hiding, *, lacks: bool) -> str:
    first, *others = map(_name, groups)
    views = ", ".join(f'{{ left = "{other}", right = "{other}" }}' for other in others)
    name = "_or_".join([first, *(group[-1] for group in groups[1:])])
    # Patterns multiply with comparisons: where there are five, the unit sees how many levels there may be.
    incomplete = None if hiding.second_place or not lacks else hiding.incomplete_levels
    return (
        f'[[comparisons]]\nname = "{name}"\nfilter = "{first}"\nlevels = {hiding.levels}'
        + (f"\nincomplete_levels = {incomplete}" if incomplete else "")
        + (f"\nalternatives = [{views}]" if views else "")
    )


def _with_second_place(
    sources: Sequence[DraftedSource], fields: Mapping[str, str], rich: Sequence[str]
) -> list[list[tuple[str, ...]]] | None:
    """Filters of each comparison where a second place stands in for the first; None where the feeds hold none.

    A person's own names are compared with either place: people move, and write an address in many ways. Patterns
    multiply with comparisons and not with the filters of one. A surname and a birth date with the second place would
    tell twins once more, and hardly anybody else.
    """
    if len(rich) <= FEWEST_PARTS or rich[:3] != ["forename", "surname", "birth_date"]:
        return None
    forename, surname, birth, place = rich
    for second in SECOND_PLACES.get(place, ()):
        if second in fields and _mostly_held(sources, second):
            return [
                [(forename, surname, birth)],
                [(forename, surname, place), (forename, surname, second)],
                [(forename, birth, place), (forename, birth, second)],
                [(surname, birth, place)],
                [(birth, place, second)],
            ]
    return None


def _with_middle_name(
    sources: Sequence[DraftedSource], fields: Mapping[str, str], rich: Sequence[str]
) -> list[list[tuple[str, ...]]] | None:
    """The usual filters, and one of a middle name, the birth date and the place; None where the feeds hold none.

    It tells people whose forename is missing or another one, and twins.
    """
    if rich[:3] != ["forename", "surname", "birth_date"] or len(rich) <= FEWEST_PARTS:
        return None
    if "middle_name" not in fields or not _mostly_held(sources, "middle_name"):
        return None
    groups = [*combinations(rich, FEWEST_PARTS), ("middle_name", *rich[2:])]
    return [[group] for group in groups]


def _mostly_held(sources: Sequence[DraftedSource], name: str) -> bool:
    """Whether two sources hold a field in most of their records, or the only one there is."""
    held = [source for source in sources if source.present.get(name, 0.0) >= SECOND_PLACE_PRESENT]
    return len(held) >= min(len(sources), 2)


def _missing(sources: Sequence[DraftedSource], names: Iterable[str], least: float) -> list[str]:
    return [
        f"{1 - source.present.get(name, 0.0):.0%} of {name} in {source.name}"
        for source in sources
        for name in names
        if source.present.get(name, 0.0) < least
    ]


def _told_missing(sources: Sequence[DraftedSource], names: Iterable[str], *, kept: bool) -> str:
    told = _missing(sources, names, SELDOM_MISSING if kept else OFTEN_MISSING)
    if not told:
        return ""
    if kept:
        then = (
            "With `least_fields = 2` a filter of three fields is kept where one of them is missing, in a column of its"
            " own that says so: see docs/privacy.md."
        )
    else:
        then = (
            "A filter is missing where one of its fields is: links will be lost. `least_fields = 2` in each filter"
            " keeps those that have two fields; docs/model.md says when that helps."
        )
    lines = wrap(f"Missing: {', '.join(told)}. {then}", 118, initial_indent="# ", subsequent_indent="# ")
    return "\n" + "\n".join(lines)


def _filter(group: Sequence[str], hiding: Hiding, *, lacks: bool, salted: bool) -> str:
    name = _name(group)
    members = []
    for part in group:
        more = (
            f', key = "{name}"'
            if part in ("forename", "surname") and {"forename", "surname"} <= set(group)
            else ""
        )
        more += ', tokens = "digits"' if part == "birth_date" else ""
        more += f', salt = "{SALT}"' if salted and part != "birth_date" and "birth_date" in group else ""
        if part == "address" and hiding.address_weight != 1:
            more += f", weight = {hiding.address_weight}"
        members.append(f'  {{ field = "{part}"{more} }},')
    return (
        f'[[filters]]\nname = "{name}"\nbits = {FILTER_BITS}\nfill = 0.19\nfields = [\n'
        + "\n".join(members)
        + "\n]\n"
        + ("least_fields = 2\n" if lacks else "")
        + f'hardening = [{{ kind = "diffuse", inputs = {hiding.inputs} }}]'
    )


def _name(group: Sequence[str]) -> str:
    return "_".join(group)


def _in_one_bucket(keys: Sequence[BlockingKeyRule]) -> Iterator[BlockingKeyRule]:
    """Two keys that hold everybody: by names and by place, so that hardly a record lacks both."""
    for place in sorted({0, len(keys) - 1}):
        yield keys[place].model_copy(update={"space": None, "buckets": 1})


def _source(source: DraftedSource, fields: Mapping[str, str]) -> str:
    told = [f"{note[0].upper()}{note[1:]}".removesuffix(".") + "." for note in source.notes]
    if source.unused:
        told.append(f"Not used: {', '.join(source.unused)}")
    lines = [line for text in told for line in wrap(text, 118, initial_indent="# ", subsequent_indent="# ")]
    lines += [f"[sources.{source.name}]", f"record_id = {_quoted(source.record_id)}"]
    if {"birth_date", "birth_year"} & source.columns.keys() and source.date_formats:
        lines.append(f"date_formats = {json.dumps(source.date_formats)}")
    if source.header.encoding != "utf-8":
        lines.append(f'encoding = "{source.header.encoding}"')
    lines += ["", f"[sources.{source.name}.columns]"]
    for name in fields:
        columns = source.columns.get(name, [])
        if part := source.parts.get(name):
            lines.append(f'{name} = {{ column = {_quoted(columns[0])}, part = "{part}" }}')
        elif columns:
            lines.append(f"{name} = {_quoted(columns[0]) if len(columns) == 1 else _list(columns)}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _list(texts: Sequence[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)

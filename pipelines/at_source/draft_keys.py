"""The blocking keys of a draft: as coarse as the feeds allow without a value that shows.

A pair is found where one key holds nothing that is wrong or missing in either record. So of forename, surname, birth
date and place each two make a key: whatever two of them are wrong, the other two still meet. Which parts of the two
stand in it is decided on the feeds: a coarse part (an outward code) forgives more errors than a fine one (a postcode),
and shows more.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.exchange.specification.encoding import BlockingKeyRule
from pipelines.at_source.drafted_source import DraftedSource
from pipelines.at_source.value_sizes import ValueSizes, value_sizes
from pipelines.buckets import fitting_buckets

__all__ = ["OFTEN_MISSING", "SELDOM_MISSING", "drafted_keys", "key_text", "places_of"]

PLACES = ("postcode", "address", "phone", "email", "town")
COARSER_PLACES = {"postcode": ("outward", "sector"), "text": ("first3",)}
"""Parts of a postcode, by the kind of the field: of other countries it is a text. The coarsest first."""
OFTEN_MISSING = 0.8
"""A field that fewer of a feed's rows have makes every filter it is in go missing as often."""
SELDOM_MISSING = 0.98
"""With a field missing in one record of fifty, one pair in nine lacks one of three fields in one of the two."""
MISSING_A_RECORD = 0.05
"""Of names, birth date and place a record lacks so many on average, where more keys are made. Each costs what any other
does; in feeds that lack less they would find one pair in thousands."""
DEAREST, DEAREST_UNDATED = 2, 16
"""By how many times fewer buckets than others have a key of both names may be bought. It stands for two keys; where a
feed holds no birth dates at all it stands for all that has names."""


def places_of(fields: Mapping[str, str]) -> list[str]:
    """The place, or with names and birth dates of one field each the places, that filters and keys are made of."""
    two = {"forename", "surname"} <= set(fields)
    return [name for name in PLACES if name in fields][: 1 if two or "birth_date" in fields else 2]


def drafted_keys(
    sources: Sequence[DraftedSource], feeds: Mapping[str, Path], fields: Mapping[str, str], smallest: int
) -> list[BlockingKeyRule]:
    """The keys that are no identifiers, those of names first and those of places last.

    Parameters
    ----------
    sources, feeds
        What was found in the feeds, and where they are.
    fields
        Fields that are compared, with their kinds.
    smallest
        Records of the smallest feed, or of the smallest to come, from which the buckets follow.
    """
    keys = _Keys(sources, feeds, fields, smallest)
    dated, two = "birth_date" in fields, {"forename", "surname"} <= set(fields)
    found: list[BlockingKeyRule | None] = []
    if dated:
        found += [
            keys.plain(f"{name}_birth", [f"{name}:soundex", "birth_date:whole"], space="name_birth")
            for name in ("forename", "surname", "former_surname")
            if name in fields
        ]
        if "name" in fields:
            found.append(keys.plain("birth", ["birth_date:whole"]))
    if two:
        found += keys.of_both_names()
    if dated and two and "middle_name" in fields and _placeless(sources, fields):
        found += keys.of_middle_name()
    if "address" in fields and "address" not in places_of(fields) and keys.lacking:
        found += keys.of_address()
    for where in (*_second_places(sources, fields), *places_of(fields)):
        found += keys.of_place(where)
    return [key for key in found if key is not None]


def _placeless(sources: Sequence[DraftedSource], fields: Mapping[str, str]) -> bool:
    """Whether a source has none of the places that others have, so that a middle name has to stand in for it."""
    return not all(source.columns.keys() & set(places_of(fields)) for source in sources)


def _second_places(sources: Sequence[DraftedSource], fields: Mapping[str, str]) -> list[str]:
    """Another place, where a feed lacks the first one often."""
    firsts = places_of(fields)
    lacking = any(0 < source.present.get(name, 0.0) < OFTEN_MISSING for source in sources for name in firsts)
    return [name for name in PLACES if name in fields and name not in firsts][:1] if lacking else []


@dataclass(frozen=True)
class _Keys:
    """Makes keys for some feeds."""

    sources: Sequence[DraftedSource]
    feeds: Mapping[str, Path]
    fields: Mapping[str, str]
    smallest: int

    @property
    def lacking(self) -> bool:
        """Whether records of a source lack names, birth date or place so often that pairs lack two of these.

        Where values are missing they are wrong, too, and nothing but a missing value can be seen in one feed.
        """
        used = ("forename", "surname", "name", "birth_date", *places_of(self.fields))
        return any(
            sum(1 - source.present.get(name, 0.0) for name in used if name in self.fields) > MISSING_A_RECORD
            for source in self.sources
        )

    def plain(
        self, name: str, parts: list[str], *, space: str | None = None, any_order: bool = False
    ) -> BlockingKeyRule:
        """A key over values that are nearly unique; in the space of names and birth dates a record has two."""
        buckets = fitting_buckets(2 * self.smallest if space else self.smallest)
        return BlockingKeyRule(name=name, parts=parts, space=space, any_order=any_order, buckets=buckets)

    def of_both_names(self) -> Iterator[BlockingKeyRule | None]:
        """One key of nothing but both names where no name shows by it, or two with a part of the birth date each."""
        both = ["forename:soundex", "surname:soundex"]
        dated = all("birth_date" in source.columns for source in self.sources)
        lone = self.hiding("names", both, any_order=True, dearest=DEAREST if dated else DEAREST_UNDATED)
        if lone is not None:
            yield lone
            return
        if "birth_date" not in self.fields:
            yield self.plain("names", both, any_order=True)
            return
        yield self.plain("names_year", [*both, "birth_date:year"], any_order=True)
        yield self.plain("names_month_day", [*both, "birth_date:month_day"], any_order=True)
        if self.lacking:
            # A record without a birth date has neither of the two.
            if self.fields.get("postcode") == "postcode":
                yield self.hiding("names_outward", [*both, "postcode:outward"], any_order=True)
            if "middle_name" in self.fields:
                yield self.hiding("names_middle", [*both, "middle_name:initial"], any_order=True)

    def of_middle_name(self) -> Iterator[BlockingKeyRule | None]:
        """Keys of a surname or a birth date and a middle name, of which some feeds have the initial only."""
        middle = ["middle_name:initial", *(["sex:whole"] if "sex" in self.fields else [])]
        yield self.hiding("surname_middle", ["surname:soundex", *middle])
        yield self.hiding("birth_middle", ["birth_date:whole", *middle])

    def of_address(self) -> Iterator[BlockingKeyRule | None]:
        """Keys of the number and the beginning of the street: where a household lives, however the rest is written."""
        lone = self.hiding("address", ["address:first8"])
        if lone is not None:
            yield lone
            return
        for name in ("forename", "surname"):
            if name in self.fields:
                yield self.hiding(f"{name}_address", [f"{name}:initial", "address:first8"])

    def of_place(self, where: str) -> Iterator[BlockingKeyRule | None]:
        """Keys of a name or a birth date and a place."""
        if "forename" in self.fields:
            yield self.plain(f"forename_{where}", ["forename:initial", f"{where}:whole"])
        # A surname at a place is a family's: one of it who is known tells the bucket of the others.
        if "surname" in self.fields and ("birth_date" not in self.fields or self.lacking):
            yield self._of_place(f"surname_{where}", "surname:soundex", where)
        if "birth_date" in self.fields:
            yield self._of_place(f"birth_{where}", "birth_date:whole", where)
        elif "name" in self.fields:
            yield self.plain(where, [f"{where}:whole"])

    def _of_place(self, name: str, part: str, where: str) -> BlockingKeyRule | None:
        coarser = COARSER_PLACES.get(self.fields[where], ()) if self.lacking and where == "postcode" else ()
        for place in coarser:
            if key := self.hiding(name, [part, f"{where}:{place}"]):
                return key
        return self.plain(name, [part, f"{where}:whole"])

    def hiding(
        self, name: str, parts: list[str], *, any_order: bool = False, dearest: int = 1
    ) -> BlockingKeyRule | None:
        """A key under which no value of any feed shows; None where buckets would have to be too few for that."""
        key = self.plain(name, parts, any_order=any_order)
        sizes = [size for source in self.sources if (size := self._sizes(key, source)) is not None]
        times = 1
        while times <= dearest and key.buckets // times:
            tried = key.model_copy(update={"buckets": key.buckets // times})
            if all(size.hidden_in(tried.buckets) for size in sizes):
                return tried
            times *= 2
        return None

    def _sizes(self, key: BlockingKeyRule, source: DraftedSource) -> ValueSizes | None:
        if not {part.partition(":")[0] for part in key.parts} <= source.columns.keys():
            return None
        return value_sizes(key, source, self.feeds[source.name], self.fields, self.smallest)


def key_text(key: BlockingKeyRule) -> str:
    """A key's section of the specification."""
    return (
        f'[[blocking_keys]]\nname = "{key.name}"\n'
        + (f'space = "{key.space}"\n' if key.space else "")
        + f"parts = {json.dumps(key.parts)}\n"
        + ("any_order = true\n" if key.any_order else "")
        + f"buckets = {key.buckets}"
    )

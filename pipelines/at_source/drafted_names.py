"""Names of a draft that sources keep in different ways: whole or in parts, one forename or all of them."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from encoders.feeds.name_parts import part_of_names
from linkage.exchange.specification.model import NamePart
from pipelines.at_source.drafted_source import DraftedSource, SurnamePlace

__all__ = ["OF_WHOLE_NAMES", "bring_names_in_line", "share_of_initials", "surname_place"]

OF_WHOLE_NAMES: tuple[NamePart, ...] = ("forename", "surname")
"""The parts that are read of whole names; a middle name is compared with few."""
WITH_COMMA = 0.9
"""The surname stands before a comma where so many names have one."""
MOSTLY_INITIALS = 0.5
SEVERAL_FORENAMES = 0.2
ONE_FORENAME = 0.5
"""A source writes all forenames into one column if so many are several, and another under this share of as many."""


def bring_names_in_line(sources: Sequence[DraftedSource]) -> None:
    """Fields that all have, from whole names and from columns of several forenames where others have the parts."""
    _whole_names(sources)
    _initials(sources)
    _several_forenames(sources)


def _whole_names(sources: Sequence[DraftedSource]) -> None:
    """Parts for all, where all have them or they can be read of one column; else whole names for all."""
    if all({"forename", "surname"} <= source.columns.keys() for source in sources):
        for source in sources:
            source.unused += source.columns.pop("name", [])
    whole = [source for source in sources if "name" in source.columns]
    if not whole:
        return
    only = len(whole) == len(sources)
    if all(_may_be_parted(source, surely=only) for source in sources):
        for source in whole:
            _part(source)
        return
    for source in sources:
        parts = [
            column
            for part in ("forename", "middle_name", "surname")
            for column in source.columns.pop(part, [])
        ]
        if "name" not in source.columns and parts:
            source.columns["name"] = parts
            source.present["name"] = 1.0
        else:
            source.unused += parts


def surname_place(names: "pa.Array[Any]") -> SurnamePlace:
    """Where the surname seems to stand: before a comma, or last, since there are more surnames than forenames."""
    stated = names.cast(pa.string()).drop_null()
    if not len(stated):
        return SurnamePlace.UNSURE
    if pc.mean(pc.match_substring(stated, ",").cast(pa.int8())).as_py() >= WITH_COMMA:
        return SurnamePlace.BEFORE_COMMA
    first, last = (
        pc.count_distinct(pc.utf8_lower(part_of_names(stated, part))).as_py() for part in OF_WHOLE_NAMES
    )
    return SurnamePlace.LAST if last >= first else SurnamePlace.UNSURE


def _may_be_parted(source: DraftedSource, *, surely: bool) -> bool:
    """Whether a source has the parts, or one column of whole names that tells them."""
    if {"forename", "surname"} <= source.columns.keys():
        return True
    told = {SurnamePlace.BEFORE_COMMA} if surely else {SurnamePlace.BEFORE_COMMA, SurnamePlace.LAST}
    return len(source.columns.get("name", [])) == 1 and source.surname_place in told


def _part(source: DraftedSource) -> None:
    """Forename and surname of the one column that holds the whole name."""
    (column,) = source.columns.pop("name")
    for part in OF_WHOLE_NAMES:
        source.unused += source.columns.pop(part, [])
        source.columns[part] = [column]
        source.parts[part] = part
    source.notes.append(
        "names are parted: before a comma stands the surname, else the last word is it; make sure that it is so"
    )


def share_of_initials(forenames: "pa.Array[Any]") -> float:
    """Share of the stated forenames that are one letter, with or without a full stop."""
    stated = forenames.cast(pa.string()).drop_null()
    single = pc.match_substring_regex(stated, r"^\s*\pL[.]?\s*$")
    return float(pc.mean(single.cast(pa.int8())).as_py() or 0.0)


def _initials(sources: Sequence[DraftedSource]) -> None:
    """Initials for all, where one source has forenames and others their initials only.

    Where several have forenames these are compared, and an initial is hardly like any.
    """
    named = [source for source in sources if "forename" in source.columns and "forename" not in source.parts]
    short = [source for source in named if source.initials > MOSTLY_INITIALS]
    for source in named if short and len(named) - len(short) < 2 else []:
        if source not in short and len(source.columns["forename"]) == 1:
            source.parts["forename"] = "initial"
            source.notes.append(
                f"{', '.join(other.name for other in short)} has initials for forenames: initials are compared, and"
                " read of the forenames here"
            )


def _several_forenames(sources: Sequence[DraftedSource]) -> None:
    """The first forename for those who write all of them into one column, where others write the first only."""
    written = {source.name: source.several_forenames for source in sources if "forename" in source.columns}
    for source in sources:
        share = written.get(source.name, 0.0)
        others = [other for name, other in written.items() if name != source.name]
        if (
            share >= SEVERAL_FORENAMES
            and min(others, default=share) < ONE_FORENAME * share
            and len(source.columns["forename"]) == 1
            and "middle_name" not in source.columns
            and "forename" not in source.parts
        ):
            source.parts["forename"] = "first_forename"
            source.notes.append(
                "the forenames are all in one column, where another source has the first only: the first is compared"
            )

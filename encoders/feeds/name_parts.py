"""Forename, middle name and surname out of a column of whole names, or of forenames.

A feed that keeps "SMITH, John Andrew", "John Andrew Smith" or the forenames "John Andrew" in one column can so be
compared with feeds that keep the parts. Before a comma stands the surname, as in registers; without one the last word
is it, with the particles before it (van, de, al ...). Of the other names the first word is the forename, and the others
are the middle name. A single word is a surname. Titles and generation suffixes belong to no part.

The rule is a guess where there is no comma: of two surnames without a hyphen it takes the second only. The parts are
normalised like any other value afterwards.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from encoders.normalise.names import SUFFIXES, TITLES
from linkage.exchange.specification.model import NamePart

__all__ = ["part_of_names"]

_PARTICLES = "van|von|der|den|de|del|della|di|da|dos|das|du|la|le|al|el|bin|ibn|bint|abu|ap|ter|ten|zu|st[.]?"
_TITLE = rf"(?i)^(?:\s*\(?(?:{TITLES})\b[.)]*\s+)+"
_SUFFIX = rf"(?i)[\s,]+\(?(?:{SUFFIXES}|{TITLES})\b[.)]*\s*$"
_COMMA = r"^\s*(?P<surname>[^,]*?)\s*,\s*(?P<given>[^,]*)"
_PLAIN = rf"(?i)^\s*(?:(?P<given>.*?)\s+)??(?P<surname>(?:(?:{_PARTICLES})\s+)*\S+)\s*$"
_OF_FORENAMES = {"first_forename": "forename", "other_forenames": "middle_name"}
_GIVEN = r"^\s*(?P<forename>\S+)\s*(?P<middle_name>.*?)\s*$"


def part_of_names(values: "pa.Array[Any]", part: NamePart) -> pa.StringArray:
    """One part of whole names or of forenames, row by row; null where there is no such part."""
    if part == "initial":
        return pc.utf8_slice_codeunits(part_of_names(values, "first_forename"), 0, 1)
    if part in _OF_FORENAMES:
        return _of_given(values.cast(pa.string()), _OF_FORENAMES[part])
    names = pc.replace_substring_regex(values.cast(pa.string()), pattern=_SUFFIX, replacement="")
    names = pc.replace_substring_regex(names, pattern=_TITLE, replacement="")
    by_comma, plain = (pc.extract_regex(names, pattern=pattern) for pattern in (_COMMA, _PLAIN))
    has_comma = pc.match_substring(names, ",")

    def of_name(key: str) -> "pa.Array[Any]":
        return pc.if_else(has_comma, pc.struct_field(by_comma, key), pc.struct_field(plain, key))

    if part == "surname":
        return _or_null(of_name("surname"))
    return _of_given(of_name("given"), part)


def _of_given(names: pa.StringArray, key: str) -> pa.StringArray:
    given = pc.replace_substring_regex(names, pattern=_TITLE, replacement="")
    return _or_null(pc.struct_field(pc.extract_regex(given, pattern=_GIVEN), key))


def _or_null(values: "pa.Array[Any]") -> pa.StringArray:
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)

"""Canaries: people who do not exist, by whom the unit sees whether all sources encode alike.

Drawn from the project key, so every source has the same ones and the unit cannot know them. Their values are as
awkward as people's: accents, apostrophes, double names, blanks, and a few lack a field where filters stand without it.
They pass through the normaliser and the encoder of the source like any record, carry the canary flag, and are removed
before matching. Two sources whose canaries differ in a bit run different normalisers, libraries or specifications, and
no record of theirs would meet.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from encoders.keys.project_key import Purpose
from encoders.normalise import normalise
from encoders.record_encoder import RecordEncoder
from linkage.exchange.records import EncodedRecords, RecordFlag
from linkage.exchange.schema import RECORD_ID_BYTES
from linkage.exchange.specification import Specification
from linkage.exchange.specification.encoding import FieldKind

__all__ = ["CANARIES", "canary_records"]

CANARIES = 16
TRIES = 256
DATE_FORMAT = "%Y-%m-%d"
LETTERS = "ABCDEFGHJKLMNPRSTUWXYZ"
SYLLABLES = [
    *("Zo\u00eb", "Ma", "Li", "O'", "Lou-", "\u0141u", "kasz", "Bj\u00f6r", "n", "\u00c6", "the"),
    *("Nguy\u1ec5", "\u00df", "Sean", "\u00e9a", "mac", "\u0130", "d\u2019", "Fran\u00e7", "oi", "se"),
    *("\uff21", "St.", "van", "\ufb01", "Ka", "Jr.", "-Ann", "\u00f1"),
]
Derive = Callable[[Purpose, str], bytes]


def canary_records(specification: Specification, encoder: RecordEncoder, derive: Derive) -> EncodedRecords:
    """The canaries of a project key, normalised and encoded, with every field whichever the source has.

    Parameters
    ----------
    specification
        What to encode.
    encoder
        Of any source: only record ids differ between sources, and those of canaries do not.
    derive
        Of the project key.
    """
    ids = [derive(Purpose.CANARIES, f"record id {number}")[:RECORD_ID_BYTES] for number in range(CANARIES)]
    columns = {
        name: pa.array(_values(derive, name, rule.kind), type=pa.string())
        for name, rule in specification.fields.items()
    }
    for canary, name in enumerate(_sometimes_missing(specification)[: CANARIES // 4]):
        columns[name] = pc.if_else(np.arange(CANARIES) == canary, pa.scalar(None, pa.string()), columns[name])
    return encoder.encode(
        np.frombuffer(b"".join(ids), dtype=np.uint8).reshape(CANARIES, RECORD_ID_BYTES).copy(),
        columns,
        flags=np.full(CANARIES, RecordFlag.CANARY, dtype=np.uint8),
    )


def _sometimes_missing(specification: Specification) -> list[str]:
    """Fields whose place others fill in a filter: a canary that lacks one shows whether all sources fill it alike."""
    rules = [rule for rule in specification.filters if rule.least_fields is not None]
    return list(dict.fromkeys(member.field for rule in rules for member in rule.fields))


def _values(derive: Derive, field: str, kind: FieldKind) -> list[str | None]:
    """Normalised values: for each canary the first of some drawn ones that the normaliser takes.

    Check digits are drawn too, so of numbers that have them not every one is taken: more are drawn as they are needed.
    """
    values: list[str | None] = [None] * CANARIES
    for part in range(TRIES // 8 if _checked(kind) else 1):
        lacking = [number for number, value in enumerate(values) if value is None]
        if not lacking:
            break
        raws = [raw for number in lacking for raw in _raws(derive, field, kind, number, part)]
        taken = normalise(
            kind, pa.array(raws, pa.string()), date_formats=[DATE_FORMAT], field=field, columns=[field]
        ).values.to_pylist()
        tries = len(raws) // len(lacking)
        for place, number in enumerate(lacking):
            mine = taken[place * tries : (place + 1) * tries]
            values[number] = next((value for value in mine if value is not None), None)
    return values


def _raws(derive: Derive, field: str, kind: FieldKind, number: int, part: int) -> list[str]:
    drawn = derive(Purpose.CANARIES, f"{field} {number} {part}")
    steps = 4 if _checked(kind) else len(drawn)
    return [_raw(kind, drawn[at : at + steps]) for at in range(0, len(drawn), steps)]


def _checked(kind: FieldKind) -> bool:
    return kind in (FieldKind.NHS_NUMBER, FieldKind.UPN, FieldKind.POSTCODE)


def _raw(kind: FieldKind, drawn: bytes) -> str:
    number = int.from_bytes(drawn, "big")
    written: Callable[[int], str] | None = {
        FieldKind.DATE: _date,
        FieldKind.SEX: lambda number: "FEMALE" if number % 2 else "Male",
        FieldKind.POSTCODE: _postcode,
        FieldKind.NHS_NUMBER: lambda number: (
            f"4{number % 100:02d} {number // 100 % 1000:03d} {number // 10**5 % 10**4}"
        ),
        FieldKind.UPN: lambda number: f"{LETTERS[number % len(LETTERS)]}801{number // 32 % 10**9:09d}",
        FieldKind.PHONE: lambda number: f"+44 (0)7{number % 10**9:09d}",
        FieldKind.NUMBER: lambda number: str(number % 1000),
        FieldKind.YEAR: lambda number: str(1950 + number % 70),
    }.get(kind)
    if written is not None:
        return written(number)
    words = " ".join(SYLLABLES[byte % len(SYLLABLES)] for byte in drawn[:4]).replace(" ", "", 2)
    return f"{number % 90 + 1}b  {words} Road, {words}" if kind == FieldKind.ADDRESS else words


def _date(number: int) -> str:
    return f"{2006 + number % 15}-{number // 15 % 12 + 1:02d}-{number // 180 % 28 + 1:02d}"


def _postcode(number: int) -> str:
    first, second = LETTERS[number % 20], LETTERS[number // 20 % 20]
    return f" {first.lower()}{number // 400 % 9 + 1} {number // 4_000 % 10}{second}{LETTERS[number // 40_000 % 8]}"

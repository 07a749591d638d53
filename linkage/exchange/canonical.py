"""Canonical JSON: one spelling for one content, so that it can be signed and compared as bytes.

Keys sorted, no blanks, ASCII only, no fractions. A reader parses and writes again: anything that does not come back
byte for byte (a repeated key, a blank, another spelling of a number) is refused without a rule of its own.
"""

import json
from typing import Any, NoReturn

__all__ = ["NotCanonical", "read_canonical", "write_canonical"]


class NotCanonical(Exception):
    """The bytes are not the canonical spelling of one JSON object."""


def write_canonical(content: dict[str, Any]) -> bytes:
    """Spell an object of strings, integers, booleans, nulls, lists and objects."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    ).encode("ascii")


def read_canonical(raw: bytes, *, at_most: int) -> dict[str, Any]:
    """Read an object back.

    Raises
    ------
    NotCanonical
        If the bytes are longer than `at_most`, are not JSON, not an object, or not spelled canonically.
    """
    if len(raw) > at_most:
        raise NotCanonical
    try:
        content = json.loads(raw.decode("ascii"), parse_float=_fraction, parse_constant=_fraction)
        canonical = isinstance(content, dict) and write_canonical(content) == raw
    except (ValueError, RecursionError) as error:
        raise NotCanonical from error
    if not canonical:
        raise NotCanonical
    return content  # type: ignore[no-any-return]  # shown to be a dict above


def _fraction(_spelling: str) -> NoReturn:
    raise ValueError

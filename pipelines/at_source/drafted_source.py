"""What a draft knows of one source: its columns by field, and what a person has to look at; no value."""

from dataclasses import dataclass, field
from enum import StrEnum

from encoders.feeds.headers import Header
from linkage.exchange.specification.model import NamePart

__all__ = ["DraftedSource", "SurnamePlace"]


class SurnamePlace(StrEnum):
    """Where the surname stands in whole names."""

    BEFORE_COMMA = "before a comma"
    LAST = "last"
    UNSURE = "unsure"


@dataclass
class DraftedSource:
    """What was found in a feed.

    Attributes
    ----------
    columns
        Field to columns.
    parts
        Field to the part of the names in its column that it is; left out where it is all of them.
    surname_place
        Where the surname seems to stand in a column of whole names.
    several_forenames
        Share of the forenames that are several, in rows of the sample that have one.
    kinds
        Field to kind, where the values speak against the usual one.
    present
        Share of rows of the sample with a value, by field.
    initials
        Share of the forenames that are one letter, likewise.
    unused
        Columns that nothing is made of.
    notes
        What a person has to look at.
    """

    name: str
    header: Header
    record_id: str
    n_rows: int
    columns: dict[str, list[str]] = field(default_factory=dict)
    parts: dict[str, NamePart] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    date_formats: list[str] = field(default_factory=list)
    present: dict[str, float] = field(default_factory=dict)
    surname_place: SurnamePlace = SurnamePlace.UNSURE
    several_forenames: float = 0.0
    initials: float = 0.0
    unused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

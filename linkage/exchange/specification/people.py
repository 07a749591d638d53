"""What a specification says about people: who is protected, who may ask, and when a child leaves the index.

None of it changes an output bit but the cohort, which is a column of its own: the rest is no part of the fingerprint
and can change from one night to the next (`childindex spec adopt`).
"""

from typing import Annotated, Literal

from pydantic import Field

from linkage.exchange.specification.encoding import Name, Rules

__all__ = ["CohortRule", "FlagRule", "LifecycleRule", "OperationRule", "ProtectionRule", "RecipientRule"]

CLEAR = ["", "0", "n", "no", "false"]


class FlagRule(Rules):
    """A column of a feed that sets a flag of its records.

    Letter case and blanks around a value do not matter. A value that is neither in `values` nor in `otherwise` refuses
    the feed: a spelling that nobody thought of must not expose a child.
    """

    column: str = Field(min_length=1)
    values: list[str] = Field(min_length=1)
    otherwise: list[str] = CLEAR


class OperationRule(FlagRule):
    """The column of a delta that says what happened to a record; what is not named refuses the feed.

    `values` are the spellings of a deletion, of which only the record id is read; `otherwise` those of everything else.
    """

    values: list[str] = Field(default=["delete", "deleted", "d"], min_length=1)
    otherwise: list[str] = ["", "upsert", "insert", "update", "add", "change", "u", "i", "a", "c"]


class CohortRule(Rules):
    """The cohort of a record, a keyed token: the unit can see who ages out together, and not when anybody was born."""

    field: Name
    part: Literal["year", "year_month"] = "year_month"


class ProtectionRule(Rules):
    """How near a record may come to a shielded child before a person has to look at it.

    A pair counts as near down to `review_bits` under the threshold: 8 bits are odds of 1 to 256 against the odds at
    which records are joined.
    """

    review_bits: float = Field(default=8.0, ge=0, le=64)


class RecipientRule(Rules):
    """What a recipient may ask and be told.

    `asks_about` are the sources with whose records it may ask, `sees` those of which it may be told that they know a
    child, `sees_records` those of whose records it may be told the ids. A shielded child looks like an unknown one
    unless `knows_shielded`. `may_ask` allows sealed questions about a child it has just met, `may_export` everything at
    once.
    """

    asks_about: list[Name] = []
    sees: list[Name] = Field(min_length=1)
    sees_records: list[Name] = []
    knows_shielded: bool = False
    may_ask: bool = False
    may_export: bool = False


class LifecycleRule(Rules):
    """When a child leaves the index.

    At `age` years, or at `later_age` where its source flags it, a record may be aged out by a notice of its source. It
    stays `archive_days` in the archive, where nothing but undoing finds it, and is then purged.
    """

    age: Annotated[int, Field(ge=1, le=120)] = 18
    later_age: Annotated[int, Field(ge=1, le=120)] = 25
    archive_days: Annotated[int, Field(ge=0, le=36525)] = 2192

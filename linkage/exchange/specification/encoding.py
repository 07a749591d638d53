"""The part of a specification that every source and the unit must share to the letter: what is encoded, and how.

Its fingerprint travels in each package. Changing anything here changes the output bits.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from linkage.exchange.schema import ColumnKind

__all__ = [
    "Balance",
    "Blip",
    "BlockingKeyRule",
    "BlockingPart",
    "Diffuse",
    "FieldKind",
    "FieldRule",
    "FilterField",
    "FilterRule",
    "Fold",
    "HardeningStep",
    "Name",
    "Part",
    "Resample",
    "Rule90",
    "Rules",
    "TokenKind",
    "TokenRule",
]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


class Rules(BaseModel):
    """Base of every section: frozen, and unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class FieldKind(StrEnum):
    """How a field is normalised; see ``encoders.normalise``."""

    NAME = "name"
    DATE = "date"
    SEX = "sex"
    POSTCODE = "postcode"
    ADDRESS = "address"
    NHS_NUMBER = "nhs_number"
    UPN = "upn"
    PHONE = "phone"
    NUMBER = "number"
    YEAR = "year"
    TEXT = "text"


class TokenKind(StrEnum):
    """How a normalised value is cut into the tokens that a filter hashes."""

    BIGRAMS = "bigrams"
    TRIGRAMS = "trigrams"
    POSITIONAL_BIGRAMS = "positional_bigrams"
    DIGITS = "digits"
    DATE_PARTS = "date_parts"
    NEIGHBOURHOOD = "neighbourhood"
    WORDS = "words"
    WHOLE = "whole"


class FieldRule(Rules):
    """A field of a person, whatever the sources call its column."""

    kind: FieldKind


class Diffuse(Rules):
    """Each output bit is the XOR of `inputs` filter bits at keyed positions (Armknecht, Heng, Schnell 2023)."""

    kind: Literal["diffuse"]
    inputs: int = Field(ge=2, le=64)
    bits: int | None = Field(default=None, ge=64, le=16384, multiple_of=64)


class Fold(Rules):
    """XOR of the two halves of a filter: unkeyed, and no protection by itself."""

    kind: Literal["fold"]


class Resample(Rules):
    """Each output bit is the XOR of two filter bits at keyed positions."""

    kind: Literal["resample"]
    bits: int | None = Field(default=None, ge=64, le=16384, multiple_of=64)


class Rule90(Rules):
    """Each bit becomes the XOR of its two neighbours on a ring: unkeyed, and no protection by itself."""

    kind: Literal["rule90"]


class Balance(Rules):
    """The filter beside its complement, in keyed order: every record has the same weight."""

    kind: Literal["balance"]


class Blip(Rules):
    """Each bit flips with probability `flip` by noise of the record's own; not differential privacy."""

    kind: Literal["blip"]
    flip: float = Field(gt=0, lt=0.5)


HardeningStep = Annotated[Diffuse | Fold | Resample | Rule90 | Balance | Blip, Field(discriminator="kind")]


class FilterField(Rules):
    """What one field contributes to a filter.

    `weight` scales the number of positions a token sets; `key` names the hashing key, so that two fields with one
    key (a surname and a former surname) can be compared with each other; `optional` fields may be missing without
    making the whole filter missing.
    """

    field: Name
    tokens: TokenKind | None = None
    weight: float = Field(default=1.0, gt=0, le=16)
    mean_tokens: float | None = Field(default=None, gt=0, le=256)
    key: Name | None = None
    optional: bool = False
    salt: "Part | None" = None


class FilterRule(Rules):
    """A Bloom filter over one or more fields.

    `least_fields` says how many of the fields have to be present; without it all that are not optional. Filters of
    records that lack a field then stand in a column of their own, so that the unit knows which they are. A field that
    is missing sets `made_up` of the positions that a usual value sets, drawn under the project key for the record
    alone.
    """

    name: Name
    fields: list[FilterField] = Field(min_length=1)
    bits: int = Field(default=512, ge=64, le=16384, multiple_of=64)
    fill: float = Field(default=0.3, gt=0.01, lt=0.7)
    hardening: list[HardeningStep] = []
    least_fields: int | None = Field(default=None, ge=1, le=64)
    made_up: float = Field(default=0.06, ge=0, le=1)

    @property
    def kinds(self) -> tuple[ColumnKind, ...]:
        """Kinds of its columns: the filter and, where a field may be missing, that of records that lack one."""
        if self.least_fields is None:
            return (ColumnKind.FILTER,)
        return ColumnKind.FILTER, ColumnKind.INCOMPLETE

    @property
    def output_bits(self) -> int:
        """Width after every step of hardening."""
        bits = self.bits
        for step in self.hardening:
            if isinstance(step, Diffuse | Resample) and step.bits is not None:
                bits = step.bits
            elif isinstance(step, Fold):
                bits //= 2
            elif isinstance(step, Balance):
                bits *= 2
        return bits


class BlockingPart(StrEnum):
    """What a blocking key takes from a field."""

    WHOLE = "whole"
    SOUNDEX = "soundex"
    METAPHONE = "metaphone"
    NYSIIS = "nysiis"
    FIRST_WORD = "first_word"
    INITIAL = "initial"
    FIRST3 = "first3"
    FIRST4 = "first4"
    FIRST8 = "first8"
    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    YEAR_MONTH = "year_month"
    MONTH_DAY = "month_day"
    OUTWARD = "outward"
    SECTOR = "sector"


Part = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*:[a-z0-9_]+$")]


class TokenRule(Rules):
    """An exact keyed value, such as an identifier: compared for equality and nothing else."""

    name: Name
    field: Name


class BlockingKeyRule(Rules):
    """A keyed value that makes candidates of the records sharing it.

    Keys of one `space` are hashed alike, so a surname meets a former surname. `buckets` maps the values into that
    many buckets, so that no key stands for a rare value (0: one key a value). With `any_order` records meet whose parts
    are the same in whatever order: forename and surname that stand swapped in one of them.
    """

    name: Name
    parts: list[Part] = Field(min_length=1, max_length=6)
    any_order: bool = False
    space: Name | None = None
    buckets: int = Field(default=0, ge=0, le=2**40)

    @property
    def space_name(self) -> str:
        """The space, which is the key's own name unless said otherwise."""
        return self.space or self.name


FilterField.model_rebuild()

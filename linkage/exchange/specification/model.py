"""The specification as one object, and what follows from it."""

import hashlib
import json
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from linkage.exchange.schema import WORD_BYTES, ColumnKind, RecordSchema
from linkage.exchange.specification.breaker import BreakerRule
from linkage.exchange.specification.encoding import (
    BlockingKeyRule,
    FieldRule,
    FilterRule,
    Name,
    Rules,
    TokenRule,
)
from linkage.exchange.specification.people import (
    CohortRule,
    FlagRule,
    LifecycleRule,
    OperationRule,
    ProtectionRule,
    RecipientRule,
)

__all__ = [
    "CandidateRule",
    "CardinalityRule",
    "ComparisonRule",
    "ComparisonView",
    "DecisionRule",
    "NearRule",
    "PrivacyRule",
    "ResolutionRule",
    "SourceRule",
    "Specification",
]


class ComparisonView(Rules):
    """Another pair of filters that may stand for the same evidence, such as a surname against a former surname.

    `below_top` is how many levels under full agreement it can reach at most: 0 is full agreement. With `only_equal`
    it reaches that level where the two filters agree fully, and says nothing otherwise: of a name that may be written
    in the place of another, likeness in part is no evidence, and neither is a difference.
    """

    left: Name
    right: Name
    below_top: int = Field(default=0, ge=0, le=8)
    only_equal: bool = False


class ComparisonRule(Rules):
    """How the unit compares one filter or token of two records.

    `levels` are similarity thresholds, ascending for Dice and Jaccard-like filters; for diffused filters they are
    the shares of differing bits, descending. Without them the defaults of the similarity are used. `incomplete_levels`
    are likewise those of pairs of which a record lacks a field, where the filter has `least_fields`.
    """

    name: Name
    filter: Name | None = None
    token: Name | None = None
    similarity: Literal["dice", "hamming"] | None = None
    levels: list[Annotated[float, Field(ge=0, le=1)]] | None = Field(default=None, min_length=1, max_length=7)
    incomplete_levels: list[Annotated[float, Field(ge=0, le=1)]] | None = Field(
        default=None, min_length=1, max_length=4
    )
    alternatives: list[ComparisonView] = []


NamePart = Literal["forename", "middle_name", "surname", "first_forename", "other_forenames", "initial"]


class NamePartRule(Rules):
    """A column of names of which a field is one part.

    `forename`, `middle_name` and `surname` are parts of whole names: before a comma stands the surname ("SMITH, John
    Andrew"); without one the last word is it, with the particles before it. Of the others the first is the forename.
    `first_forename`, `other_forenames` and the `initial` of the first are parts of forenames in one column ("John
    Andrew").
    """

    column: str = Field(min_length=1)
    part: NamePart


class SourceRule(Rules):
    """Where a source keeps its fields.

    `columns` maps a field to a column, to several that are joined by a blank, or to a part of the names in a column,
    `{ column = "Patient", part = "surname" }`. Record ids are replaced by keyed
    pseudonyms unless `pseudonymise` is false, which says that they are pseudonyms already. `shielded` is the column by
    which the source shields a record, `later_age` the one by which it keeps a record beyond the usual age,
    `operation` the one that says in a delta which records were deleted.
    """

    record_id: str = Field(min_length=1)
    columns: dict[Name, str | list[str] | NamePartRule]
    date_formats: list[str] = []
    encoding: Literal["utf-8", "cp1252", "latin-1", "utf-16"] = "utf-8"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    pseudonymise: bool = True
    shielded: FlagRule | None = None
    later_age: FlagRule | None = None
    operation: OperationRule | None = None

    def columns_of(self, field: str) -> list[str]:
        """The columns that hold a field; empty where the source does not have it."""
        column = self.columns.get(field, [])
        if isinstance(column, NamePartRule):
            return [column.column]
        return [column] if isinstance(column, str) else list(column)

    def part_of(self, field: str) -> NamePart | None:
        """Which part of the names in its column a field is; None where it is all of them."""
        column = self.columns.get(field)
        return column.part if isinstance(column, NamePartRule) else None


class DecisionRule(Rules):
    """What the software aims for when it chooses the threshold by itself, and whether it counts values.

    `rare_values` is ``count`` where the unit may count equal filters of one field, so that agreement on a rare value
    weighs more than on a common one, and ``ignore`` where it may not.
    """

    objective: Literal["f1", "precision"] = "f1"
    precision: float = Field(default=0.99, gt=0.5, lt=1)
    rare_values: Literal["count", "ignore"] = "count"


class NearRule(Rules):
    """Records whose filters are near become candidates: locality-sensitive hashing, worked out by the unit.

    A pair with a share `similarity` of equal bits in `filter` is found with probability `recall`, a nearer one more
    often. Each table compares `sampled_bits` bits; more bits need more tables and meet fewer unrelated records.
    """

    filter: Name
    similarity: float = Field(default=0.9, gt=0.5, le=1)
    recall: float = Field(default=0.95, gt=0, lt=1)
    sampled_bits: int = Field(default=16, ge=1, le=56)


class CandidateRule(Rules):
    """Which pairs are looked at besides those that share a blocking key.

    Where all records together have at most `every_pair_up_to` pairs, every pair is compared and no blocking key can
    lose one. `auto` is as many pairs as take some ten seconds of processor, which depends on how many filters a pair
    has: 1,470 million with four of 512 bits and two tokens. `near` adds pairs whose filters are alike.
    """

    every_pair_up_to: Annotated[int, Field(ge=0, le=10**13)] | Literal["auto"] = "auto"
    near: list[NearRule] = []


class CardinalityRule(Rules):
    """How many records of each of two sources may belong to one child, read from the first to the second."""

    sources: list[Name] = Field(min_length=2, max_length=2)
    cardinality: Literal["one_to_one", "one_to_many", "many_to_one", "many_to_many"]


class ResolutionRule(Rules):
    """How accepted links become children.

    `within` says when several records of one source may be one child: ``never``; ``direct``, where a link joins those
    very two; ``chain``, where links join them through others of the source. ``auto`` is ``chain`` for an index of one
    source, which exists to be deduplicated, and ``direct`` otherwise.
    """

    within: Literal["auto", "never", "direct", "chain"] = "auto"
    cardinality: list[CardinalityRule] = []
    largest_cluster: int = Field(default=100, ge=1)


class PrivacyRule(Rules):
    """Risks that the signatories of the specification accept by name, and the gate's limits that they set otherwise.

    None is accepted silently: the gate's certificate names both.
    """

    accepted_risks: list[
        Literal[
            "attribute_level",
            "undiffused",
            "low_fill",
            "unkeyed_hardening",
            "unbucketed_keys",
            "cohort_tokens",
        ]
    ] = []
    limits: dict[Name, Annotated[float, Field(ge=0)]] = {}


class Specification(Rules):
    """What the sources and the unit agree on.

    Read it with `read_specification`, which reports every fault at once.
    """

    format: Literal[1]
    project: Name
    epoch: int = Field(default=1, ge=1, le=65535)
    fields: dict[Name, FieldRule] = Field(min_length=1)
    filters: list[FilterRule] = []
    tokens: list[TokenRule] = []
    blocking_keys: list[BlockingKeyRule] = Field(min_length=1)
    comparisons: list[ComparisonRule] = Field(min_length=1)
    sources: dict[Name, SourceRule] = {}
    candidates: CandidateRule = CandidateRule()
    decision: DecisionRule = DecisionRule()
    breaker: BreakerRule = BreakerRule()
    resolution: ResolutionRule = ResolutionRule()
    privacy: PrivacyRule = PrivacyRule()
    cohort: CohortRule | None = None
    protection: ProtectionRule = ProtectionRule()
    recipients: dict[Name, RecipientRule] = {}
    lifecycle: LifecycleRule = LifecycleRule()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the part that fixes the output bits.

        Sources, comparisons and decisions are left out: they can change without encoding anything again.
        """
        shared = self.model_dump(
            mode="json", include={"format", "project", "fields", "filters", "tokens", "blocking_keys"}
        )
        # Without stand-ins a filter has the bits, and its specification the fingerprint, of before there were any.
        for rule, own in zip(shared["filters"], self.filters, strict=True):
            if own.least_fields is None:
                del rule["least_fields"], rule["made_up"]
            else:
                rule["columns"] = list(own.kinds)
        # Likewise of keys, from before their parts could stand in any order.
        for rule in shared["blocking_keys"]:
            if not rule["any_order"]:
                del rule["any_order"]
        if self.cohort is not None:
            shared["cohort"] = self.cohort.model_dump(mode="json")
        return _digest(shared)

    @cached_property
    def record_schema(self) -> RecordSchema:
        """The columns of an encoded record: filters, tokens, blocking keys and the cohort, in this order."""
        widths = [
            (kind, rule.name, rule.output_bits // (8 * WORD_BYTES))
            for rule in self.filters
            for kind in rule.kinds
        ]
        widths += [(ColumnKind.TOKEN, rule.name, 1) for rule in self.tokens]
        widths += [(ColumnKind.BLOCK, rule.name, 1) for rule in self.blocking_keys]
        if self.cohort is not None:
            widths.append((ColumnKind.COHORT, self.cohort.field, 1))
        return RecordSchema.of(widths)


def _digest(document: Any) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(b"childindex specification\x00" + canonical.encode()).hexdigest()

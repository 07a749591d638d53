"""What the model has to know of a comparison: its name, its levels, and whom its fields belong to.

Two children of one household share surname, address and guardian and differ in forename and identifiers; twins share
the birth date as well. This is the only knowledge about the world that the latent classes are built on.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "EXACT_LEVELS",
    "ComparisonTraits",
    "FieldTrait",
    "Nature",
    "fields_of",
    "nature_of_field",
]


# Missing, unequal, equal.
EXACT_LEVELS = 3


class Nature(StrEnum):
    """Whom a field belongs to."""

    PERSON = "person"
    """One child only: forename, identifiers."""
    BIRTH = "birth"
    """The birth date or a part of it: shared by twins only."""
    SEX = "sex"
    """Few values, shared by half of all pairs."""
    FAMILY = "family"
    """Passed on in families: surname, guardian's names."""
    FULL_NAME = "full name"
    """Forename and surname in one field: siblings agree in part, and in all of it by chance only."""
    PLACE = "place"
    """Shared by a household and changed by a move: address, postcode, telephone."""
    UNKNOWN = "unknown"
    """No assumption: the data decide."""


@dataclass(frozen=True)
class FieldTrait:
    """A field of a person: its name in the specification, and whom it belongs to."""

    name: str
    nature: Nature


@dataclass(frozen=True)
class ComparisonTraits:
    """A comparison as the model sees it.

    Parameters
    ----------
    name
        Unique within a model.
    n_levels
        Agreement levels including level 0, missing; 1 is disagreement, the last the strongest agreement.
    natures
        The natures of all fields that the compared filter or token holds: one for an attribute-level filter,
        several for a filter over several fields. Follow from `fields` where these are given.
    fields
        The fields themselves. Where filters share a field, the model needs them to see that one error shows in
        several comparisons.
    equal_shares
        One for each level of full agreement, the last ones: the share of records whose value is that rare, the most
        common values first. One level unless rare values are told from common ones.
    incomplete_levels
        Which levels are of pairs of which a record lacks a field, ascending, disagreement included.
    is_incomplete
        Whether it is one of such pairs only, as `linkage.weights.patterns.incomplete` cuts it out for the fit.
    """

    name: str
    n_levels: int
    natures: frozenset[Nature] = frozenset({Nature.UNKNOWN})
    fields: tuple[FieldTrait, ...] = ()
    equal_shares: tuple[float, ...] = (1.0,)
    incomplete_levels: tuple[int, ...] = ()
    is_incomplete: bool = False

    def __post_init__(self) -> None:
        if self.fields:
            object.__setattr__(self, "natures", frozenset(field.nature for field in self.fields))
        if self.n_plain_levels < EXACT_LEVELS:
            raise ValueError(
                f"comparison {self.name!r} has {self.n_levels} levels: expected at least 3 "
                "(missing, disagree, agree)"
            )

    @property
    def n_plain_levels(self) -> int:
        """Levels of pairs that lack no field, with one of full agreement."""
        return self.n_levels - len(self.incomplete_levels) - len(self.equal_shares) + 1

    @property
    def complete_levels(self) -> tuple[int, ...]:
        """Missing, and the levels of pairs that lack no field."""
        return tuple(level for level in range(self.n_levels) if level not in self.incomplete_levels)

    @property
    def n_fields(self) -> int:
        """Fields that strangers have to share for the strongest agreement; zero where they are not known."""
        return len(self.fields) - (1 if self.fields and self.is_incomplete else 0)

    @property
    def is_personal(self) -> bool:
        """Another child of the household disagrees here, save by chance."""
        return bool(self.natures & {Nature.PERSON, Nature.FULL_NAME})

    @property
    def is_identifier(self) -> bool:
        """Equal or not, and of one person only."""
        exact = self.n_plain_levels == EXACT_LEVELS and not self.is_incomplete
        return exact and self.natures == {Nature.PERSON}

    @property
    def is_partly_shared(self) -> bool:
        """Another child of the household agrees in part."""
        return Nature.FULL_NAME in self.natures and Nature.PERSON not in self.natures

    @property
    def is_of_household(self) -> bool:
        """Every field is shared within a household."""
        return bool(self.natures) and self.natures <= {Nature.FAMILY, Nature.PLACE}

    @property
    def holds_place(self) -> bool:
        """A move changes it."""
        return Nature.PLACE in self.natures


_BY_KIND = {
    "date": Nature.BIRTH,
    "year": Nature.BIRTH,
    "sex": Nature.SEX,
    "postcode": Nature.PLACE,
    "address": Nature.PLACE,
    "phone": Nature.PLACE,
    "nhs_number": Nature.PERSON,
    "upn": Nature.PERSON,
}
_GUARDIAN = re.compile(r"guardian|parent|mother|father|carer|contact|claimant|household")
_SURNAME = re.compile(r"sur_?name|last|family|maiden")
_FORENAME = re.compile(r"fore_?name|given|first|middle|nick|known")
_PLACE = re.compile(
    r"address|street|suburb|town|city|village|municipal|parish|district|county|state|area|post|zip|region"
)
_IDENTIFIER = re.compile(r"(^|_)(id|number|identifier|nhs|upn|ssn|passport)($|_)")
_BIRTH = re.compile(r"birth|dob|year|month|day|(^|_)age($|_)")
_FULL_NAME = re.compile(r"(^|_)(name|nome|nombre)$")


def nature_of_field(name: str, kind: str) -> Nature:
    """Nature of a field of the specification, from its kind and, where that leaves it open, its name.

    Parameters
    ----------
    name
        The field's name in the specification, such as ``"former_surname"``.
    kind
        The field's kind in the specification, such as ``"name"``.

    Returns
    -------
    Nature
        ``Nature.UNKNOWN`` where neither says: the model then makes no assumption about the field.
    """
    if _GUARDIAN.search(name):
        return Nature.FAMILY if kind not in {"postcode", "address", "phone"} else Nature.PLACE
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    for pattern, nature in (
        (_SURNAME, Nature.FAMILY),
        (_FORENAME, Nature.PERSON),
        (_BIRTH, Nature.BIRTH),
        (_PLACE, Nature.PLACE),
        (_IDENTIFIER, Nature.PERSON),
    ):
        if pattern.search(name):
            return nature
    return Nature.FULL_NAME if kind == "name" and _FULL_NAME.search(name) else Nature.UNKNOWN


def fields_of(fields: Iterable[tuple[str, str]]) -> tuple[FieldTrait, ...]:
    """Traits of several fields, given as (name, kind)."""
    return tuple(FieldTrait(name, nature_of_field(name, kind)) for name, kind in fields)

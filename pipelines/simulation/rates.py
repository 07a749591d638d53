"""How often things happen to a simulated child and to its records: every rate, with its default and its meaning.

The defaults are set to what linkage studies report for administrative data of one country: some 4 to 6% of records
with another spelling or form of the forename, 3 to 5% of the surname, 2% with a wrong birth date, an eighth of
families that moved while the feeds were taken (Harron, Dibben, Boyd et al. 2017, "Challenges in administrative
data linkage for research"; Hagger-Johnson et al. 2017 on hospital data).
"""

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Self

from linkage.exchange.errors import InputRefused

__all__ = ["Rates"]


def _rate(default: float, meaning: str) -> float:
    value: float = field(default=default, metadata={"meaning": meaning})
    return value


@dataclass(frozen=True)
class Rates:
    """Shares between 0 and 1. What a share is of stands in the field's `meaning` (its metadata)."""

    # Families
    twin: float = _rate(0.016, "births that are twins")
    twin_alike: float = _rate(0.2, "twins whose forename begins like the other's")
    blended: float = _rate(0.10, "households of several births whose eldest has another surname")
    mixed_origin: float = _rate(0.10, "households whose parents' names are of different origins")
    double_barrelled: float = _rate(0.045, "households that join both parents' surnames")
    two_homes: float = _rate(
        0.04, "households whose benefits record names the other parent, who lives elsewhere"
    )
    mover: float = _rate(0.12, "households that moved: some feeds hold the old address, others the new one")
    moved_near: float = _rate(0.5, "movers who stayed in the same postcode sector")
    surname_change: float = _rate(
        0.025, "households whose children changed surname: some feeds hold the old one"
    )
    former_surname_known: float = _rate(0.6, "changed surnames of which one feed knows the former one")

    # Who is in which feed
    in_school: float = _rate(0.93, "children of school age (4 to 15) in the school feed")
    in_gp: float = _rate(0.97, "children in the GP feed")
    in_benefits: float = _rate(0.65, "children in the benefits feed")
    duplicate: float = _rate(0.015, "children of a feed who have a second record in it")

    # Forenames
    nickname: float = _rate(0.03, "records with a pet form or variant, of forenames that have one")
    forename_misspelt: float = _rate(
        0.022, "records whose forename has a keyboard, phonetic or scanning error"
    )
    middle_as_forename: float = _rate(0.005, "records that give the middle name for the forename")
    called_by_second: float = _rate(
        0.12, "records of a Muhammad, Syed or the like with a middle name that give it for the forename"
    )
    forename_initial: float = _rate(0.002, "records with only an initial for the forename")
    forename_placeholder: float = _rate(0.001, "records with 'Baby', 'Infant' or 'Unknown' for the forename")
    compound_split: float = _rate(0.15, "records of a compound forename that write it otherwise")
    missing_forename: float = _rate(0.002, "records without a forename")
    missing_middle: float = _rate(0.15, "records without the middle names that the child has")
    middle_initial: float = _rate(0.08, "records with only the initials of the middle names")

    # Surnames
    surname_misspelt: float = _rate(0.018, "records whose surname has a keyboard, phonetic or scanning error")
    surname_variant: float = _rate(0.01, "records with another common spelling, of surnames that have one")
    half_surname: float = _rate(
        0.15, "records of a double-barrelled surname that drop a half or swap the halves"
    )
    punctuation: float = _rate(
        0.15, "records of a name with a hyphen or an apostrophe that write it otherwise"
    )
    swapped_names: float = _rate(0.003, "records with forename and surname swapped")
    surname_placeholder: float = _rate(0.0005, "records with 'Unknown' for the surname")
    missing_surname: float = _rate(0.001, "records without a surname")
    title_in_name: float = _rate(0.004, "GP records with a title before the forename")

    # Birth date and sex
    birth_date_wrong: float = _rate(0.010, "records with one wrong part of the birth date")
    day_month_swapped: float = _rate(0.005, "records with day and month swapped, where that is a date")
    first_of_january: float = _rate(0.004, "records with 1 January of the right year")
    date_placeholder: float = _rate(0.002, "records born on 1 January 1900")
    missing_birth_date: float = _rate(0.004, "records without a birth date")
    wrong_sex: float = _rate(0.004, "records with the other sex")
    missing_sex: float = _rate(0.010, "records without a sex")

    # Address
    address_misspelt: float = _rate(0.03, "records with a misspelt street")
    address_part_missing: float = _rate(0.04, "records that lose the flat or the house number")
    missing_address: float = _rate(0.015, "records without an address")
    postcode_misspelt: float = _rate(0.012, "records with a wrong character in the postcode")
    postcode_placeholder: float = _rate(
        0.002, "records with a pseudo-postcode for no fixed or an unknown address"
    )
    missing_postcode: float = _rate(0.02, "records without a postcode")

    # Guardians
    other_guardian: float = _rate(0.12, "records that name the second guardian")
    guardian_misspelt: float = _rate(0.03, "records whose guardian's forename or surname is misspelt")
    guardian_title: float = _rate(0.06, "records with a title before the guardian's forename")
    missing_guardian: float = _rate(0.05, "records without a guardian")

    # Identifiers
    missing_nhs_number: float = _rate(0.02, "GP records without an NHS number")
    benefits_nhs_number: float = _rate(0.35, "benefits records that hold an NHS number")
    nhs_number_misspelt: float = _rate(0.003, "NHS numbers with a wrong digit")
    nhs_number_of_other: float = _rate(
        0.001, "NHS numbers that belong to another child of the chunk, often a sibling"
    )
    nhs_number_placeholder: float = _rate(0.001, "NHS numbers that are 0000000000")
    missing_upn: float = _rate(0.03, "school records without a UPN")
    benefits_upn: float = _rate(0.08, "benefits records of school children that hold a UPN")
    upn_misspelt: float = _rate(0.003, "UPNs with a wrong character")
    upn_of_other: float = _rate(0.0005, "UPNs that belong to another child of the chunk, often a sibling")

    def __post_init__(self) -> None:
        """Refuse what is not a share.

        Raises
        ------
        InputRefused
            With every rate that is out of range.
        """
        faults = [
            f"rate {each.name}: expected a share between 0 and 1"
            for each in fields(self)
            if not (math.isfinite(getattr(self, each.name)) and 0 <= getattr(self, each.name) <= 1)
        ]
        if faults:
            raise InputRefused("; ".join(faults))

    @classmethod
    def from_pairs(cls, pairs: Iterable[str]) -> Self:
        """Read rates from texts such as ``mover=0.1``; the last one given wins.

        Raises
        ------
        InputRefused
            With every pair that cannot be read, and the nearest valid name for an unknown one.
        """
        meanings = cls.meanings()
        values: dict[str, float] = {}
        faults = []
        for pair in pairs:
            name, _, number = (part.strip() for part in pair.partition("="))
            name = name.replace("-", "_")
            if name not in meanings:
                faults.append(_unknown(name, list(meanings)))
                continue
            try:
                values[name] = float(number)
            except ValueError:
                faults.append(f"rate {name}: expected {name}=NUMBER with a number between 0 and 1")
        if faults:
            raise InputRefused("\n".join(faults))
        return replace(cls(), **values)

    @classmethod
    def meanings(cls) -> dict[str, str]:
        """What each rate is a share of, by name, in order."""
        return {each.name: str(each.metadata["meaning"]) for each in fields(cls)}


def _unknown(name: str, valid: list[str]) -> str:
    near = difflib.get_close_matches(name, valid, n=1)
    hint = f"did you mean {near[0]}?" if near else f"valid names: {', '.join(valid)}"
    return f"unknown rate {name!r}: {hint}"

"""How many records share a code: k of codes and buckets, and disclosure risks from candidate sets."""

from dataclasses import dataclass

import numpy as np

from encoders.attacks.value_numbers import Numbers

__all__ = ["DisclosureRisk", "GroupSizes", "disclosure_risk", "group_sizes"]


@dataclass(frozen=True)
class GroupSizes:
    """Sizes of the groups of records that share a code.

    Attributes
    ----------
    records, groups
        Records that have a code, and different codes.
    smallest, largest
        Sizes of groups; 0 where there is none.
    under_5, under_10, over_3
        Shares of records in groups of fewer than 5, fewer than 10, more than 3.
    """

    records: int
    groups: int
    smallest: int
    largest: int
    under_5: float
    under_10: float
    over_3: float


def group_sizes(codes: Numbers) -> GroupSizes:
    """Count groups; codes are numbers, -1 where missing."""
    present = codes[codes >= 0]
    counts = np.bincount(present, minlength=1)
    counts = counts[counts > 0]
    if not len(present):
        return GroupSizes(0, 0, 0, 0, 0.0, 0.0, 0.0)
    n = len(present)
    return GroupSizes(
        n,
        len(counts),
        int(counts.min()),
        int(counts.max()),
        float(counts[counts < 5].sum() / n),
        float(counts[counts < 10].sum() / n),
        float(counts[counts > 3].sum() / n),
    )


@dataclass(frozen=True)
class DisclosureRisk:
    """Risk from frequency alone (Vatsalan, Christen, O'Keefe and Verykios 2014, section 4).

    A code's candidates are the values that occur as often as the code; the risk of a record is one in the number of
    its candidates.
    """

    maximum: float
    mean: float
    median: float
    marketer: float
    """Share of records with a single candidate."""


def disclosure_risk(codes: Numbers, values: Numbers) -> DisclosureRisk:
    """Risks of records that have both a code and a value; zeros where there are none."""
    present = (codes >= 0) & (values >= 0)
    if not present.any():
        return DisclosureRisk(0.0, 0.0, 0.0, 0.0)
    code_counts = np.bincount(codes[present])
    value_counts = np.bincount(values[present])
    as_often = np.bincount(value_counts[value_counts > 0], minlength=int(code_counts.max()) + 1)
    candidates = as_often[code_counts[codes[present]]]
    risks = np.where(candidates > 0, 1 / np.maximum(candidates, 1), 0.0)
    return DisclosureRisk(
        float(risks.max()), float(risks.mean()), float(np.median(risks)), float(np.mean(candidates == 1))
    )

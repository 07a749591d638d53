"""What the rows of a package say by themselves: bits, repeated codes, sizes of blocks. No plaintext is needed."""

from collections.abc import Iterator
from math import log

import numpy as np
import numpy.typing as npt

from encoders.attacks.value_numbers import numbers_of_sums
from encoders.gate.findings import Finding, Verdict, at_least, at_most, stated
from encoders.gate.limits import GateLimits
from encoders.gate.package_side import PackageSide
from encoders.gate.sampling import id_keys
from encoders.measures.anonymity import GroupSizes, group_sizes
from linkage.exchange.plurals import counted
from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification import Specification, keys_of_tokens
from linkage.exchange.specification.encoding import FilterRule

__all__ = ["id_finding", "row_findings"]

LEAST_FOR_ENTROPY = 100
LEAST_FOR_IDS = 256
UNEVEN_IDS = 6.0


def row_findings(
    side: PackageSide, specification: Specification, limits: GateLimits, *, delta: bool
) -> Iterator[Finding]:
    """Judge the rows.

    Parameters
    ----------
    side
        The package.
    specification, limits
        What was agreed, and what is let through.
    delta
        Whether the package holds changes only: the sizes of its blocks then say little, and are told, not judged.
    """
    yield stated(
        "records", "package", float(len(side.ids)),
        f"{counted(len(side.ids), 'record')}, {counted(side.deletes, 'delete')}, {side.shielded:,} shielded,"
        f" {len(side.canaries):,} canaries",
    )  # fmt: skip
    yield id_finding(side.ids, "record ids")
    for rule in specification.filters:
        for kind in rule.kinds:
            yield from _filter_findings(side, rule, f"{kind}.{rule.name}", limits)
    for space in dict.fromkeys(key.space_name for key in specification.blocking_keys):
        yield _space_finding(side, specification, space, limits, delta=delta)
    for token in specification.tokens:
        sizes = _sizes(side, f"{ColumnKind.TOKEN}.{token.name}")
        yield stated(
            "repeated tokens", f"{ColumnKind.TOKEN}.{token.name}", sizes.over_3,
            f"{counted(sizes.groups, 'different token')} in {counted(sizes.records, 'record')}; the"
            f" largest group has {sizes.largest:,}",
        )  # fmt: skip


def id_finding(ids: npt.NDArray[np.uint8], target: str) -> Finding:
    """Pseudonyms are even over all values; ids that are not carry something of their own."""
    n = len(ids)
    if n < LEAST_FOR_IDS:
        return stated("record ids", target, float(n), "too few record ids to judge how even they are")
    counts = np.bincount(ids.reshape(-1), minlength=256)
    expected = counts.sum() / 256
    # Chi-squared with 255 degrees of freedom, in standard deviations.
    z = float((((counts - expected) ** 2 / expected).sum() - 255) / (2 * 255) ** 0.5)
    distinct = len(np.unique(id_keys(ids)))
    even = z <= UNEVEN_IDS and distinct == n
    text = (
        "record ids look random"
        if even
        else "record ids are not even over all values: they are no pseudonyms and may carry"
        " something; set 'pseudonymise = true' for the source, or replace the ids"
    )
    return Finding("record ids", target, z, UNEVEN_IDS, Verdict.PASS if even else Verdict.REFUSE, text)


def _filter_findings(
    side: PackageSide, rule: FilterRule, label: str, limits: GateLimits
) -> Iterator[Finding]:
    bits, sizes = side.bits[label], _sizes(side, label)
    text = (
        f"fill {bits.fill:.3f} (spread {bits.fill_spread:.4f}), Gini {bits.gini:.3f}, normalised entropy"
        f" {bits.normalised_entropy:.4f}, Jensen-Shannon {bits.jensen_shannon:.3f}, highest lift of two bits"
        f" {bits.highest_lift:.2f}; {counted(bits.missing, 'record lacks', 'records lack')} the filter"
    )
    diffused = any(step.kind == "diffuse" for step in rule.hardening)
    if diffused and bits.present >= LEAST_FOR_ENTROPY:
        # The entropy of n tosses of a fair coin falls short of 1 by about 1 / (2 n ln 2).
        loss = max(0.0, 1 - bits.bit_entropy - 1 / (2 * bits.present * log(2)))
        yield at_most("entropy of bits", label, loss, limits.entropy_loss, text)
    else:
        yield stated("entropy of bits", label, 1 - bits.bit_entropy, text)
    groups = (
        f"{counted(sizes.groups, 'different code')} in {counted(sizes.records, 'record')}, the largest group has"
        f" {sizes.largest:,}"
    )
    if len(rule.fields) > 1:
        yield at_most("crowded codes", label, sizes.over_3, limits.crowded_codes, groups)
    else:
        yield stated("crowded codes", label, sizes.over_3, groups)


def _space_finding(
    side: PackageSide, specification: Specification, space: str, limits: GateLimits, *, delta: bool
) -> Finding:
    keys = [key for key in specification.blocking_keys if key.space_name == space]
    codes = np.concatenate([side.codes[f"{ColumnKind.BLOCK}.{key.name}"] for key in keys])
    sizes = group_sizes(numbers_of_sums(codes))
    target = f"{ColumnKind.BLOCK}.{keys[0].name}" if len(keys) == 1 else f"blocking space {space}"
    own = "" if keys[0].buckets else ", each a bucket of its own,"
    which = ("bucket", "buckets") if keys[0].buckets else ("value", "values")
    holding = counted(sizes.groups, f"{which[0]}{own} holds", f"{which[1]}{own} hold")
    smallest = "" if sizes.groups == 1 else f"{sizes.smallest:,} to "
    text = (
        f"{holding} {smallest}{counted(sizes.largest, 'record')};"
        f" {sizes.under_5:.2%} of records are in buckets of fewer than 5, {sizes.under_10:.2%} of fewer than 10"
    )
    if not sizes.records:
        return stated("k of blocking keys", target, 0.0, "no record has this key")
    if keys_of_tokens(specification).issuperset(key.name for key in keys):
        return stated(
            "k of blocking keys", target, float(sizes.smallest), f"{text}; it says what the exact token says"
        )
    if delta:
        return stated(
            "k of blocking keys", target, float(sizes.smallest), f"{text}; a delta is not judged by it"
        )
    return at_least("k of blocking keys", target, float(sizes.smallest), limits.least_k, text)


def _sizes(side: PackageSide, label: str) -> GroupSizes:
    return group_sizes(numbers_of_sums(side.codes[label]))

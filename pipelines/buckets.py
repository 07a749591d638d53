"""How many buckets the blocking keys want, and whether those of a specification would hold enough records of a feed."""

import re
from collections.abc import Mapping
from math import exp, lgamma, log

from linkage.exchange.specification import Specification, keys_of_tokens
from linkage.exchange.specification.encoding import BlockingKeyRule

__all__ = ["bucket_warnings", "fitting_buckets", "with_buckets"]

SHIPPED_BUCKETS = 32_768
"""Of the private profile as it ships: for a smallest feed of a million records and more."""
RECORDS_A_BUCKET = 40
"""At least so many on average: sizes of buckets are uneven, and hardly any must hold fewer than five."""
MANY_BUCKETS, RECORDS_BEYOND = 131_072, 80
"""Beyond so many buckets names and dates run short: a bucket has few different values, and more are wanted on average.
Of 262,144 buckets over names and birth date, 55 keys in each on average, the smallest held 4 to 7 (docs/candidates.md).
"""
LEAST_K, CHANCE_OF_REFUSAL, PRESENT = 5, 1 / 200, 0.9
"""What the gate wants of the smallest bucket, how seldom it may refuse by chance, and who is taken to have a key."""


def with_buckets(text: str, records: int | None) -> str:
    """A specification that ships, with buckets for a smallest feed of so many records; as it is where not said."""
    if records is None:
        return text
    # Spaces in which a record has several keys ship with a multiple of the buckets.
    return re.sub(
        r"^buckets = (\d+)$",
        lambda found: f"buckets = {fitting_buckets(int(found[1]) // SHIPPED_BUCKETS * records)}",
        text,
        flags=re.MULTILINE,
    )


def bucket_warnings(
    specification: Specification, records: int, shares: Mapping[str, float] | None = None
) -> list[str]:
    """Blocking spaces of which the gate would probably refuse a feed of so many records, and what to do.

    A bucket's size is about Poisson; the warning comes where some bucket of the space holds fewer than the gate wants
    with a chance of more than one in two hundred.

    Parameters
    ----------
    records
        Of the feed.
    shares
        Share of the records that have each field; a field that is not named is one that the source lacks, and a
        record has a key where it has its scarcest field. None takes nine records in ten to have every key.
    """
    least = int(specification.privacy.limits.get("least_k", LEAST_K))
    exempt = keys_of_tokens(specification)
    spaces: dict[str, list[BlockingKeyRule]] = {}
    for rule in specification.blocking_keys:
        if rule.name not in exempt:
            spaces.setdefault(rule.space_name, []).append(rule)
    small: dict[str, tuple[float, int]] = {}
    bare: dict[str, int] = {}
    for space, rules in spaces.items():
        holders = records * sum(_share(rule, shares) for rule in rules)
        buckets = rules[0].buckets
        if holders and least > 1 and not buckets:
            bare[space] = int(holders)
        elif holders and buckets * _at_most(least - 1, holders / buckets) > CHANCE_OF_REFUSAL:
            small[space] = (holders, buckets)
    found = [_too_small(small, least, records)] if small else []
    return [*found, _unbucketed(bare, least)] if bare else found


def _share(rule: BlockingKeyRule, shares: Mapping[str, float] | None) -> float:
    if shares is None:
        return PRESENT
    return min(shares.get(part.partition(":")[0], 0.0) for part in rule.parts)


def _too_small(spaces: Mapping[str, tuple[float, int]], least: int, records: int) -> str:
    if all(buckets == 1 for _, buckets in spaces.values()):
        return (
            f"a feed of {records:,} records is too small for blocking keys: the gate refuses a package in which a"
            f" bucket holds fewer than {least} records, and a single bucket of"
            f" {', '.join(repr(space) for space in spaces)} may hold so few"
        )
    named = ", ".join(f"{space!r} ({buckets:,})" for space, (_, buckets) in spaces.items())
    fitting = ", ".join(
        f"{space!r} {fitting_buckets(int(holders))}" for space, (holders, _) in spaces.items()
    )
    return (
        f"too many buckets for a feed of {records:,} records in the blocking spaces {named}: the gate refuses a package"
        f" in which a bucket holds fewer than {least} records; make the specification with `childindex spec new SPEC"
        f" --records {records}` (the records of the smallest feed), or set 'buckets' of the keys to at most {fitting},"
        " and agree on it with unit and sources"
    )


def _unbucketed(spaces: Mapping[str, int], least: int) -> str:
    named = ", ".join(repr(space) for space in spaces)
    which = f"blocking space {named} has" if len(spaces) == 1 else f"blocking spaces {named} have"
    return (
        f"{which} no buckets, so a rare value is a bucket of its own, and the gate refuses a package"
        f" in which one holds fewer than {least} records; set 'buckets' of the keys to"
        f" {fitting_buckets(min(spaces.values()))} or fewer, and agree on it with unit and sources"
    )


def fitting_buckets(keys: int) -> int:
    """The largest power of two that leaves `RECORDS_A_BUCKET` keys in each, or `RECORDS_BEYOND`; 1 for few keys."""

    def leaving(least: int) -> int:
        return 1 << (max(1, keys // least).bit_length() - 1)

    return max(min(leaving(RECORDS_A_BUCKET), MANY_BUCKETS), leaving(RECORDS_BEYOND))


def _at_most(count: int, mean: float) -> float:
    """Chance that a Poisson number is `count` or less."""
    return sum(exp(n * log(mean) - mean - lgamma(n + 1)) if mean else 1.0 for n in range(count + 1))

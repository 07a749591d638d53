"""The rules of resolution that a specification asks for."""

from linkage.exchange.specification import Specification
from linkage.resolution.rules import Cardinality, LinkRules, ResolutionOptions, Within

__all__ = ["ABSENT_PENALTY", "resolution_options"]

ABSENT_PENALTY = 2.0
"""Bits that a pair without an edge counts against one child."""


def resolution_options(
    specification: Specification, sources: tuple[str, ...], threshold: float
) -> ResolutionOptions:
    """The options for an index of these sources at a threshold in bits."""
    rule = specification.resolution
    automatic = Within.CHAIN if len(sources) == 1 else Within.DIRECT
    within = automatic if rule.within == "auto" else Within(rule.within)
    numbers = {name: number for number, name in enumerate(sources)}
    cardinality = {
        (numbers[each.sources[0]], numbers[each.sources[1]]): Cardinality(each.cardinality)
        for each in rule.cardinality
    }
    rules = LinkRules.of(len(sources), threshold, within=within, cardinality=cardinality)
    return ResolutionOptions(rules, absent_penalty=ABSENT_PENALTY, largest_cluster=rule.largest_cluster)

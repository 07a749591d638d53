"""The rules of resolution that a specification asks for."""

import numpy as np
import numpy.typing as npt

from linkage.exchange.specification import Specification
from linkage.resolution.rules import Cardinality, LinkRules, ResolutionOptions, Within

__all__ = ["ABSENT_PENALTY", "resolution_options", "single_partners"]

ABSENT_PENALTY = 2.0
"""Bits that a pair without an edge counts against one child."""


def resolution_options(
    specification: Specification,
    sources: tuple[str, ...],
    threshold: float,
    *,
    exclusivity_bits: npt.NDArray[np.float64] | None = None,
) -> ResolutionOptions:
    """The options for an index of these sources at a threshold in bits.

    `exclusivity_bits` is float64 (n_sources, n_sources), symmetric: how much lower the threshold is between two
    sources where a record keeps its best partner only; nothing where left out, or where one child may have several.
    """
    rule = specification.resolution
    cardinality = _cardinality(specification, sources)
    automatic = Within.CHAIN if len(sources) == 1 else Within.DIRECT
    within = automatic if rule.within == "auto" else Within(rule.within)
    rules = LinkRules.of(len(sources), threshold, within=within, cardinality=cardinality)
    if exclusivity_bits is not None:
        lowered = rules.thresholds - np.where(_single(rules), exclusivity_bits, 0.0)
        rules = LinkRules(lowered, rules.several)
    return ResolutionOptions(rules, absent_penalty=ABSENT_PENALTY, largest_cluster=rule.largest_cluster)


def single_partners(specification: Specification, sources: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Between which sources a record keeps its best partner only, bool (n_sources, n_sources), symmetric."""
    return _single(LinkRules.of(len(sources), 0.0, cardinality=_cardinality(specification, sources)))


def _cardinality(
    specification: Specification, sources: tuple[str, ...]
) -> dict[tuple[int, int], Cardinality]:
    numbers = {name: number for number, name in enumerate(sources)}
    return {
        (numbers[each.sources[0]], numbers[each.sources[1]]): Cardinality(each.cardinality)
        for each in specification.resolution.cardinality
    }


def _single(rules: LinkRules) -> npt.NDArray[np.bool_]:
    return np.asarray(~(rules.several | rules.several.T))

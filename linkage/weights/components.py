"""Latent classes: what kinds of pairs there are beside strangers, and what each kind must look like.

A *component* is one latent class: a match, another child of the household, or a kind within these. Strangers (chance
agreement) are not a component: they are estimated from random pairs and held.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from linkage.weights.traits import ComparisonTraits

__all__ = ["ComponentKind", "ComponentPlan", "household_plan", "match_plan", "twins_plan"]


class ComponentKind(StrEnum):
    """What a pair of the component is."""

    MATCH = "match"
    HOUSEHOLD = "household"


@dataclass(frozen=True)
class ComponentPlan:
    """A component before it is fitted.

    Parameters
    ----------
    name
        Shown in reports.
    kind
        Whether its pairs count as matches.
    agrees
        bool (n_comparisons,): where its pairs agree more than strangers, at the start.
    held
        bool (n_comparisons,): where its pairs are held to agree exactly as strangers do.
    """

    name: str
    kind: ComponentKind
    agrees: npt.NDArray[np.bool_]
    held: npt.NDArray[np.bool_]


def match_plan(comparisons: tuple[ComparisonTraits, ...]) -> ComponentPlan:
    """Matches: every comparison agrees more than by chance."""
    n_comparisons = len(comparisons)
    return ComponentPlan(
        "match", ComponentKind.MATCH, np.ones(n_comparisons, bool), np.zeros(n_comparisons, bool)
    )


def household_plan(comparisons: tuple[ComparisonTraits, ...]) -> ComponentPlan | None:
    """Siblings: family and place agree, what belongs to one person agrees by chance only.

    None where no comparison tells siblings from strangers or none tells them from matches.
    """
    agrees = np.array([traits.is_of_household for traits in comparisons])
    held = np.array([traits.is_personal for traits in comparisons])
    if not agrees.any() or not held.any():
        return None
    return ComponentPlan("household", ComponentKind.HOUSEHOLD, agrees, held)


def twins_plan(comparisons: tuple[ComparisonTraits, ...]) -> ComponentPlan | None:
    """Twins: as siblings, and the birth date agrees. None as for siblings, or without a birth date apart."""
    shared = np.array([traits.is_of_household or traits.is_of_birth for traits in comparisons])
    held = np.array([traits.is_personal for traits in comparisons])
    if not any(traits.is_of_birth for traits in comparisons) or not held.any():
        return None
    return ComponentPlan("twins", ComponentKind.HOUSEHOLD, shared, held)

"""What a cluster may hold: thresholds between sources, how many records of a source make one child, sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt


class Within(StrEnum):
    """Whether one source may hold a child twice."""

    NEVER = "never"
    """Every record is another child: no edge inside the source counts."""
    DIRECT = "direct"
    """Two records are one child only where an accepted edge joins those very two."""
    CHAIN = "chain"
    """Duplicates of duplicates are duplicates, unless all pairs of the cluster, taken together, speak against it."""


class Cardinality(StrEnum):
    """How many records of each of two sources, not known to be duplicates, may belong to one child."""

    ONE_TO_ONE = "one_to_one"
    ONE_TO_MANY = "one_to_many"
    MANY_TO_ONE = "many_to_one"
    MANY_TO_MANY = "many_to_many"


@dataclass(frozen=True)
class LinkRules:
    """What may be linked, by pairs of sources.

    Attributes
    ----------
    thresholds
        float64 (n_sources, n_sources), symmetric. An edge is accepted at or above its entry; infinity forbids.
    several
        bool (n_sources, n_sources). ``several[a, b]``: a cluster with a record of `b` may hold records of `a`
        that nothing shows to be duplicates of each other. ``several[a, a]`` says so of clusters of `a` alone.
    """

    thresholds: npt.NDArray[np.float64]
    several: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Check shapes and symmetry.

        Raises
        ------
        ValueError
            If the arrays are not square, of one size, or the thresholds are not symmetric numbers.
        """
        shape = self.thresholds.shape
        if self.thresholds.ndim != 2 or shape[0] != shape[1] or self.several.shape != shape:
            raise ValueError(f"rules: expected two square arrays, got {shape} and {self.several.shape}")
        if not (self.thresholds > -np.inf).all() or not np.array_equal(self.thresholds, self.thresholds.T):
            raise ValueError(
                "thresholds: expected a symmetric array of numbers or infinity, one for each pair of sources"
            )

    @property
    def n_sources(self) -> int:
        """Number of sources."""
        return int(self.thresholds.shape[0])

    @classmethod
    def of(
        cls,
        n_sources: int,
        threshold: float,
        *,
        within: Within | Sequence[Within] = Within.DIRECT,
        within_threshold: float | Sequence[float] | None = None,
        cardinality: Mapping[tuple[int, int], Cardinality] | Cardinality = Cardinality.ONE_TO_ONE,
    ) -> "LinkRules":
        """Build the rules from what a specification says.

        Parameters
        ----------
        n_sources
            Number of sources.
        threshold
            Weight from which an edge between two sources is accepted.
        within
            For all sources, or for each.
        within_threshold
            Weight from which an edge inside a source is accepted, for all or for each; default `threshold`.
        cardinality
            For all pairs of sources, or by pair ``(a, b)``, read from `a` to `b`: `ONE_TO_MANY` lets one record
            of `a` have several of `b`. Pairs left out are one to one.

        Raises
        ------
        ValueError
            If a list has another length than `n_sources`, or a pair of sources is unknown or given twice.
        """
        thresholds = np.full((n_sources, n_sources), threshold, dtype=np.float64)
        several = np.zeros((n_sources, n_sources), dtype=np.bool_)
        kinds = [within] * n_sources if isinstance(within, Within) else list(within)
        if within_threshold is None or isinstance(within_threshold, int | float):
            inside = [threshold if within_threshold is None else within_threshold] * n_sources
        else:
            inside = list(within_threshold)
        if len(kinds) != n_sources or len(inside) != n_sources:
            raise ValueError(
                f"within: expected {n_sources} entries, one a source, got {len(kinds)} and {len(inside)}"
            )
        for source, kind in enumerate(kinds):
            thresholds[source, source] = np.inf if kind is Within.NEVER else inside[source]
            several[source, source] = kind is Within.CHAIN
        for (a, b), value in _by_pair(cardinality, n_sources).items():
            several[b, a] = value in {Cardinality.ONE_TO_MANY, Cardinality.MANY_TO_MANY}
            several[a, b] = value in {Cardinality.MANY_TO_ONE, Cardinality.MANY_TO_MANY}
        return cls(thresholds, several)


def _by_pair(
    cardinality: Mapping[tuple[int, int], Cardinality] | Cardinality, n_sources: int
) -> dict[tuple[int, int], Cardinality]:
    if isinstance(cardinality, Cardinality):
        if cardinality in {Cardinality.ONE_TO_MANY, Cardinality.MANY_TO_ONE}:
            raise ValueError("cardinality: one to many has a direction; give it by pair of sources")
        return {(a, b): cardinality for a in range(n_sources) for b in range(a + 1, n_sources)}
    seen: set[tuple[int, int]] = set()
    for a, b in cardinality:
        if a == b or not (0 <= a < n_sources and 0 <= b < n_sources):
            raise ValueError(f"cardinality: expected pairs of two of {n_sources} sources, got ({a}, {b})")
        if (min(a, b), max(a, b)) in seen:
            raise ValueError(f"cardinality: the sources {a} and {b} are given twice")
        seen.add((min(a, b), max(a, b)))
    return dict(cardinality)


@dataclass(frozen=True)
class ResolutionOptions:
    """Rules and limits of `resolve`.

    Attributes
    ----------
    rules
        Thresholds and cardinalities.
    absent_penalty
        Evidence against one child, in the unit of the weights, of a pair that has no edge; also the most that an
        edge below its threshold counts against. 0 means that absent pairs say nothing.
    bridge_side
        A single edge is a bridge to be weighed only if both sides hold at least this many records.
    largest_cluster
        More records than this are not one child.
    component_limit
        A conflicted component with more records is first cut at its weakest edges.
    exact_limit
        Components of at most this many records (or groups of must-linked records) are repaired to the best
        partition, larger ones by agglomeration. Time and memory grow as 3 ** `exact_limit`.
    """

    rules: LinkRules
    absent_penalty: float = 2.0
    bridge_side: int = 2
    largest_cluster: int = 100
    component_limit: int = 5_000
    exact_limit: int = 8

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises
        ------
        ValueError
            If a limit is out of its range.
        """
        if not 0 <= self.absent_penalty < np.inf:
            raise ValueError(f"absent_penalty: expected a finite number from 0, got {self.absent_penalty}")
        if self.bridge_side < 1 or self.largest_cluster < 1 or self.component_limit < 1:
            raise ValueError("bridge_side, largest_cluster and component_limit: expected 1 or more")
        if not 2 <= self.exact_limit <= 14:
            raise ValueError(f"exact_limit: expected 2 to 14, got {self.exact_limit}")

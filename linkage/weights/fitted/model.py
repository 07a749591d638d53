"""The fitted model: frozen, and everything needed to score a pattern again."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import ComponentKind
from linkage.weights.patterns.chance import Edge
from linkage.weights.patterns.field_states import FieldGroup, overlap_of
from linkage.weights.patterns.pair_classes import n_sources_of
from linkage.weights.patterns.traits import ComparisonTraits

__all__ = ["Component", "Corrections", "FitReport", "Model"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Component:
    """A latent class of pairs.

    Attributes
    ----------
    name
        Such as ``"match"`` or ``"household"``.
    kind
        Whether its pairs are matches.
    levels
        float64 (n_slots,): probability of each level where the comparison is present; one for missing.
    states
        float64 (n_fields, N_STATES): states of the fields that comparisons share, for a component that is explained
        by field; its levels of these comparisons are one. None for other components.
    """

    name: str
    kind: ComponentKind
    levels: Floats
    states: Floats | None = None


@dataclass(frozen=True)
class FitReport:
    """How the fit went, for people and for the breaker.

    Attributes
    ----------
    warnings
        Reasons not to trust the model, in plain words; empty when there are none.
    n_candidates
        Candidate pairs that it was fitted to.
    estimated_matches
        Per pair class, over all pairs.
    iterations, converged, n_starts, criterion
        Of the fit that was kept.
    """

    warnings: tuple[str, ...] = ()
    n_candidates: int = 0
    estimated_matches: tuple[float, ...] = ()
    iterations: int = 0
    converged: bool = True
    n_starts: int = 0
    criterion: float = 0.0


@dataclass(frozen=True)
class Corrections:
    """Patterns whose odds the control group changes.

    Attributes
    ----------
    patterns
        int64 (n,): pattern codes, ascending.
    bits
        float64 (n,): what is added to the log2 odds of each, in every pair class.
    """

    patterns: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    bits: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Model:
    """Fellegi-Sunter with latent classes.

    Attributes
    ----------
    comparisons
        In the order of the pattern code's digits.
    sources
        Names of the sources in order, which fixes the pair classes; may be empty.
    n_records
        Records per source at the fit.
    components
        Latent classes other than strangers.
    shares
        float64 (n_pair_classes, n_components): share of each among all pairs of the pair class; the rest are
        strangers.
    chance_levels
        float64 (n_pair_classes, n_slots): probability of each level among strangers.
    chance_edges
        Pairwise dependences among strangers.
    emissions
        What each overlapping comparison shows under the states of its fields, float64 (n_signatures, n_levels) each.
    report
        How it was fitted.
    corrections
        Of the odds of some patterns.
    """

    comparisons: tuple[ComparisonTraits, ...]
    sources: tuple[str, ...]
    n_records: tuple[int, ...]
    components: tuple[Component, ...]
    shares: Floats
    chance_levels: Floats
    chance_edges: tuple[Edge, ...]
    emissions: tuple[Floats, ...] = ()
    report: FitReport = field(default_factory=FitReport)
    corrections: Corrections = field(default_factory=Corrections)

    @property
    def n_levels(self) -> tuple[int, ...]:
        """Levels per comparison, missing included."""
        return tuple(traits.n_levels for traits in self.comparisons)

    @property
    def n_patterns(self) -> int:
        """Dense size of the pattern code."""
        return int(np.prod(self.n_levels, dtype=np.int64))

    @property
    def n_pair_classes(self) -> int:
        """Unordered pairs of sources."""
        return len(self.shares)

    @property
    def n_sources(self) -> int:
        """Sources whose pairs it scores."""
        return n_sources_of(self.n_pair_classes)

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Where the slots of each comparison begin, int64 (n_comparisons + 1,)."""
        return np.concatenate([[0], np.cumsum(self.n_levels)]).astype(np.int64)

    @property
    def is_match(self) -> npt.NDArray[np.bool_]:
        """Which components are matches, bool (n_components,)."""
        return np.array([component.kind is ComponentKind.MATCH for component in self.components], dtype=bool)

    @cached_property
    def group(self) -> FieldGroup | None:
        """The comparisons that share fields, None where none do."""
        return overlap_of(self.comparisons)

    def prior(self, pair_class: int) -> float:
        """Share of matches among all pairs of the class."""
        return float(self.shares[pair_class, self.is_match].sum())

    def __repr__(self) -> str:
        names = ", ".join(component.name for component in self.components)
        return f"Model({len(self.comparisons)} comparisons, {self.n_pair_classes} pair classes, classes: {names})"

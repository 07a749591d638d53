"""From emitted pairs to children: weights, stored evidence, resolution with what people know, child ids."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.comparison import CommonValues, pair_classes
from linkage.exchange.specification import Specification
from linkage.index import Index, Links
from linkage.resolution import Resolution, resolve
from linkage.resolution.specified import ABSENT_PENALTY, resolution_options, single_partners
from linkage.weights import PatternScores, exclusivity_bits, resolving_odds, score_patterns
from pipelines.at_unit.linking.decided_model import SET_BY_PERSON, DecidedModel

__all__ = ["EVIDENCE_BITS", "Scores", "resolve_rows", "store_evidence"]

EVIDENCE_BITS = ABSENT_PENALTY
"""Pairs this many bits under the lowest threshold are kept: they count as evidence when clusters are repaired, and
further down a pair weighs no more than one that is absent."""

LINKS_AT_ONCE = 1 << 20

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Scores:
    """The weight of every pattern that pairs may show, by pair class.

    Attributes
    ----------
    odds
        float64, shape (n_pair_classes, n_patterns): log2 posterior odds.
    table
        The same as resolution weighs them: lower where a pattern may be twins, unless a person set the threshold.
    classes
        int64, shape (n_sources, n_sources): pair class of two sources.
    threshold
        From which a single pair is linked.
    exclusivity_bits
        float64, shape (n_sources, n_sources): how much lower the threshold is for pairs that resolution finds to have
        no better rival; zero where a person set the threshold, and where one record may have several partners.
    common
        The values that are common, by which patterns tell agreement on rare ones.
    """

    odds: npt.NDArray[np.float64]
    table: npt.NDArray[np.float64]
    classes: npt.NDArray[np.int64]
    threshold: float
    exclusivity_bits: npt.NDArray[np.float64]
    common: tuple[CommonValues, ...] = ()

    @classmethod
    def of(
        cls,
        decided: DecidedModel,
        specification: Specification,
        sources: tuple[str, ...],
        scored: PatternScores | None = None,
    ) -> "Scores":
        """The scores of a model for the sources of an index; `scored` where the fit has worked out those it needs."""
        model = decided.model
        scored = scored or score_patterns(model)
        odds = scored.odds
        bits = np.where(single_partners(specification, sources), exclusivity_bits(model), 0.0)
        if decided.decision.objective == SET_BY_PERSON:
            table, bits = odds, np.zeros_like(bits)
        else:
            table = resolving_odds(model, odds, scored.twin_shares)
        classes = pair_classes(len(sources))
        return cls(odds, table, classes, decided.decision.threshold, bits, decided.common)

    @property
    def cutoff(self) -> float:
        """Pairs from this weight on are kept as evidence."""
        return self.least - EVIDENCE_BITS

    @property
    def least(self) -> float:
        """The lowest weight that may join two records."""
        return self.threshold - float(self.exclusivity_bits.max(initial=0.0))

    def weights(
        self, left_sources: npt.NDArray[np.int16], right_sources: npt.NDArray[np.int16], patterns: Rows
    ) -> npt.NDArray[np.float64]:
        """The weight of each pair in resolution, in full precision.

        The store rounds to float32, which could move a pair across the threshold, and a later night would resolve
        it otherwise.
        """
        return np.asarray(self.table[self.classes[left_sources, right_sources], patterns])

    def log_odds(
        self, left_sources: npt.NDArray[np.int16], right_sources: npt.NDArray[np.int16], patterns: Rows
    ) -> npt.NDArray[np.float64]:
        """The log2 posterior odds of each pair, whatever rivals it has."""
        return np.asarray(self.odds[self.classes[left_sources, right_sources], patterns])


def store_evidence(index: Index, run_no: int, links: Links, *, replace: bool) -> None:
    """Keep pairs as evidence of a run, in batches."""
    index.store_links(run_no, _in_batches(links), replace=replace)


def resolve_rows(
    index: Index,
    specification: Specification,
    scores: Scores,
    rows: Rows,
    sources: npt.NDArray[np.int16],
    evidence: Links,
) -> Resolution:
    """Resolve live rows by the evidence between them and by the pairs that people know.

    Parameters
    ----------
    rows, sources
        int64 and int16, shape (n,): ascending row ids, and the source of each.
    evidence
        Pairs between two of these rows.
    """
    left, right = rows.searchsorted(evidence.left_rows), rows.searchsorted(evidence.right_rows)
    known = index.protection.known_pairs()
    options = resolution_options(
        specification, index.sources, scores.threshold, exclusivity_bits=scores.exclusivity_bits
    )
    return resolve(
        left,
        right,
        scores.weights(sources[left], sources[right], evidence.patterns),
        sources,
        index.record_ids(rows),
        options,
        must_links=_among(rows, known.together),
        cannot_links=_among(rows, known.apart),
    )


def _among(rows: Rows, pairs: Rows) -> Rows:
    """Pairs of row ids as pairs of positions; those with a row that is not given are left out."""
    inside = np.isin(pairs, rows).all(axis=1) if len(pairs) else np.zeros(0, dtype=np.bool_)
    return np.asarray(rows.searchsorted(pairs[inside]), dtype=np.int64).reshape(-1, 2)


def _in_batches(links: Links) -> Iterator[Links]:
    for start in range(0, len(links), LINKS_AT_ONCE):
        yield Links(*(array[start : start + LINKS_AT_ONCE] for array in vars(links).values()))

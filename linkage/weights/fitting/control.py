"""What the model says of each pattern, held against the pairs within the sources.

Where filters share fields no few classes explain every pattern: namesakes in one postcode whose birth dates are a digit
apart are more in one file than in another. But the pairs within the sources are a control group (`shares.py`): of what
is not a match there is as much of a pattern as the classes say *and* as those pairs show. Odds are only ever lowered:
what is more between the sources than within may be matches, and may be siblings whose addresses two feeds write each in
a way of its own, so that no pair within a source shows their pattern.

So each pattern has two factors, on how common it is among matches and among everybody else, alike for all pairs of
sources. Counts are Poisson and the factors Gamma with mean one (empirical Bayes as in Robbins 1956 and Clayton and
Kaldor 1987): a pattern of few pairs keeps what the model says. How much the model is worth, as pairs that the pattern
has beforehand, follows from how well it foretells the pairs within the sources; nobody has to choose it.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from linkage.weights.fitted.model import Corrections, Model
from linkage.weights.fitted.scoring import log_densities, score_patterns
from linkage.weights.patterns.evidence import Cells, Evidence, cells_of, codes_of_cells

__all__ = ["held_against_control"]

Floats = npt.NDArray[np.float64]

# Pairs that the model may be worth: half a pair is none (Jeffreys), and with thousands no pattern moves.
WORTHS = np.exp2(np.arange(-1.0, 13.0))
# Patterns of which fewer than one pair in a thousand may be a match decide nothing.
LEAST_POSTERIOR = 2.0**-10
# Within the sources the model is judged by patterns of which hardly a pair is a match.
MOST_MATCHES = 0.1
STEPS = 100
# Pairs expected within the sources below which nothing can be told by them.
LEAST_OTHERS = 1e-9
# Bits below which a correction is not worth its line in the file.
LEAST_BITS = 0.05
WIDEST_BITS = 60.0


def held_against_control(evidence: Evidence, model: Model) -> Model:
    """The model with corrections of patterns; the very same where there is nothing to hold it against.

    Parameters
    ----------
    evidence
        The pairs that it was fitted to.
    model
        Where its filters share no field, or no pairs within two sources or more were compared, nothing is corrected.
    """
    if model.group is None:
        return model
    cells = cells_of(evidence)
    compared = cells.by_pair_class(cells.candidates)[cells.pair_classes.within] > 0
    if len(compared) < 2 or not compared.any():
        return model
    counted = _counted(evidence, cells, model)
    within = cells.pair_classes.is_within
    worth = _worth(counted.pairs[within].sum(axis=0), *(of[within].sum(axis=0) for of in counted.expected))
    bits = _corrections(counted, within, worth)
    kept = np.abs(bits) >= LEAST_BITS
    return replace(model, corrections=Corrections(counted.patterns[kept], bits[kept]))


@dataclass(frozen=True)
class _Counted:
    """Patterns of which a pair may be a match.

    Attributes
    ----------
    patterns
        int64 (n,): codes.
    pairs
        float64 (n_pair_classes, n): pairs of each, those that blocking left out included.
    matches, others
        As `pairs`: those that the model expects.
    """

    patterns: npt.NDArray[np.int64]
    pairs: Floats
    matches: Floats
    others: Floats

    @property
    def expected(self) -> tuple[Floats, Floats]:
        """Matches and others."""
        return self.matches, self.others


def _counted(evidence: Evidence, cells: Cells, model: Model) -> _Counted:
    codes = codes_of_cells(evidence)
    patterns, first, place = np.unique(codes, return_index=True, return_inverse=True)
    odds = score_patterns(model, patterns).odds[:, patterns]
    posteriors = 1.0 / (1.0 + np.exp2(-np.clip(odds, -WIDEST_BITS, WIDEST_BITS)))
    seen = np.zeros_like(posteriors)
    seen[cells.pair_class, place] = cells.candidates
    expected = _presence(cells)[:, cells.presence_masks[first]] * cells.total_pairs[:, None]
    expected *= np.exp(log_densities(model, patterns)[:, patterns])
    whole = cells.by_pair_class(cells.candidates) >= cells.total_pairs
    others = expected * (1.0 - posteriors)
    pairs = np.where(whole[:, None], seen, np.maximum(seen, others))
    told = posteriors.max(axis=0) >= LEAST_POSTERIOR
    return _Counted(patterns[told], pairs[:, told], (expected * posteriors)[:, told], others[:, told])


def _presence(cells: Cells) -> Floats:
    """Share of the pairs of each class that lack the same comparisons, float64 (n_pair_classes, n_masks)."""
    masks = cells.presence_masks
    counts = np.zeros((len(cells.total_pairs), int(masks.max(initial=-1)) + 1))
    np.add.at(counts, (cells.pair_class, masks), cells.random)
    return np.asarray(counts / cells.random_totals[:, None])


def _worth(pairs: Floats, matches: Floats, others: Floats) -> float:
    """How many pairs the model is worth: under which the pairs within the sources are likeliest (negative binomial)."""
    used = (others > LEAST_OTHERS) & (matches < MOST_MATCHES * others)
    seen, mean = pairs[used], others[used]
    likelihoods = [
        float(
            (
                gammaln(seen + worth)
                - gammaln(worth)
                - worth * np.log1p(mean / worth)
                - seen * np.log1p(worth / mean)
            ).sum()
        )
        for worth in WORTHS
    ]
    return float(WORTHS[int(np.argmax(likelihoods))])


def _corrections(counted: _Counted, within: npt.NDArray[np.bool_], worth: float) -> Floats:
    """Bits by which the odds of each pattern change, float64 (n,).

    Other pairs are told by those within the sources, less the few matches there; then matches by what is left between
    the sources. Told by all pairs at once, an excess between the sources would be shared out between the two as the
    model has it, though only one of them can be checked.
    """
    seen, matches, others = (each[within].sum(axis=0) for each in (counted.pairs, *counted.expected))
    less = (worth + seen * others / np.maximum(matches + others, 1e-300)) / (worth + others)
    between, own, other = (each[~within] for each in (counted.pairs, *counted.expected))
    more = np.ones_like(less)
    for _ in range(STEPS):
        share = more * own / np.maximum(more * own + less * other, 1e-300)
        more = (worth + (between * share).sum(axis=0)) / (worth + own.sum(axis=0))
    # A pattern that no pair within a source can have, since no source has both fields, say, is told by nothing. And of
    # one that is rarer within the sources than between them nothing is known: it may be of matches, or of relatives
    # who look so between two feeds alone, each of which writes addresses in a way of its own.
    return np.where(others > LEAST_OTHERS, np.minimum(np.log2(more) - np.log2(less), 0.0), 0.0)

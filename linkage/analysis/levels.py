"""What the model believes: how often each level is shown by matches and by strangers, and where the classes lie."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from linkage.analysis.pattern_odds import pattern_odds
from linkage.comparison import PatternTable, decode_patterns
from linkage.weights import Model
from linkage.weights.fitted.class_posteriors import class_posteriors
from linkage.weights.patterns.pair_classes import PairClasses

__all__ = ["STRANGERS", "class_histogram", "level_name", "level_probabilities"]

STRANGERS = "strangers"
# Further out a pair is certain either way.
WIDEST_BITS = 40.0


def level_name(level: int, n_levels: int, n_equal: int = 1, incomplete: Sequence[int] = ()) -> str:
    """A level in words.

    0 is missing, 1 the weakest, the last `n_equal` are full agreement on ever rarer values; `incomplete` are those of
    pairs of which a record lacks a field, the weakest first.
    """
    if level == 0:
        return "missing"
    if level in incomplete:
        reached = list(incomplete).index(level)
        alike = f"similar {reached} of {len(incomplete) - 1}" if reached else "different"
        return f"{alike}, a field missing"
    n_plain = n_levels - len(incomplete) - n_equal + 1
    level -= sum(lacking < level for lacking in incomplete)
    if level >= n_plain - 1:
        kinds = {1: ("equal",), 2: ("equal, common", "equal, rare")}
        named = kinds.get(n_equal, ("equal, common", "equal, less common", "equal, rare"))
        return named[level - n_plain + 1]
    return "different" if level == 1 else f"similar {level - 1} of {n_plain - 3}"


def level_probabilities(model: Model, table: PatternTable) -> pd.DataFrame:
    """The m and u probabilities of every level but missing.

    m is the share of the level among expected matches where the comparison is present: each candidate pair counts with
    its posterior. u is the model's own, estimated from random pairs, over all pairs of sources.

    Returns
    -------
    Data frame with ``comparison``, ``level`` (from 1), ``name``, ``m``, ``u`` and ``bits``, log2 of m / u.
    """
    sums = np.zeros(int(model.offsets[-1]))
    for pair_class in range(model.n_pair_classes):
        counts = table.counts[:, pair_class].sum(axis=0)
        seen = np.flatnonzero(counts)
        expected = counts[seen] / (
            1.0 + np.exp2(-np.clip(pattern_odds(model)[pair_class, seen], -1000, 1000))
        )
        slots = decode_patterns(seen, model.n_levels) + model.offsets[:-1]
        for column in slots.T:
            sums += np.bincount(column, expected, len(sums))
    pairs = PairClasses(model.n_records).total_pairs.astype(np.float64)
    strangers = np.average(model.chance_levels, axis=0, weights=pairs if pairs.sum() else None)
    rows = []
    for number, traits in enumerate(model.comparisons):
        present = slice(int(model.offsets[number]) + 1, int(model.offsets[number + 1]))
        m = sums[present] / max(sums[present].sum(), 1e-300)
        for level, (one, other) in enumerate(zip(m, strangers[present], strict=True), start=1):
            bits = float(np.log2(max(one, 1e-12) / max(other, 1e-12)))
            name = level_name(level, traits.n_levels, len(traits.equal_shares), traits.incomplete_levels)
            rows.append((traits.name, level, name, float(one), float(other), bits))
    return pd.DataFrame(rows, columns=["comparison", "level", "name", "m", "u", "bits"])


def class_histogram(model: Model, table: PatternTable, *, width: float = 1.0) -> pd.DataFrame:
    """Candidate pairs by log odds and by the class that the model takes them for.

    Parameters
    ----------
    width
        Of a bin, in bits. Pairs further out than 40 bits are in the outermost bins.

    Returns
    -------
    Data frame with ``bits`` (lower end of the bin), ``class`` and ``pairs``, which need not be whole numbers; rows of
    less than half a pair are left out.
    """
    n_bins = int(2 * WIDEST_BITS / width)
    names = [*(component.name for component in model.components), STRANGERS]
    sums = np.zeros((len(names), n_bins))
    for pair_class in range(model.n_pair_classes):
        counts = table.counts[:, pair_class].sum(axis=0)
        seen = np.flatnonzero(counts)
        odds = np.clip(pattern_odds(model)[pair_class, seen], -WIDEST_BITS, WIDEST_BITS - width / 2)
        place = np.floor((odds + WIDEST_BITS) / width).astype(np.int64)
        shares: npt.NDArray[np.float64] = class_posteriors(model, pair_class, seen) * counts[seen, None]
        for row in range(len(names)):
            sums[row] += np.bincount(place, shares[:, row], n_bins)
    rows, bins = np.nonzero(sums >= 0.5)
    return pd.DataFrame(
        {
            "bits": bins * width - WIDEST_BITS,
            "class": [names[row] for row in rows],
            "pairs": sums[rows, bins],
        }
    )

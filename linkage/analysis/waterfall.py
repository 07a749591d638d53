"""How the weight of a pattern comes about, comparison by comparison.

A comparison that is missing is neutral, so the odds of a pattern of which only the first comparisons are kept are
the odds after looking at these. The differences are exact, whatever depends on what in the model, and they add up to
the weight of the whole pattern; only their order is a choice.
"""

import numpy as np
import pandas as pd

from linkage.analysis.levels import level_name
from linkage.analysis.pattern_odds import pattern_odds
from linkage.comparison import PatternTable, decode_patterns, encode_patterns
from linkage.weights import Model

__all__ = ["PRIOR", "pattern_steps"]

PRIOR = "before looking"


def pattern_steps(
    model: Model,
    table: PatternTable,
    feed_pairs: tuple[str, ...],
    threshold: float,
    *,
    above: int = 8,
    below: int = 8,
    reach_bits: float = 10.0,
) -> pd.DataFrame:
    """The most frequent patterns above a threshold and closely below it, each as steps from the prior odds.

    Parameters
    ----------
    feed_pairs
        Names of the pair classes.
    above, below
        How many patterns of each side.
    reach_bits
        How far below the threshold to look.

    Returns
    -------
    Data frame with one row a step: ``pattern`` (a number from 1, most frequent first, those above the threshold
    before those below), ``feeds``, ``pairs``, ``linked``, ``comparison``, ``level`` (in words), ``bits`` (of the step),
    ``start`` and ``end``. The first step of a pattern is `PRIOR`.
    """
    found = []
    for pair_class in range(model.n_pair_classes):
        counts = table.counts[:, pair_class].sum(axis=0)
        seen = np.flatnonzero(counts)
        odds = pattern_odds(model)[pair_class, seen]
        for chosen, n, linked in (
            (odds >= threshold, above, True),
            ((odds < threshold) & (odds >= threshold - reach_bits), below, False),
        ):
            codes, own = seen[chosen], counts[seen[chosen]]
            found += [
                (not linked, -int(own[place]), pair_class, int(codes[place]))
                for place in np.argsort(-own, kind="stable")[:n]
            ]
    found.sort()
    kept = [cell for cell in found if not cell[0]][:above] + [cell for cell in found if cell[0]][:below]
    frames = [
        _steps(model, pair_class, code).assign(
            pattern=number, feeds=feed_pairs[pair_class], pairs=-negative, linked=not is_below
        )
        for number, (is_below, negative, pair_class, code) in enumerate(kept, start=1)
    ]
    columns = ["pattern", "feeds", "pairs", "linked", "comparison", "level", "bits", "start", "end"]
    return pd.concat(frames)[columns].reset_index(drop=True) if frames else pd.DataFrame(columns=columns)


def _steps(model: Model, pair_class: int, code: int) -> pd.DataFrame:
    levels = decode_patterns(np.array([code]), model.n_levels)[0].astype(np.int64)
    n = len(levels)
    prefixes = np.where(np.arange(n) < np.arange(n + 1)[:, None], levels, 0)
    odds = pattern_odds(model)[pair_class, encode_patterns(prefixes, model.n_levels)]
    names = [
        level_name(int(level), traits.n_levels, len(traits.equal_shares), traits.incomplete_levels)
        for level, traits in zip(levels, model.comparisons, strict=True)
    ]
    return pd.DataFrame(
        {
            "comparison": [PRIOR, *(traits.name for traits in model.comparisons)],
            "level": ["", *names],
            "bits": np.diff(odds, prepend=0.0),
            "start": np.concatenate([[0.0], odds[:-1]]),
            "end": odds,
        }
    )

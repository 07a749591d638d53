"""How much of people's similarities shows in their codes: the cheapest predictor of graph matching.

Of the measures that need no attack, the rank correlation of plaintext and code similarity over all pairs told best
which encodings fall: .26 and more fell, .055 and less held.
"""

import numpy as np
import numpy.typing as npt
from scipy import stats

from encoders.attacks.encoded_people import FilterTarget
from encoders.attacks.similarity import bit_correlation, code_dice, people_dice

__all__ = ["similarity_leak", "weight_leak"]

TOP_SHARE = 0.01


def similarity_leak(target: FilterTarget, rows: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Spearman correlation over all pairs of some rows, and over the pairs whose people are most alike (top 1%).

    0 where there are fewer than three rows, or one side does not vary.
    """
    codes = target.codes[rows]
    pairs = np.triu_indices(len(rows), 1)
    if len(pairs[0]) < 3:
        return 0.0, 0.0
    of_codes = (bit_correlation(codes) if target.diffused else code_dice(codes))[pairs]
    of_people = people_dice(target.tokens[rows])[pairs]
    nearest = np.argsort(-of_people, kind="stable")[: max(3, int(TOP_SHARE * len(of_people)))]
    return _spearman(of_people, of_codes), _spearman(of_people[nearest], of_codes[nearest])


def weight_leak(target: FilterTarget) -> float:
    """Correlation of a code's number of set bits with its person's number of tokens."""
    weights = np.bitwise_count(target.codes).sum(axis=1).astype(np.float64)
    tokens = np.diff(target.tokens.indptr).astype(np.float64)
    present = weights > 0
    if present.sum() < 3 or np.ptp(weights[present]) == 0 or np.ptp(tokens[present]) == 0:
        return 0.0
    return float(np.corrcoef(weights[present], tokens[present])[0, 1])


def _spearman(left: npt.NDArray[np.float32], right: npt.NDArray[np.float32]) -> float:
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return 0.0
    return float(stats.spearmanr(left, right).statistic)

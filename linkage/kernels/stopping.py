"""When a Hamming comparison may stop before the last bit.

After `m` of `n` bits, a pair whose whole distance is at most `d` shows at most `d` differing bits: beyond
that no threshold can be reached, and stopping is exact. Diffused filters allow more. Their bits are
exchangeable, so the `m` bits are a sample without replacement, and the differing bits among them follow a
hypergeometric law. The pass stops when more differ than a pair at distance `d` shows with probability
`error`, shared out over all the points at which it may stop (a union bound, so the stated error is an upper
one). A stop always means "below every threshold": the error is a missed agreement, never a false one.
"""

import numpy as np
import numpy.typing as npt
from scipy.stats import hypergeom

__all__ = ["first_useful_stop", "stopping_distances"]

_WORD_BITS = 64


def stopping_distances(
    n_words: int, distance: int, error: float, *, every_words: int
) -> npt.NDArray[np.int64]:
    """Differing bits beyond which no pair within `distance` is expected, at every point of a filter.

    Parameters
    ----------
    n_words
        Width of the filter.
    distance
        Weakest threshold, in bits.
    error
        Chance that a pair at that distance is stopped; 0 gives bounds that are never wrong.
    every_words
        Words from one point to the next; the last point is the end.

    Returns
    -------
    int64 (n_points,); the last is `distance`.
    """
    seen = _bits_seen(n_words, every_words)
    if error <= 0:
        return np.full(seen.size, distance, dtype=np.int64)
    share = error / max(seen.size - 1, 1)
    bounds = hypergeom.isf(share, _WORD_BITS * n_words, distance, seen)
    return np.minimum(bounds, distance).astype(np.int64)


def first_useful_stop(n_words: int, bounds: npt.NDArray[np.int64], *, every_words: int) -> int:
    """First point at which two unrelated filters, half of whose bits differ, would be stopped."""
    useful = np.flatnonzero(_bits_seen(n_words, every_words) // 2 > bounds)
    return int(useful[0]) if useful.size else bounds.size


def _bits_seen(n_words: int, every_words: int) -> npt.NDArray[np.int64]:
    points = np.arange(every_words, n_words + every_words, every_words, dtype=np.int64)
    return _WORD_BITS * np.minimum(points, n_words)

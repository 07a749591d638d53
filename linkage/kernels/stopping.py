"""When a Hamming comparison may stop before the last bit.

After `m` of `n` bits, a pair whose whole distance is at most `d` shows at most `d` differing bits: beyond
that no threshold can be reached, and stopping is exact. Diffused filters allow more. Their bits are
exchangeable, so the `m` bits are a sample without replacement, and the differing bits among them follow a
hypergeometric law. The pass stops when more differ than a pair at distance `d` shows with probability
`error`, shared out over all the points at which it may stop (a union bound, so the stated error is an upper
one). A stop always means "below every threshold": the error is a missed agreement, never a false one.
"""

from itertools import combinations

import numpy as np
import numpy.typing as npt

__all__ = ["cheapest_points", "shares_of_unrelated", "stopping_distances"]

_WORD_BITS = 64
_MOST_POINTS = 3
_QUESTION_WORDS = 2.0
"""What asking costs, in words compared."""


def stopping_distances(n_words: int, distance: int, error: float) -> npt.NDArray[np.int64]:
    """Differing bits beyond which no pair within `distance` is expected, after each word of a filter.

    Parameters
    ----------
    n_words
        Width of the filter.
    distance
        Weakest threshold, in bits.
    error
        Chance that a pair at that distance is stopped anywhere; 0 gives bounds that are never wrong.

    Returns
    -------
    int64 (n_words,); the last is `distance`.
    """
    seen = _WORD_BITS * np.arange(1, n_words + 1)
    if error <= 0:
        return np.full(n_words, distance, dtype=np.int64)
    bounds = [_rarely_beyond(error / _MOST_POINTS, _WORD_BITS * n_words, distance, int(n)) for n in seen]
    return np.minimum(bounds, distance).astype(np.int64)


def _rarely_beyond(chance: float, n_bits: int, distance: int, n_seen: int) -> int:
    """The least number that a hypergeometric count exceeds with at most this chance.

    Of `n_bits` bits `distance` differ, `n_seen` are drawn, and the count is of those that differ. Written out, since
    importing ``scipy.stats`` takes longer than all else that a command imports.
    """
    counts = np.arange(max(0, n_seen - (n_bits - distance)), min(distance, n_seen) + 1)
    log_chances = (
        _log_choices(distance, counts)
        + _log_choices(n_bits - distance, n_seen - counts)
        - _log_choices(n_bits, np.array([n_seen]))
    )
    beyond = np.cumsum(np.exp(log_chances)[::-1])[::-1] - np.exp(log_chances)
    return int(counts[np.argmax(beyond <= chance)])


def _log_choices(n: int, k: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    from scipy.special import gammaln  # noqa: PLC0415 - every command would wait for it, and few ask for this

    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def cheapest_points(shares_alive: npt.NDArray[np.float64]) -> list[int]:
    """Words after which to ask whether anything is left, so that a step costs least; the last is all words.

    `shares_alive` (n_words,) is the share of steps that go on if asked after each word. Up to three points
    are chosen besides the end.
    """
    n_words = shares_alive.size

    def cost(ends: tuple[int, ...]) -> float:
        total, alive, start = 0.0, 1.0, 0
        for end in (*ends, n_words):
            total += alive * (end - start + _QUESTION_WORDS)
            alive, start = float(shares_alive[end - 1]), end
        return total

    # Among many words every second or fourth is choice enough.
    choices = range(1, n_words, max(1, n_words // 24))
    plans = [ends for n in range(_MOST_POINTS + 1) for ends in combinations(choices, n)]
    return [*min(plans, key=cost), n_words]


def shares_of_unrelated(bounds: npt.NDArray[np.int64], n_pairs: int) -> npt.NDArray[np.float64]:
    """Chance, after each word, that of `n_pairs` pairs half of whose bits differ any is within the bound."""
    from scipy.special import bdtrc  # noqa: PLC0415 - as above

    seen = _WORD_BITS * np.arange(1, bounds.size + 1)
    return np.asarray(1 - bdtrc(np.minimum(bounds, seen), seen, 0.5) ** n_pairs)

"""What the bits of a filter look like from outside, gathered batch by batch: no plaintext and no key is needed.

Gini coefficient, normalised entropy and Jensen-Shannon distance of the bit positions' frequencies are reported since
officers ask for them; a low one does not mean safe (Rule 90 halves the Gini coefficient and falls to ten seeds).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from encoders.attacks.code_bits import bits_of

__all__ = ["BitStatistics", "BitTally"]

LIFT_ROWS = 4_096
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BitStatistics:
    """Figures of one filter.

    Attributes
    ----------
    present, missing
        Records that have the filter, and that lack it.
    fill, fill_spread
        Mean and standard deviation of the share of bits set.
    gini, normalised_entropy, jensen_shannon
        Of the bit positions' frequencies, against all being equal.
    bit_entropy
        Mean entropy of a bit position: 1 for coins.
    highest_lift
        Greatest ratio of how often two bits are set together to how often they would be if independent.
    """

    present: int
    missing: int
    fill: float
    fill_spread: float
    gini: float
    normalised_entropy: float
    jensen_shannon: float
    bit_entropy: float
    highest_lift: float


class BitTally:
    """Counts the bits of one column."""

    def __init__(self, n_words: int) -> None:
        self._set = np.zeros(64 * n_words, dtype=np.int64)
        self._present = 0
        self._missing = 0
        self._weights = np.zeros(2)
        self._together: npt.NDArray[np.float32] | None = None
        self._sampled = 0

    def add(self, codes: npt.NDArray[np.uint64]) -> None:
        """Take a batch of codes: uint64, shape (n, words)."""
        weights = np.bitwise_count(codes).sum(axis=1).astype(np.float64)
        present = codes[weights > 0]
        self._missing += len(codes) - len(present)
        self._present += len(present)
        self._weights += (weights.sum(), (weights**2).sum())
        for start in range(0, len(present), LIFT_ROWS):
            bits = bits_of(present[start : start + LIFT_ROWS])
            self._set += bits.sum(axis=0, dtype=np.int64)
            if self._together is None:
                sample = bits.astype(np.float32)
                self._together, self._sampled = sample.T @ sample, len(sample)

    def statistics(self) -> BitStatistics:
        """The figures of what was taken; zeros where no record has the filter."""
        if not self._present:
            return BitStatistics(0, self._missing, 0, 0, 0, 0, 0, 0, 0)
        n_bits = len(self._set)
        share = self._set / self._present
        mean, square = self._weights / self._present
        spread = float(np.sqrt(max(square - mean * mean, 0.0)) / n_bits)
        distribution = self._set / max(self._set.sum(), 1)
        return BitStatistics(
            self._present,
            self._missing,
            float(mean / n_bits),
            spread,
            _gini(distribution),
            float(_entropy(distribution) / np.log2(n_bits)),
            _jensen_shannon(distribution),
            float(np.mean(_bit_entropy(share))),
            self._highest_lift(),
        )

    def _highest_lift(self) -> float:
        if self._together is None or self._sampled < 2:
            return 0.0
        alone = np.diag(self._together) / self._sampled
        expected = np.outer(alone, alone) * self._sampled
        # Few expected co-occurrences make wild ratios.
        sound = expected >= min(20.0, 0.1 * self._sampled)
        np.fill_diagonal(sound, val=False)
        return float((self._together[sound] / expected[sound]).max(initial=0.0))


def _gini(distribution: Floats) -> float:
    ordered = np.sort(distribution)
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / max(n * ordered.sum(), 1e-300))


def _entropy(distribution: Floats) -> float:
    positive = distribution[distribution > 0]
    return float(-(positive * np.log2(positive)).sum())


def _jensen_shannon(distribution: Floats) -> float:
    even = np.full(len(distribution), 1 / len(distribution))
    middle = (distribution + even) / 2
    divergence = _entropy(middle) - (_entropy(distribution) + _entropy(even)) / 2
    return float(np.sqrt(max(divergence, 0.0)))


def _bit_entropy(share: Floats) -> Floats:
    inside = np.clip(share, 1e-12, 1 - 1e-12)
    entropy = -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside))
    return np.where((share <= 0) | (share >= 1), 0.0, entropy)

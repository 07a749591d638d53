"""Locality-sensitive hashing over filters: candidates that no blocking key of the source has made.

Two filters are near by Hamming distance if most of their bits are equal. A *table* samples some bits, the same for
every record, and records with equal samples are candidates. A pair that differs in `d` of `n` bits has equal samples of
`k` bits with probability C(n - d, k) / C(n, k), about (1 - d/n)^k, and shares one of `t` tables, drawn independently,
with 1 - (1 - that)^t. Source: Indyk and Motwani, *Approximate nearest neighbors*, STOC 1998, section 4 (bit sampling
for the Hamming cube); for record linkage Karapiperis and Verykios, *An LSH-based blocking approach*, TKDE 2015.

What it does not do: a pair farther apart than the stated similarity is found less often than stated, and one whose
filter is missing on either side never. Samples show the unit nothing that the filters do not.
"""

import hashlib
from dataclasses import dataclass
from math import ceil, exp, lgamma, log, log1p

import numpy as np
import numpy.typing as npt

from linkage.candidates.spaces import BlockSpace
from linkage.kernels.bit_sampling import sample_keys

__all__ = ["LshTables", "chance_to_meet", "cheapest_sample", "tables_needed"]

MAX_TABLES = 255
MAX_SAMPLED = 56
_WORD_BITS = 64
_KEY_PAIRS = 200.0
"""What making and sorting a key costs, in pairs compared."""


@dataclass(frozen=True)
class LshTables:
    """The tables of one filter.

    Attributes
    ----------
    name
        Of the filter; the same name gives the same samples on every machine and night.
    offset, n_words
        Where the filter lies in a row of words.
    n_sampled
        Bits in a sample, 1 to 56.
    n_tables
        1 to 255.
    """

    name: str
    offset: int
    n_words: int
    n_sampled: int
    n_tables: int

    def __post_init__(self) -> None:
        if not 1 <= self.n_sampled <= min(MAX_SAMPLED, _WORD_BITS * self.n_words):
            raise ValueError(f"n_sampled: expected 1 to {MAX_SAMPLED} and no more than the filter's bits")
        if not 1 <= self.n_tables <= MAX_TABLES:
            raise ValueError(f"n_tables: expected 1 to {MAX_TABLES}, got {self.n_tables}")

    @property
    def bits(self) -> npt.NDArray[np.int64]:
        """The sampled places, int64 (n_tables, n_sampled), each table without repeats."""
        seed = int.from_bytes(hashlib.sha256(f"lsh {self.name}".encode()).digest()[:8], "little")
        rng = np.random.default_rng(seed)
        places = [
            rng.choice(_WORD_BITS * self.n_words, self.n_sampled, replace=False) for _ in range(self.n_tables)
        ]
        return np.array(places, dtype=np.int64)

    def keys(self, words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """Keys uint64 (n, n_tables) of records uint64 (n, n_words of a record); 0 where the filter is missing."""
        return sample_keys(np.ascontiguousarray(words), self.offset, self.n_words, self.bits)

    def space(self, first_offset: int) -> BlockSpace:
        """The space of the keys, once they lie in the rows from an offset on."""
        offsets = tuple(range(first_offset, first_offset + self.n_tables))
        return BlockSpace(f"near in {self.name}", offsets, crossing=False)


def chance_to_meet(n_bits: int, distance: int, n_sampled: int, n_tables: int) -> float:
    """Probability that two filters which differ in `distance` of `n_bits` bits share a key.

    Over the choice of the samples; 0 if fewer bits are equal than are sampled.
    """
    return -float(np.expm1(n_tables * _log_miss(n_bits, distance, n_sampled)))


def tables_needed(n_bits: int, similarity: float, recall: float, n_sampled: int) -> int:
    """Fewest tables that let pairs with a share `similarity` of equal bits meet with probability `recall`.

    Raises
    ------
    ValueError
        If similarity or recall are not between 0 and 1, or more than 255 tables would be needed.
    """
    if not 0 < similarity <= 1 or not 0 < recall < 1:
        raise ValueError("similarity: expected above 0 and at most 1; recall: expected between 0 and 1")
    miss = _log_miss(n_bits, int((1 - similarity) * n_bits), n_sampled)
    if miss == 0 or (needed := max(1, ceil(log1p(-recall) / miss))) > MAX_TABLES:
        raise ValueError(
            f"{n_sampled} sampled bits would need more than {MAX_TABLES} tables for a recall of {recall} at"
            f" similarity {similarity}: sample fewer bits, or ask for a higher similarity or a lower recall"
        )
    return needed


def cheapest_sample(
    n_bits: int, similarity: float, recall: float, n_records: int, unrelated: float = 0.5
) -> tuple[int, int]:
    """Sampled bits and tables that reach the recall at the least expected work.

    Work is keys to make and sort, and pairs of unrelated records, which share a given bit with probability
    `unrelated` (one half for diffused filters, more for sparse ones).
    """
    best: tuple[float, int, int] | None = None
    for n_sampled in range(1, min(MAX_SAMPLED, n_bits) + 1):
        try:
            n_tables = tables_needed(n_bits, similarity, recall, n_sampled)
        except ValueError:
            break
        pairs = n_records * n_records / 2 * exp(n_sampled * log(unrelated))
        work = n_tables * (_KEY_PAIRS * n_records + pairs)
        best = min(best or (work, n_sampled, n_tables), (work, n_sampled, n_tables))
    if best is None:
        raise ValueError(f"no sample reaches a recall of {recall} at similarity {similarity}")
    return best[1], best[2]


def _log_miss(n_bits: int, distance: int, n_sampled: int) -> float:
    """Logarithm of the probability that a pair does not meet in one table."""
    equal = n_bits - distance
    if equal < n_sampled:
        return 0.0
    meet = exp(_log_choose(equal, n_sampled) - _log_choose(n_bits, n_sampled))
    return -float("inf") if meet >= 1 else log1p(-meet)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)

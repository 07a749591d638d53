"""Similarities of all pairs of codes, and of all pairs of people, brought to one scale.

Codes and people are compared by different measures. Ranks make them comparable: each matrix's pairs are ranked and
the ranks turned to normal scores.
"""

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from encoders.attacks.code_bits import bits_of, signs_of
from encoders.attacks.token_matrix import TokenMatrix, products, row_lengths

__all__ = ["bit_correlation", "code_dice", "normal_scores", "people_dice"]

Matrix = npt.NDArray[np.float32]


def code_dice(codes: npt.NDArray[np.uint64]) -> Matrix:
    """Dice coefficient of all pairs of codes: float32, shape (n, n); 0 where either is missing."""
    bits = bits_of(codes).astype(np.float32)
    return _dice(bits @ bits.T, bits.sum(axis=1))


def bit_correlation(codes: npt.NDArray[np.uint64]) -> Matrix:
    """Share of equal bits less the share of differing ones: float32, shape (n, n); 0 where either is missing."""
    signs = signs_of(codes)
    return np.asarray(signs @ signs.T / np.float32(signs.shape[1]))


def people_dice(tokens: TokenMatrix) -> Matrix:
    """Dice coefficient of the (weighted) token sets of all pairs of people: float32, shape (n, n)."""
    return _dice(products(tokens, tokens), row_lengths(tokens) ** 2)


def normal_scores(similarity: Matrix) -> Matrix:
    """Normal scores of the ranks of all pairs: float32, shape (n, n), symmetric, zero diagonal; ties share a score."""
    n = len(similarity)
    rows, columns = np.triu_indices(n, 1)
    ranks = stats.rankdata(similarity[rows, columns])
    scores = special.ndtri((ranks - 0.5) / max(len(ranks), 1)).astype(np.float32)
    out = np.zeros((n, n), dtype=np.float32)
    out[rows, columns] = scores
    out[columns, rows] = scores
    return out


def _dice(shared: Matrix, sizes: npt.NDArray[np.float32]) -> Matrix:
    totals = sizes[:, None] + sizes[None, :]
    return np.asarray(2 * shared / np.maximum(totals, 1e-9), dtype=np.float32)

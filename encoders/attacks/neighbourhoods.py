"""Near-neighbour graphs of codes, and which records lie dense in them.

Random sampling thins out exactly what leaks, so attacks are made on dense neighbourhoods: the records that share the
most popular values.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from encoders.attacks.value_numbers import Numbers
from encoders.compiling import kernel

__all__ = ["densest_rows", "hamming_radius", "neighbour_components"]

Words = npt.NDArray[np.uint64]
STRAY_NEIGHBOURS = 0.01


def densest_rows(fields: Sequence[Numbers], size: int, rng: np.random.Generator) -> Numbers:
    """The rows whose values are the most popular ones.

    Parameters
    ----------
    fields
        Value numbers of each field, int64 (n,); a missing value counts as a rare one.
    size
        Rows wanted; ties are broken at random.

    Returns
    -------
    int64, at most `size` rows, ascending.
    """
    popularity = np.zeros(len(fields[0]))
    for values in fields:
        present = values >= 0
        counts = np.bincount(values[present], minlength=1)
        popularity += np.log(np.where(present, counts[np.maximum(values, 0)], 0.5))
    order = rng.permutation(len(popularity))
    return np.sort(order[np.argsort(-popularity[order], kind="stable")[:size]])


def hamming_radius(n_records: int, n_bits: int) -> int:
    """The largest distance at which an unrelated code is near with a chance of one in a hundred.

    Bits of diffused codes behave like coins, so the distance of two unrelated ones has mean n_bits / 2 and standard
    deviation sqrt(n_bits) / 2.
    """
    z = -float(ndtri(STRAY_NEIGHBOURS / max(n_records, 2)))
    return max(0, int(n_bits / 2 - z * sqrt(n_bits) / 2))


def neighbour_components(
    codes: Words, groupings: Sequence[Numbers], *, radius: int = -1, dice_thousandths: int = 1001
) -> Numbers:
    """Connected components of the graph that joins near codes.

    The pairs are found with the help of the plaintext: any two people whose codes are near agree in all but one of
    the filter's fields, or nearly so. An attacker would search the codes alone and find the same edges.

    Parameters
    ----------
    codes
        uint64, shape (n, words).
    groupings
        Each int64 (n,): only pairs with the same number, not negative, in one of them are looked at.
    radius
        Codes at most this Hamming distance apart are near.
    dice_thousandths
        Codes of at least this Dice coefficient, in thousandths, are near; for codes that are not diffused.

    Returns
    -------
    int64, shape (n,): the smallest row of each row's component.
    """
    parents = np.arange(len(codes), dtype=np.int64)
    codes = np.ascontiguousarray(codes)
    sizes = np.bitwise_count(codes).sum(axis=1).astype(np.int64)
    for numbers in groupings:
        rows = np.flatnonzero((numbers >= 0) & (sizes > 0))
        rows = rows[np.argsort(numbers[rows], kind="stable")]
        starts = (
            np.flatnonzero(np.r_[True, np.diff(numbers[rows]) != 0, True])
            if len(rows)
            else np.zeros(1, np.int64)
        )
        _join_groups(codes, sizes, rows, starts.astype(np.int64), radius, dice_thousandths, parents)
    _flatten(parents)
    return parents


@kernel
def _join_groups(
    codes: Words,
    sizes: Numbers,
    rows: Numbers,
    starts: Numbers,
    radius: int,
    dice_thousandths: int,
    parents: Numbers,
) -> None:
    n_words = codes.shape[1]
    for group in range(len(starts) - 1):
        for i in range(starts[group], starts[group + 1]):
            left = rows[i]
            for j in range(i + 1, starts[group + 1]):
                right = rows[j]
                a, b = _root(parents, left), _root(parents, right)
                if a == b:
                    continue
                shared = np.int64(0)
                for word in range(n_words):
                    shared += _ones(codes[left, word] & codes[right, word])
                total = sizes[left] + sizes[right]
                if total - 2 * shared <= radius or 2000 * shared >= dice_thousandths * total:
                    parents[max(a, b)] = min(a, b)


@kernel
def _flatten(parents: Numbers) -> None:
    for row in range(len(parents)):
        parents[row] = _root(parents, row)


@kernel
def _root(parents: Numbers, row: int) -> int:
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row


@kernel
def _ones(bits: int) -> int:
    """Bits set in a 64-bit word, by halving; the compiler knows the pattern."""
    step = np.uint64(bits)
    step = step - ((step >> np.uint64(1)) & np.uint64(0x5555555555555555))
    step = (step & np.uint64(0x3333333333333333)) + ((step >> np.uint64(2)) & np.uint64(0x3333333333333333))
    step = (step + (step >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((step * np.uint64(0x0101010101010101)) >> np.uint64(56))

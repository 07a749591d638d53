"""Known pairs on every column: beside the filters, they show which bucket or token a value has.

A deterministic key over few values is learned whole from few known pairs: after a thousand of them most birth dates
have shown their bucket, and everybody else in the bucket was born on one of its dates. A key over fields that are
nearly unique together teaches nothing about others. This attack keeps a book of the values seen, counts for every
person on the list how well the code's keys fit the book, and adds what the ridge says of the filters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from time import perf_counter

import numpy as np
import numpy.typing as npt

from encoders.attacks.known_pairs import PENALTY, dictionary_scores, rank_of_truth
from encoders.attacks.outcome import AttackResult
from encoders.attacks.token_matrix import TokenMatrix
from encoders.attacks.value_numbers import Numbers
from encoders.compiling import kernel

__all__ = ["ExactColumn", "book_scores", "joint_known_pairs_attack"]

MISFIT = -8.0
RIDGE_WEIGHT = 2.0
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, repr=False)
class ExactColumn:
    """A token or blocking key: the number of each record's code, and of each person's value; -1 where missing."""

    codes: Numbers
    values: Numbers


def book_scores(columns: Sequence[ExactColumn], known: Numbers, targets: Numbers) -> Matrix:
    """How well each person's values fit the codes of each target, by what the known pairs taught.

    Parameters
    ----------
    columns
        Row i of the codes belongs to person i of the list.
    known, targets
        int64: rows that the attacker knows, and rows under attack.

    Returns
    -------
    float32, shape (targets, people): log-likelihood ratio; 0 where the book says nothing.
    """
    n_people = len(columns[0].values) if columns else 0
    scores = np.zeros((len(targets), n_people), dtype=np.float32)
    for column in columns:
        book = np.full(int(column.values.max(initial=0)) + 1, -1, dtype=np.int64)
        seen = known[(column.values[known] >= 0) & (column.codes[known] >= 0)]
        book[column.values[seen]] = column.codes[seen]
        expected = np.where(column.values >= 0, book[np.maximum(column.values, 0)], -1)
        observed = column.codes[targets]
        present = observed[observed >= 0]
        shares = np.bincount(present, minlength=1) / max(len(present), 1)
        surprise = np.zeros(len(targets), dtype=np.float32)
        surprise[observed >= 0] = [-log(shares[code]) for code in present]
        _add_fits(expected, observed, surprise, MISFIT, scores)
    return scores


@kernel
def _add_fits(expected: Numbers, observed: Numbers, surprise: Matrix, misfit: float, scores: Matrix) -> None:
    for row in range(len(observed)):
        if observed[row] < 0:
            continue
        for person in range(len(expected)):
            if expected[person] >= 0:
                fits = expected[person] == observed[row]
                scores[row, person] += surprise[row] if fits else misfit


def joint_known_pairs_attack(
    bits: Matrix,
    tokens: TokenMatrix,
    columns: Sequence[ExactColumn],
    *,
    known: Numbers,
    targets: Numbers,
    penalty: float = PENALTY,
    scores: Matrix | None = None,
) -> AttackResult:
    """Learn from known pairs all that a record says: filters, tokens and blocking keys together.

    Parameters
    ----------
    bits
        float32, shape (n, bits): all filters side by side; row i is person i of the list.
    tokens
        Sparse (n, tokens).
    columns, known, targets
        See `book_scores`.
    scores
        What `dictionary_scores` gave for the filters, where it is at hand.
    """
    started = perf_counter()
    people = np.arange(tokens.shape[0])
    if scores is None:
        scores = dictionary_scores(bits[known], people[known], bits[targets], tokens, penalty=penalty)
    ridge = scores - scores.mean(axis=1, keepdims=True)
    ridge /= np.maximum(ridge.std(axis=1, keepdims=True), 1e-9)
    ranks = rank_of_truth(np.float32(RIDGE_WEIGHT) * ridge + book_scores(columns, known, targets), targets)
    return AttackResult(
        "known pairs, every column",
        "all columns",
        f"knows whose codes {len(known)} are and holds a list of {len(people)} people with the others in it",
        len(targets),
        int(np.count_nonzero(ranks < 1)),
        1 / max(len(people), 1),
        perf_counter() - started,
        {"known": float(len(known)), "top 10": float(np.mean(ranks < 10)) if len(ranks) else 0.0},
    )

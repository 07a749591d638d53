"""Known pairs: learn the encoding from known pairs, then look the rest up in a population list.

Ridge regression from the bits of a code to the tokens of its person is fitted on pairs that the attacker knows; the
tokens that it predicts for another code are compared, by a weighted cosine, with everybody on the list. For diffusion
over t bits of a filter of fill p a token shows in an output bit with correlation |1 - 2p|^(t-1), so the pairs needed
grow like |1 - 2p|^(-2(t-1)). Being linear in the bits, the attack proves little about attackers who are not; see
``learned_network_attack`` beside it.

A prediction is a weighted sum of the known people's tokens, which are few, so the number of different tokens hardly
matters to the cost: salts cost the attacker nothing but data.
"""

from time import perf_counter

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from encoders.attacks.outcome import AttackResult
from encoders.attacks.token_matrix import TokenMatrix, rarity_weighted, row_lengths

__all__ = ["PENALTY", "dictionary_scores", "known_pairs_attack", "rank_of_truth"]

PENALTY = 30.0
TARGETS_AT_ONCE = 256
NEGLIGIBLE = 1e-9
DOUBT = 2.0
Matrix = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


def dictionary_scores(
    known_bits: Matrix,
    known_people: Rows,
    target_bits: Matrix,
    tokens: TokenMatrix,
    *,
    penalty: float = PENALTY,
) -> Matrix:
    """How well each person of the list fits each target code.

    Parameters
    ----------
    known_bits, known_people
        float32 (k, bits) of -1 and +1, and int64 (k,): the known codes and the row of each one's person.
    target_bits
        float32 (n, bits): the codes under attack.
    tokens
        Sparse (m, tokens): everybody on the list.
    penalty
        Of the ridge.

    Returns
    -------
    float32, shape (n, m): cosine of predicted and actual tokens, weighted by log(m / people with the token) and by
    how often the token was seen.
    """
    weighted = _learnable(rarity_weighted(tokens), known_people)
    learned = weighted[known_people]
    mean_tokens = np.asarray(learned.mean(axis=0), dtype=np.float32).ravel()
    mean_bits = known_bits.mean(axis=0)
    shares = _shares(known_bits - mean_bits, target_bits - mean_bits, penalty)
    out = np.empty((len(target_bits), weighted.shape[0]), dtype=np.float32)
    for start in range(0, len(target_bits), TARGETS_AT_ONCE):
        part = shares[:, start : start + TARGETS_AT_ONCE]
        predicted = np.asarray(learned.T @ part) - np.outer(mean_tokens, part.sum(axis=0))
        out[start : start + TARGETS_AT_ONCE] = np.asarray(weighted @ predicted).T
    out /= np.maximum(row_lengths(weighted), NEGLIGIBLE)[None, :]
    return out


def known_pairs_attack(
    bits: Matrix,
    tokens: TokenMatrix,
    truth: Rows,
    *,
    known: Rows,
    targets: Rows,
    target: str,
    penalty: float = PENALTY,
    scores: Matrix | None = None,
) -> AttackResult:
    """Learn from known pairs and name the other codes.

    Parameters
    ----------
    bits
        float32, shape (n, bits): codes of one filter, or of several side by side, see ``code_bits.signs_of``.
    tokens
        Sparse (m, tokens): the population list.
    truth
        int64, shape (n,): the row of each code's person in the list.
    known, targets
        int64: rows of the codes that the attacker knows and of those under attack; disjoint.
    scores
        What `dictionary_scores` gave for these, where it is at hand.
    """
    started = perf_counter()
    if scores is None:
        scores = dictionary_scores(bits[known], truth[known], bits[targets], tokens, penalty=penalty)
    ranks = rank_of_truth(scores, truth[targets])
    hits = int(np.count_nonzero(ranks < 1))
    m = tokens.shape[0]
    return AttackResult(
        "known pairs, ridge",
        target,
        f"knows whose codes {len(known)} are and holds a list of {m} people with the others in it",
        len(targets),
        hits,
        1 / max(m, 1),
        perf_counter() - started,
        {"known": float(len(known)), "top 10": float(np.mean(ranks < 10)) if len(ranks) else 0.0},
    )


def rank_of_truth(scores: Matrix, truth: Rows) -> npt.NDArray[np.float64]:
    """How many people fit better than the right one, those who fit equally well counted half: float64, shape (n,)."""
    right = scores[np.arange(len(scores)), truth][:, None]
    better = np.count_nonzero(scores > right, axis=1)
    equal = np.count_nonzero(scores == right, axis=1) - 1
    return np.asarray(better + equal / 2, dtype=np.float64)


def _learnable(tokens: TokenMatrix, known_people: Rows) -> TokenMatrix:
    """The tokens weighed by how often the known pairs show them: a token never seen cannot be predicted."""
    seen = np.bincount(tokens[known_people].indices, minlength=tokens.shape[1])
    out = tokens.copy()
    out.data *= (seen / (seen + DOUBT)).astype(np.float32)[out.indices]
    return out


def _shares(known: Matrix, targets: Matrix, penalty: float) -> Matrix:
    """How much of each known person is in the prediction for each target: float32, shape (known, targets).

    The ridge in its dual form where there are fewer known codes than bits, else in its primal form; both are equal.
    """
    if len(known) <= known.shape[1]:
        system, right = known @ known.T, known @ targets.T
    else:
        system, right = known.T @ known, targets.T
    system[np.diag_indices(len(system))] += penalty
    solved = cho_solve(cho_factor(system, overwrite_a=True), right)
    return np.asarray(solved if len(known) <= known.shape[1] else known @ solved, dtype=np.float32)

"""Known pairs, not linear: a neural network from bits to people.

The ridge sees one bit at a time; diffusion makes single bits say little but leaves parities, which a network could
combine. It predicts the tokens' principal components instead of each token, and the person nearest by cosine is
named. Published attacks of this kind reach a third of plain codes; learning parities of many bits is hard for
gradient descent, which is a reason to trust diffusion somewhat more than a linear attack alone would give.
"""

import warnings
from time import perf_counter

import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import svds
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits

from encoders.attacks.known_pairs import rank_of_truth
from encoders.attacks.outcome import AttackResult
from encoders.attacks.token_matrix import TokenMatrix, rarity_weighted
from encoders.attacks.value_numbers import Numbers

__all__ = ["learned_network_attack"]

COMPONENTS = 64
HIDDEN = (256,)
ROUNDS = 100
BATCH = 64


def learned_network_attack(
    bits: npt.NDArray[np.float32],
    tokens: TokenMatrix,
    truth: Numbers,
    *,
    known: Numbers,
    targets: Numbers,
    target: str,
    rounds: int = ROUNDS,
) -> AttackResult:
    """Train a network on known pairs and name the other codes; parameters as `known_pairs_attack`."""
    started = perf_counter()
    people = _embedding(tokens)
    network = MLPRegressor(
        hidden_layer_sizes=HIDDEN,
        alpha=1e-3,
        batch_size=min(BATCH, len(known)),
        max_iter=rounds,
        random_state=0,
        early_stopping=len(known) >= 200,
    )
    # Batches are too small to share among threads, which would spend their time waiting for each other.
    with warnings.catch_warnings(), threadpool_limits(limits=1, user_api="blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        # Outputs of variance one: the network's stopping rule knows no smaller scale.
        network.fit(bits[known], people[truth[known]] * np.float32(np.sqrt(people.shape[1])))
    predicted = np.asarray(network.predict(bits[targets]), dtype=np.float32).reshape(len(targets), -1)
    ranks = rank_of_truth(predicted @ people.T, truth[targets])
    return AttackResult(
        "known pairs, network",
        target,
        f"knows whose codes {len(known)} are and holds a list of {tokens.shape[0]} people with the others in it",
        len(targets),
        int(np.count_nonzero(ranks < 1)),
        1 / max(tokens.shape[0], 1),
        perf_counter() - started,
        {"known": float(len(known)), "top 10": float(np.mean(ranks < 10)) if len(ranks) else 0.0},
    )


def _embedding(tokens: TokenMatrix) -> npt.NDArray[np.float32]:
    """Principal components of the people's tokens, each person's of length one: float32, shape (m, components)."""
    weighted = rarity_weighted(tokens).astype(np.float64)
    n_components = min(COMPONENTS, min(weighted.shape) - 1)
    left, values, _ = svds(weighted, k=n_components, random_state=0)
    embedded = left * values
    lengths = np.linalg.norm(embedded, axis=1, keepdims=True)
    return np.asarray(embedded / np.maximum(lengths, 1e-9), dtype=np.float32)

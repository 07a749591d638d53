"""Graph matching: match the graph of codes to the graph of people.

Whoever holds encodings and a population list has two similarity graphs over (nearly) the same people. Aligning them
names the nodes, without any key (Vidanage, Christen, Ranbaduge and Schnell 2020; Schaefer, Armknecht and Heng 2024).
This is our own form of it: known or most confident matches are anchors, a node is described by its similarities to
the anchors, nodes are reassigned by the Hungarian method (Kuhn 1955), and the anchors grow. Success is a phase
transition within a few rounds.
"""

from collections.abc import Sequence
from time import perf_counter

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from encoders.attacks.outcome import AttackResult

__all__ = ["graph_matching_attack", "match_graphs"]

Matrix = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

ANCHOR_SHARES = tuple(share / 100 for share in range(10, 101, 5))
NEGLIGIBLE = 1e-12


def match_graphs(
    code_scores: Matrix, people_scores: Matrix, seeds: Rows, *, shares: Sequence[float] = ANCHOR_SHARES
) -> Rows:
    """Assign a person to each code.

    Parameters
    ----------
    code_scores, people_scores
        float32, shapes (n, n) and (m, m): similarities on one scale, see ``similarity.normal_scores``.
    seeds
        int64, shape (s, 2): codes whose person the attacker knows; may be empty.
    shares
        Share of the matches that are anchors, round by round.

    Returns
    -------
    int64, shape (n,): the person of each code, -1 where there are more codes than people.
    """
    n, m = len(code_scores), len(people_scores)
    if len(seeds):
        anchors = seeds
    else:
        likeness = _likeness(_profile(code_scores, m), _profile(people_scores, n))
        assigned, confidence = _assign(likeness, seeds)
        anchors = _most_confident(assigned, confidence, shares[0], seeds)
    assigned = np.full(n, -1, dtype=np.int64)
    for share in shares:
        likeness = _likeness(code_scores[:, anchors[:, 0]], people_scores[:, anchors[:, 1]])
        before = assigned
        assigned, confidence = _assign(likeness, seeds)
        anchors = _most_confident(assigned, confidence, share, seeds)
        if share == shares[-1] or (np.array_equal(assigned, before) and share > 0.5):
            break
    return assigned


def graph_matching_attack(
    code_scores: Matrix,
    people_scores: Matrix,
    truth: Rows,
    *,
    n_seeds: int,
    rng: np.random.Generator,
    target: str,
) -> AttackResult:
    """Match the graphs and count the codes named rightly.

    Parameters
    ----------
    truth
        int64, shape (n,): the row of each code's person in the list, -1 where the list lacks the person.
    n_seeds
        Codes, drawn at random from those on the list, that the attacker knows beforehand.
    """
    started = perf_counter()
    listed = np.flatnonzero(truth >= 0)
    known = rng.choice(listed, size=min(n_seeds, len(listed)), replace=False)
    seeds = np.stack([known, truth[known]], axis=1)
    assigned = match_graphs(code_scores, people_scores, seeds)
    under_attack = np.setdiff1d(listed, known)
    hits = int(np.count_nonzero(assigned[under_attack] == truth[under_attack]))
    knowledge = f"knows whose codes {len(known)} of them are" if n_seeds else "knows nobody in it"
    return AttackResult(
        "graph matching",
        target,
        f"holds {len(truth)} codes and a list of {len(people_scores)} people, {len(listed)} in both; {knowledge}",
        len(under_attack),
        hits,
        1 / max(len(people_scores), 1),
        perf_counter() - started,
        {"seeds": float(len(known))},
    )


def _profile(scores: Matrix, n_other: int) -> Matrix:
    """Each node's similarities in ascending order, read at as many places as the smaller graph has nodes."""
    ordered = np.sort(scores, axis=1)
    places = np.linspace(0, len(scores) - 1, min(len(scores), n_other)).round().astype(np.int64)
    return ordered[:, places]


def _likeness(codes: Matrix, people: Matrix) -> Matrix:
    return np.asarray(_unit_rows(codes) @ _unit_rows(people).T)


def _unit_rows(descriptors: Matrix) -> Matrix:
    centred = descriptors - descriptors.mean(axis=0)
    lengths = np.sqrt((centred * centred).sum(axis=1, keepdims=True))
    return np.asarray(centred / np.maximum(lengths, NEGLIGIBLE))


def _assign(likeness: Matrix, seeds: Rows) -> tuple[Rows, npt.NDArray[np.float64]]:
    """The best assignment, known codes fixed, and how far each stands out from the code's other choices."""
    n = len(likeness)
    free_codes = np.setdiff1d(np.arange(n), seeds[:, 0])
    free_people = np.setdiff1d(np.arange(likeness.shape[1]), seeds[:, 1])
    part = likeness[np.ix_(free_codes, free_people)]
    rows, columns = linear_sum_assignment(part, maximize=True)
    assigned = np.full(n, -1, dtype=np.int64)
    confidence = np.full(n, -np.inf)
    assigned[seeds[:, 0]] = seeds[:, 1]
    chosen = part[rows, columns]
    best_other = part.copy()
    best_other[rows, columns] = -np.inf
    assigned[free_codes[rows]] = free_people[columns]
    runner_up = best_other[rows].max(axis=1) if part.shape[1] > 1 else np.zeros(len(rows))
    confidence[free_codes[rows]] = chosen - runner_up
    return assigned, confidence


def _most_confident(assigned: Rows, confidence: npt.NDArray[np.float64], share: float, seeds: Rows) -> Rows:
    free = np.flatnonzero(np.isfinite(confidence))
    n_taken = max(1, round(share * len(free)))
    taken = free[np.argsort(-confidence[free], kind="stable")[:n_taken]]
    return np.concatenate([seeds, np.stack([taken, assigned[taken]], axis=1)])

"""Which origin a name is of, told from its letters.

Tables of a country count names of all origins together. To give a family's children names of the family's origin,
each name is shared out by a naive Bayes classifier over its pairs and triples of letters, trained on lists of names of
each origin (the idea of Treeratpituk and Giles 2012, "Name-ethnicity classification and ethnicity-sensitive name
matching"). Good enough for a simulation, and for nothing else: it must never be used on a person.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from anyascii import anyascii

__all__ = ["origin_shares"]

_SMOOTHING = 0.3
# Pieces overlap, so their evidence is counted almost twice; half of it is enough.
_TEMPER = 0.6
_LISTED = 3.0


def origin_shares(
    names: Sequence[str], lists: Sequence[Sequence[str]], prior: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """How the bearers of names divide among origins.

    Parameters
    ----------
    names
        Names to share out.
    lists
        For each origin a list of its names.
    prior
        float64 (n_origins,): shares of the origins in the population.

    Returns
    -------
    float64 (n_names, n_origins)
        Rows add up to 1.
    """
    known: dict[str, int] = {}
    trained = [_pieces(members, known) for members in lists]
    counts = np.full((len(known), len(lists)), _SMOOTHING)
    for origin, (pieces, _) in enumerate(trained):
        np.add.at(counts[:, origin], pieces, 1)
    likelihood = np.log(counts / counts.sum(axis=0))
    n_known = len(known)
    pieces, starts = _pieces(names, known)
    # A piece that no list has says nothing.
    evidence = np.vstack([likelihood, np.zeros((len(known) - n_known, len(lists)))])
    score = _TEMPER * np.add.reduceat(evidence[pieces], starts) + np.log(prior / prior.sum())
    for origin, members in enumerate(lists):
        listed = frozenset(name.casefold() for name in members)
        score[:, origin] += _LISTED * np.array([name.casefold() in listed for name in names])
    score = np.exp(score - score.max(axis=1, keepdims=True))
    return np.asarray(score / score.sum(axis=1, keepdims=True))


def _pieces(
    names: Sequence[str], known: dict[str, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Numbers of the pieces of all names, end to end, and where each name's begin."""
    found: list[int] = []
    starts = []
    for name in names:
        starts.append(len(found))
        text = f"^{anyascii(name).casefold()}$"
        found += [
            known.setdefault(text[at : at + size], len(known))
            for size in (2, 3)
            for at in range(len(text) - size + 1)
        ]
    return np.array(found, np.int64), np.array(starts, np.int64)

"""Surnames from a folder of tables: of the country, of a borough and of other countries, and made-up rare ones."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.simulation.lists.folder_files import read_column, read_weighted
from pipelines.simulation.lists.listed_names import common_surnames, listed_surnames, usable
from pipelines.simulation.lists.origin_scores import origin_shares
from pipelines.simulation.lists.origins import BRITISH, ORIGINS
from pipelines.simulation.lists.rare_names import spliced, zipf_weights
from pipelines.simulation.lists.tables import Vocabulary, Weighted

__all__ = ["folder_surnames"]

_LEAST_SHARE = 0.4
_RARE, _RARE_ELSEWHERE, _RARE_SHARE = 24_000, 3_000, 0.15

Shares = npt.NDArray[np.float64]
Counts = dict[str, float]


def folder_surnames(folder: Path, vocabulary: Vocabulary, rng: np.random.Generator) -> list[Weighted]:
    """For each origin its surnames: the tables' by share, the common ones of its countries, and a made-up tail."""
    counts: Counts = {}
    for name, column, weight in (
        ("lastname_uk.csv", "surname", "freq"),
        ("surnames_camden.csv", "surname", "n"),
    ):
        texts, numbers = read_weighted(folder, name, column, weight)
        # A borough's surnames stand for the variety of cities, a twentieth of the country's.
        part = 1.0 if name == "lastname_uk.csv" else 0.05
        for text, number in zip(texts, numbers / numbers.sum(), strict=True):
            for word in usable([text]):
                counts[word] = counts.get(word, 0.0) + part * number
    lists = _surname_lists(folder)
    names = list(counts)
    shares = origin_shares(names, lists, np.array([origin.share for origin in ORIGINS]))
    weights = np.array([counts[name] for name in names])
    return [
        _surname_pool(
            origin,
            names,
            np.where(shares[:, origin] >= _LEAST_SHARE, weights * shares[:, origin], 0.0),
            lists[origin],
            vocabulary,
            rng,
        )
        for origin in range(len(ORIGINS))
    ]


def _surname_lists(folder: Path) -> list[list[str]]:
    """Surnames to learn each origin's letters from.

    The country's surnames are British for the most part, so whoever is in no other list is; and a name that is
    common in Britain stays British unless it is common elsewhere too, or it would swamp a smaller origin.
    """
    british = set(common_surnames(ORIGINS[BRITISH]))
    lists = []
    for origin in ORIGINS:
        common = common_surnames(origin)
        abroad = {"Country": origin.countries}
        listed = listed_surnames(origin)
        listed += usable(read_column(folder, "common_surnames_by_country.csv", "Romanized Name", abroad))
        lists.append(common + [name for name in listed if origin is ORIGINS[BRITISH] or name not in british])
    elsewhere = {name for at, members in enumerate(lists) if at != BRITISH for name in members}
    national = usable(read_column(folder, "lastname_uk.csv", "surname"))
    lists[BRITISH] = list(
        dict.fromkeys(lists[BRITISH] + [name for name in national if name not in elsewhere])
    )
    return lists


def _surname_pool(
    origin: int,
    names: list[str],
    weights: Shares,
    listed: list[str],
    vocabulary: Vocabulary,
    rng: np.random.Generator,
) -> Weighted:
    """One origin's surnames: counts where there are any, listed names by rank where not, then the tail."""
    pool: Counts = {}
    for row in np.flatnonzero(weights):
        pool[names[row]] = float(weights[row] / weights.sum())
    if origin != BRITISH:
        # Few of these names are in the counts, so the lists' order carries half.
        ranks = zipf_weights(len(listed), 1.15, 4.0)
        for name, share in zip(listed, ranks / ranks.sum(), strict=True):
            pool[name] = pool.get(name, 0.0) + float(share)
    rare = spliced(list(pool), _RARE if origin == BRITISH else _RARE_ELSEWHERE, rng)
    scale = _RARE_SHARE / (1 - _RARE_SHARE) * sum(pool.values()) / max(1, len(rare))
    pool |= dict.fromkeys(rare, scale)
    return vocabulary.codes(list(pool)), np.array(list(pool.values()))

"""What the records hold, and what each blocking key brings together."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from linkage.analysis.material import EVERY_PAIR, Material
from linkage.analysis.pattern_odds import pattern_odds
from linkage.analysis.scored_pairs import ScoredPairs
from linkage.comparison import PatternTable
from linkage.evaluation import shares_key
from linkage.exchange.schema import ColumnKind
from linkage.weights import Model

__all__ = ["completeness", "key_coverage", "linked_by_presence"]


def completeness(material: Material) -> pd.DataFrame:
    """Share of the records of each source that have each column, an all-zero column being a missing value.

    Returns
    -------
    Data frame with ``source``, ``kind`` (filter, token or block), ``column``, ``records`` and ``share``.
    """
    rows = []
    for column in material.specification.record_schema.columns:
        present = _present(material, column.offset, column.stop)
        counts = np.bincount(material.live.sources[present], minlength=len(material.sources))
        for source, n_present, n in zip(material.sources, counts, material.counts, strict=True):
            share = float(n_present / n) if n else 0.0
            rows.append((source, str(column.kind), column.name, int(n), share))
    return pd.DataFrame(rows, columns=["source", "kind", "column", "records", "share"])


def linked_by_presence(material: Material, labels: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Share of records that share a child with another source's, by what the records lack.

    The unit knows no names, so this is the subgroup that it can see: who has no value in a column. Where they are
    linked less, people whose records are incomplete are served worse.

    Parameters
    ----------
    labels
        int64 (n,): the cluster of each live record.

    Returns
    -------
    Data frame with ``column``, ``present`` (bool), ``records`` and ``share``; columns that every record has, or
    none, are left out.
    """
    holds = np.zeros((int(labels.max(initial=-1)) + 1, len(material.sources)), dtype=np.bool_)
    holds[labels, material.live.sources] = True
    linked = (holds.sum(axis=1) > 1)[labels]
    rows = []
    for column in material.specification.record_schema.columns:
        if column.kind == ColumnKind.BLOCK:
            continue
        present = _present(material, column.offset, column.stop)
        for value in (True, False):
            own = present == value
            if 0 < own.sum() < len(own):
                rows.append((column.name, value, int(own.sum()), float(linked[own].mean())))
    return pd.DataFrame(rows, columns=["column", "present", "records", "share"])


def key_coverage(
    material: Material, table: PatternTable, model: Model, pairs: ScoredPairs, threshold: float
) -> pd.DataFrame:
    """What each blocking key costs and brings.

    Parameters
    ----------
    table
        All candidate pairs by pattern, under the key that met them first.
    pairs
        Scored pairs that reach down to the threshold.
    threshold
        Of the links that are counted.

    Returns
    -------
    Data frame with ``key``, ``pairs`` to look at, ``first`` (pairs that no key before it met), ``matches`` (expected
    among these), ``links`` at the threshold that share the key, ``recall`` (their share of all links) and ``only``
    (links that no other key would have met). The row of "every pair" has in ``only`` the links that share no key.
    """
    kept = pairs.reaching(threshold)
    left, right = pairs.left[:kept], pairs.right[:kept]
    spaces = material.candidates.spaces
    keyed = [space for space in spaces if space.name != EVERY_PAIR]
    shared = np.stack(
        [
            shares_key(
                left,
                right,
                material.words[:, list(space.offsets)],
                np.zeros(len(space.offsets), dtype=np.int64),
            )
            for space in keyed
        ],
        axis=1,
    )
    n_shared = shared.sum(axis=1)
    rows = []
    for number, (space, cost) in enumerate(zip(spaces, material.candidates.costs, strict=True)):
        counts = table.counts[number]
        own = shared[:, number] if space.name != EVERY_PAIR else np.ones(kept, dtype=np.bool_)
        only = own & (n_shared == (1 if space.name != EVERY_PAIR else 0))
        rows.append(
            (
                space.name,
                cost.n_pairs,
                int(counts.sum()),
                _expected_matches(model, counts),
                int(own.sum()),
                float(own.mean()) if kept else 0.0,
                int(only.sum()),
            )
        )
    return pd.DataFrame(rows, columns=["key", "pairs", "first", "matches", "links", "recall", "only"])


def _expected_matches(model: Model, counts: npt.NDArray[np.int64]) -> float:
    total = 0.0
    for pair_class in range(model.n_pair_classes):
        seen = np.flatnonzero(counts[pair_class])
        odds = np.clip(pattern_odds(model)[pair_class, seen], -1000, 1000)
        total += float((counts[pair_class, seen] / (1.0 + np.exp2(-odds))).sum())
    return total


def _present(material: Material, start: int, stop: int) -> npt.NDArray[np.bool_]:
    return np.asarray(material.words[:, start:stop].any(axis=1))

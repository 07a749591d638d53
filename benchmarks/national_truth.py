"""The children of a national index held against the truth, lean enough for tens of millions of records.

The command `evaluate` says more, by joining texts; here a record id is two numbers, and one source is joined at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from linkage.candidates.specified import spaces_of
from linkage.evaluation import links_among_relatives, pair_quality, quality_by_group, shares_key
from linkage.evaluation.missed_links import missed_links
from linkage.index import Index, open_index
from pipelines.at_unit.index_specification import index_specification

__all__ = ["NationJudged", "judged"]

Integers = npt.NDArray[np.int64]

SAMPLED_PAIRS = 2_000_000


@dataclass(frozen=True)
class NationJudged:
    """Quality of the children; `blocking_recall` is the share of true pairs that were compared."""

    records: int
    f1: float
    precision: float
    recall: float
    twin_precision: float
    false_twin_links: int
    false_sibling_links: int
    blocking_recall: float
    missed_links: int
    missed_by_blocking: float
    smallest_bucket: int | None


@dataclass(frozen=True, repr=False)
class _Known:
    """By live row: entity and household numbers, -1 for unknown, and whether the child is a twin."""

    entities: Integers
    households: Integers
    twins: npt.NDArray[np.bool_]


def judged(folder: Path, truth: Path, maps: Mapping[str, Path]) -> NationJudged:
    """Measure the children of an index; `maps` are the record-id maps by source."""
    with open_index(folder) as index:
        live = index.live_rows()
        known = _known(index, live.rows, live.sources, truth, maps)
        quality = pair_quality(live.children, known.entities)
        twins = quality_by_group(live.children, known.entities, known.twins.astype(np.int64))
        relatives = links_among_relatives(live.children, known.entities, known.households, known.twins)
        # Labels that are all different: every true link is then a missed one.
        everything = missed_links(np.arange(len(live)), known.entities)
        lost = live.children[everything.left] != live.children[everything.right]
        rng = np.random.default_rng(0)
        some = rng.permutation(len(everything))[:SAMPLED_PAIRS]
        compared = _compared(index, folder, live.rows, everything.left[some], everything.right[some])
        smallest = _smallest_bucket(index, folder, live.rows, live.sources)
    missed = lost[some]
    return NationJudged(
        records=int((known.entities >= 0).sum()),
        f1=quality.f1,
        precision=quality.precision,
        recall=quality.recall,
        twin_precision=twins[1].precision if 1 in twins else float("nan"),
        false_twin_links=relatives.false_twin,
        false_sibling_links=relatives.false_household,
        blocking_recall=float(compared.mean()),
        missed_links=int(lost.sum()),
        missed_by_blocking=float((missed & ~compared).sum() / max(1, int(missed.sum()))),
        smallest_bucket=smallest,
    )


def _compared(
    index: Index, folder: Path, rows: Integers, left: Integers, right: Integers
) -> npt.NDArray[np.bool_]:
    """Which pairs share a blocking key."""
    spaces = spaces_of(index_specification(folder))
    needed = np.unique(np.concatenate([left, right]))
    columns, numbers = [], []
    for number, space in enumerate(spaces):
        for offset in space.offsets:
            column = next(column for column in index.schema.columns if column.offset == offset)
            columns.append(np.asarray(index.column(column)[rows[needed], 0]))
            numbers.append(number)
    keys = np.stack(columns, axis=1)
    return shares_key(np.searchsorted(needed, left), np.searchsorted(needed, right), keys, np.array(numbers))


def _smallest_bucket(
    index: Index, folder: Path, rows: Integers, sources: npt.NDArray[np.int16]
) -> int | None:
    """Records in the smallest bucket of any space and source, as the gate counts them; None without buckets."""
    sizes = []
    by_name: dict[str, list[str]] = {}
    rules = index_specification(folder).blocking_keys
    for rule in rules:
        if rule.buckets:
            by_name.setdefault(rule.space_name, []).append(rule.name)
    for names in by_name.values():
        for source in np.unique(sources):
            own = rows[sources == source]
            keys = np.concatenate(
                [np.asarray(index.column(c)[own, 0]) for c in index.schema.columns if c.name in names]
            )
            counts = np.bincount(keys.astype(np.int64))[1:]
            sizes.append(int(counts[counts > 0].min(initial=len(own))))
    return min(sizes, default=None)


def _known(
    index: Index, rows: Integers, sources: npt.NDArray[np.int16], truth: Path, maps: Mapping[str, Path]
) -> _Known:
    known = _Known(np.full(len(rows), -1), np.full(len(rows), -1), np.zeros(len(rows), dtype=np.bool_))
    for number, source in enumerate(index.sources):
        own = np.flatnonzero(sources == number)
        ids = index.record_ids(rows[own]).view(">u8").astype(np.uint64)
        by_id = np.argsort(ids[:, 0], kind="stable")
        told = pq.read_table(truth, filters=[("source", "=", source)])
        mapped = pq.read_table(maps[source], columns=["feed_record_id", "record_id"])
        place = pd.Index(mapped["feed_record_id"].to_numpy()).get_indexer(told["record_id"].to_numpy())
        there = np.flatnonzero(place >= 0)
        high = _halves(mapped["record_id"].take(place[there]))
        found = by_id[np.minimum(np.searchsorted(ids[by_id, 0], high[:, 0]), len(by_id) - 1)]
        same = (ids[found] == high).all(axis=1)
        at, which = own[found[same]], there[same]
        known.entities[at] = _numbers(told["entity_id"])[which]
        known.households[at] = _numbers(told["household_id"])[which]
        known.twins[at] = told["twin"].to_numpy()[which]
    return known


def _numbers(column: object) -> Integers:
    """Ids of the truth as numbers that are the same in every source."""
    digits = pc.replace_substring_regex(pc.cast(column, "string"), r"\D", "")
    numbers: Integers = pc.cast(pc.if_else(pc.equal(digits, ""), "-1", digits), "int64").to_numpy()
    return numbers


def _halves(texts: object) -> npt.NDArray[np.uint64]:
    """Record ids of 32 hexadecimal digits as two numbers each."""
    joined = b"".join(text.as_buffer().to_pybytes() for text in texts)  # type: ignore[attr-defined]
    return np.frombuffer(bytes.fromhex(joined.decode("ascii")), dtype=">u8").astype(np.uint64).reshape(-1, 2)

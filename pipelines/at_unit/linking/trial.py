"""How long the two passes over all pairs will take, from timing both on a small part of the blocks of each space.

A block costs by its pairs and by its rows: each row is fetched, and where blocks are small that is most of it. And a
pass costs something before its first pair. So each space is tried twice, on a few blocks and on more: the difference
tells what blocks cost, the first what the start does. This is timed where and when the plan is asked for, so that it
holds for this machine under its present load.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linkage.candidates import SpaceCost
from pipelines.at_unit.linking.comparable import Comparable
from pipelines.at_unit.linking.evidence import Scores
from pipelines.progress import Silent

__all__ = ["PassTrial", "sorting_seconds", "try_passes"]

TRIAL_PAIRS = 1 << 24
TRIAL_ROWS = 1 << 18
SMALL = 8
"""The first trial has an eighth of the second."""
ROW_PAIRS = 16
"""Fetching a row, in pairs: as chunks of work are cut."""
SORTED = 1 << 20


@dataclass(frozen=True)
class PassTrial:
    """What both passes are expected to take, and what the second will give.

    Attributes
    ----------
    count_seconds, emit_seconds
        Of each space, if all its pairs are looked at.
    links
        Of each space: pairs that will be emitted.
    """

    count_seconds: tuple[float, ...]
    emit_seconds: tuple[float, ...]
    links: tuple[int, ...]


def try_passes(records: Comparable, scores: Scores, threads: int | None) -> PassTrial:
    """Time both passes on a part of each space, with kernels that are loaded already."""
    found = [_try_space(records, space, cost, scores, threads) for space, cost in enumerate(records.costs)]
    counting, emitting, links = zip(*found, strict=True)
    return PassTrial(counting, emitting, links)


def _try_space(
    records: Comparable, space: int, whole: SpaceCost, scores: Scores, threads: int | None
) -> tuple[float, float, int]:
    if not whole.n_pairs:
        return 0.0, 0.0, 0
    n_pairs = max(1, min(TRIAL_PAIRS, whole.n_pairs * TRIAL_ROWS // whole.n_rows))
    parts = [records.sampled(max(1, n_pairs // SMALL), space), records.sampled(n_pairs, space)]
    work = [_work(part.costs[space]) for part in parts]
    counting, emitting, n_links = [], [], 0
    for part in parts:
        started = time.perf_counter()
        part.count_patterns(Silent(), threads)
        counted = time.perf_counter()
        n_links = len(part.emit(scores.table, scores.cutoff, Silent(), threads))
        emitting.append(time.perf_counter() - counted)
        counting.append(counted - started)
    links = round(n_links * whole.n_pairs / max(1, parts[-1].costs[space].n_pairs))
    everything = _work(whole)
    return _extended(work, counting, everything), _extended(work, emitting, everything), links


def _work(cost: SpaceCost) -> int:
    return cost.n_pairs + ROW_PAIRS * cost.n_rows


def _extended(work: Sequence[int], seconds: Sequence[float], whole: int) -> float:
    """Carry the line through two trials on to the whole; never under the half of plain proportion."""
    less, more = work
    if more <= less or more >= whole:
        return seconds[1] * whole / max(1, more)
    slope = max((seconds[1] - seconds[0]) / (more - less), seconds[1] / more / 2)
    return seconds[1] + slope * (whole - more)


def sorting_seconds() -> float:
    """What sorting one row by two keys takes on this machine now: the measure for the store's work."""
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 1 << 40, size=(2, SORTED))
    started = time.perf_counter()
    np.lexsort((keys[0], keys[1]))
    return (time.perf_counter() - started) / SORTED

"""Loading the kernels that linking takes: beside the reading of records, or under a stage where they compile.

Compiling takes half a minute, once on a machine and after every upgrade. It would pass for a standstill of the stage
that happens to need a kernel first; so a few made-up records are compared and resolved before. Compiled code depends
on the types of arrays alone, not on what is compared. Numba compiles on one core, so those of the resolution are
compiled in a process of their own, which leaves them on the disk. Kernels that lie there are loaded on a thread, while
records are read.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.candidates import BlockSpace, SeedJoin, count_patterns, emit_pairs, plan_candidates
from linkage.candidates.key_scan import rows_with_keys
from linkage.comparison import Comparison, ComparisonPlan, Metric, compare_pairs
from linkage.kernels import connected_components
from linkage.kernels.bit_sampling import sample_keys
from linkage.kernels.block_emission import emit_blocks
from linkage.kernels.block_patterns import count_blocks
from linkage.kernels.compiling import is_compiled
from linkage.kernels.key_join import join_rows
from linkage.kernels.pair_division import divide_pairs
from linkage.kernels.running import available_threads
from linkage.resolution import LinkRules, ResolutionOptions, resolve
from pipelines.progress import Progress, Silent

__all__ = ["kernels_beside", "ready_kernels", "ready_resolution"]

N_RECORDS = 64
ALWAYS = (count_blocks, emit_blocks, divide_pairs)

Column = npt.NDArray[Any]


@contextmanager
def kernels_beside(progress: Progress, *, joins: bool = False) -> Iterator[Callable[[], None]]:
    """Load every kernel while the block runs; what is given waits until they are there, and tells what went wrong.

    Where they have to be compiled, that is done before the block, and can be interrupted. `joins` says whether records
    are to look others up by their keys, which no other pass takes.
    """
    if not _are_compiled(joins=joins):
        ready_kernels(progress, joins=joins)
        yield lambda: None
        return
    with ThreadPoolExecutor(1) as pool, _imports_left_alone():
        loading = pool.submit(ready_kernels, Silent(), joins=joins)
        yield loading.result


@contextmanager
def _imports_left_alone() -> Iterator[None]:
    """Look for garbage only among what the block makes.

    Kernels are so many small objects that Python would go through all that was imported, and hold everything up for
    longer than loading the largest kernel takes.
    """
    if gc.get_freeze_count():
        # Somebody else's, who would lose it.
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def ready_kernels(progress: Progress, *, joins: bool = False) -> None:
    """Load every kernel that linking takes, those of joins only if asked; each step counts as one of the stage."""
    plan = ComparisonPlan((Comparison.of("value", Metric.DICE, (800,), 0, 1),))
    # The second word is the key of one block of all, which is larger than those that are compared row by row.
    words = np.ones((N_RECORDS, 2), dtype=np.uint64)
    sources = np.zeros(N_RECORDS, dtype=np.int16)
    rows = np.arange(2, dtype=np.int64)
    with progress.stage("load or compile kernels", total=7 + joins, unit="") as stage:
        with nullcontext() if _are_compiled(joins=False) else _resolution_compiled_apart():
            candidates = plan_candidates(words, sources, [BlockSpace("all", (1,))])
            stage.reach(1)
            count_patterns(candidates, plan, threads=1)
            stage.reach(2)
            compare_pairs(words, rows, rows[::-1], plan)
            cells, table, shares = np.zeros(1, dtype=np.int64), np.ones((1, 1)), np.ones((1, 2))
            divide_pairs(
                (cells, cells, cells), table[0], table[0], shares, (table, table), (table, table, table)
            )
            stage.reach(3)
            for _ in emit_pairs(candidates, plan, np.zeros((1, plan.n_patterns)), 1.0, threads=1):
                pass
            stage.reach(4)
            sample_keys(words, 0, 1, np.zeros((1, 1), dtype=np.int64))
            for column in _both_kinds(words[:, 0].copy()):
                rows_with_keys([column], words[:1, 0])
            stage.reach(5)
            if joins:
                scores = np.zeros((1, plan.n_patterns))
                SeedJoin.of(words, sources, candidates.spaces, plan, scores, 1.0, [0]).meet(words, sources)
        connected_components(2, rows[:1], rows[1:])
        stage.reach(6)
        ready_resolution()
        stage.reach(7 + joins)


def _are_compiled(*, joins: bool) -> bool:
    return all(is_compiled(each) for each in (*ALWAYS, *((join_rows,) if joins else ())))


@contextmanager
def _resolution_compiled_apart() -> Iterator[None]:
    """Compile the kernels of resolution in another process while the block runs, and wait for it.

    They then lie on the disk. Should that process fail, they are compiled where they are needed.
    """
    if available_threads() == 1:
        yield
        return
    command = f"from {__name__} import ready_resolution; ready_resolution()"
    process = subprocess.Popen(  # noqa: S603 (ourselves)
        [sys.executable, "-c", command],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    except BaseException:
        process.terminate()
        raise
    finally:
        process.wait()


def _both_kinds(column: Column) -> tuple[Column, Column]:
    """As it is, and as an array that the index gives, which may only be read: for kernels a type of its own."""
    read_only = column.copy()
    read_only.flags.writeable = False
    return column, read_only


def ready_resolution() -> None:
    """Load the kernels of resolution alone.

    By records that need every repair: a chain of two in each source, and one of four sources. Limits are
    so small that the chain is too large for an exact search, and the other for one child.
    """
    sources = np.array([0, 1, 0, 1, 0, 1, 2, 3], dtype=np.int16)
    left = np.array([0, 1, 2, 4, 5, 6], dtype=np.int64)
    options = ResolutionOptions(
        LinkRules.of(4, 0.0), bridge_side=1, largest_cluster=3, component_limit=100, exact_limit=2
    )
    ids = np.arange(16 * sources.size, dtype=np.uint8).reshape(-1, 16)
    for own in _both_kinds(sources):
        resolve(left, left + 1, np.linspace(1.0, 2.0, left.size), own, ids, options)

"""Loading the kernels that linking takes: beside the reading of records, or under a stage where they compile.

Compiling takes a quarter of a minute, once on a machine and after every upgrade. It would pass for a standstill of the
stage that happens to need a kernel first; so a few made-up records are compared and resolved before. Compiled code
depends on the types of arrays alone, not on what is compared. Numba compiles on one core, so half of the work is done
in a process of its own, which leaves the code on the disk. Kernels that lie there are loaded on a thread, while records
are read.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import numpy as np
import numpy.typing as npt

from linkage.candidates import (
    BlockSpace,
    CandidatePlan,
    SeedJoin,
    count_patterns,
    emit_pairs,
    plan_candidates,
)
from linkage.candidates.key_scan import rows_with_keys
from linkage.comparison import Comparison, ComparisonPlan, Metric, compare_pairs
from linkage.kernels.bit_sampling import sample_keys
from linkage.kernels.block_emission import emit_chunk
from linkage.kernels.block_patterns import count_chunk
from linkage.kernels.compiling import is_compiled
from linkage.kernels.key_join import join_rows
from linkage.kernels.pair_division import divide_pairs
from linkage.kernels.running import available_threads
from linkage.resolution import LinkRules, ResolutionOptions, resolve
from pipelines.progress import Progress, Silent

__all__ = ["kernels_beside", "ready_kernels", "ready_others"]

N_RECORDS = 64
ALWAYS = (count_chunk, emit_chunk, divide_pairs)


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
    with progress.stage("load or compile kernels", total=6 + joins, unit="") as stage:
        with nullcontext() if _are_compiled(joins=False) else _others_compiled_apart():
            _ready_counting()
            stage.reach(1)
            _ready_emission()
            stage.reach(2)
            if joins:
                _ready_joins()
                stage.reach(3)
        ready_others(lambda done: stage.reach(2 + joins + done))


def ready_others(reach: Callable[[int], None] = lambda _: None) -> None:
    """Load what neither counts nor emits, which is half of the work of compiling; `reach` is told each step."""
    for done, ready in enumerate((_ready_resolution, _ready_comparison, _ready_fit, _ready_keys), start=1):
        ready()
        reach(done)


def _are_compiled(*, joins: bool) -> bool:
    return all(is_compiled(each) for each in (*ALWAYS, *((join_rows,) if joins else ())))


@contextmanager
def _others_compiled_apart() -> Iterator[None]:
    """Compile the other kernels in another process while the block runs, and wait for it.

    They then lie on the disk. Should that process fail, they are compiled where they are needed.
    """
    if available_threads() == 1:
        with _uncollected():
            yield
        return
    command = f"import gc; gc.disable(); from {__name__} import ready_others; ready_others()"
    process = subprocess.Popen(  # noqa: S603 (ourselves)
        [sys.executable, "-c", command],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with _uncollected():
            yield
    except BaseException:
        process.terminate()
        raise
    finally:
        process.wait()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage: what a compiler makes is let go by itself, and looking takes a tenth of its time."""
    if not gc.isenabled():
        # Somebody else's decision.
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _plan() -> ComparisonPlan:
    return ComparisonPlan((Comparison.of("value", Metric.DICE, (800,), 0, 1),))


def _words() -> npt.NDArray[np.uint64]:
    """Records whose second word is the key of one block of all: larger than those that are compared row by row."""
    return np.ones((N_RECORDS, 2), dtype=np.uint64)


def _candidates() -> CandidatePlan:
    return plan_candidates(_words(), np.zeros(N_RECORDS, dtype=np.int16), [BlockSpace("all", (1,))])


def _ready_counting() -> None:
    count_patterns(_candidates(), _plan(), threads=1)


def _ready_emission() -> None:
    plan = _plan()
    for _ in emit_pairs(_candidates(), plan, np.zeros((1, plan.n_patterns)), 1.0, threads=1):
        pass


def _ready_comparison() -> None:
    rows = np.arange(2, dtype=np.int64)
    compare_pairs(_words(), rows, rows[::-1], _plan())


def _ready_fit() -> None:
    cells, table, shares = np.zeros(1, dtype=np.int64), np.ones((1, 1)), np.ones((1, 2))
    divide_pairs((cells, cells, cells), table[0], table[0], shares, (table, table), (table, table, table))


def _ready_keys() -> None:
    words = _words()
    sample_keys(words, 0, 1, np.zeros((1, 1), dtype=np.int64))
    rows_with_keys([words[:, 0]], words[:1, 0])


def _ready_joins() -> None:
    candidates, plan = _candidates(), _plan()
    scores = np.zeros((1, plan.n_patterns))
    join = SeedJoin.of(candidates.words, candidates.sources, candidates.spaces, plan, scores, 1.0, [0])
    join.meet(candidates.words, candidates.sources)


def _ready_resolution() -> None:
    """By records that need every repair: a chain of two in each source, and one of four sources.

    Limits are so small that the chain is too large for an exact search, and the other for one child.
    """
    sources = np.array([0, 1, 0, 1, 0, 1, 2, 3], dtype=np.int16)
    left = np.array([0, 1, 2, 4, 5, 6], dtype=np.int64)
    options = ResolutionOptions(
        LinkRules.of(4, 0.0), bridge_side=1, largest_cluster=3, component_limit=100, exact_limit=2
    )
    ids = np.arange(16 * sources.size, dtype=np.uint8).reshape(-1, 16)
    resolve(left, left + 1, np.linspace(1.0, 2.0, left.size), sources, ids, options)

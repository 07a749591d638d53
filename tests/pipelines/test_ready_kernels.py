"""Kernels are loaded under a stage of their own, and a run compiles nothing after it."""

import gc
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import oracle_cases
import pytest

from linkage.candidates import BlockSpace, SeedJoin, count_patterns, emit_pairs, plan_candidates
from linkage.comparison import compare_pairs
from linkage.kernels.bit_sampling import sample_keys
from linkage.kernels.block_emission import emit_chunk
from linkage.kernels.block_patterns import count_chunk
from linkage.kernels.block_sizes import count_block_pairs
from linkage.kernels.key_join import fill_heads, join_rows
from linkage.kernels.key_table import fill_table
from linkage.kernels.pair_division import divide_pairs
from linkage.kernels.row_comparison import codes_of_pairs
from linkage.resolution.agglomeration import agglomerate
from linkage.resolution.bridges import cut_weakest_bridges
from linkage.resolution.constraints import chained, explain
from linkage.resolution.exact import best_partitions
from linkage.resolution.oversized import raise_thresholds
from linkage.resolution.refinement import refine
from pipelines.at_unit.linking.kernels import kernels_beside, ready_kernels
from pipelines.progress import Stage

KERNELS = (
    count_block_pairs,
    count_chunk,
    codes_of_pairs,
    emit_chunk,
    best_partitions,
    agglomerate,
    refine,
    raise_thresholds,
    cut_weakest_bridges,
    chained,
    explain,
    sample_keys,
    divide_pairs,
)
JOINS = (join_rows, fill_heads, fill_table)


class Told:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, int | None]] = []
        self.done: list[int] = []

    @contextmanager
    def stage(self, name: str, *, total: int | None = None, unit: str = "records") -> Iterator[Stage]:  # noqa: ARG002
        """Note the stage."""
        self.stages.append((name, total))
        yield self

    def reach(self, done: int) -> None:
        """Note how far it is."""
        self.done.append(done)


def signatures() -> list[int]:
    return [len(kernel.signatures) for kernel in KERNELS]


def test_nothing_is_left_to_compile() -> None:
    told = Told()
    ready_kernels(told)
    assert told.stages == [("load or compile kernels", 6)]
    assert told.done == [1, 2, 3, 4, 5, 6]
    before = signatures()
    assert min(before) > 0
    words = np.hstack([oracle_cases.record_words(1, 50, 10), np.full((50, 2), 7, dtype=np.uint64)])
    sources = (np.arange(50) % 2).astype(np.int16)
    plan = oracle_cases.mixed_plan()
    candidates = plan_candidates(words, sources, [BlockSpace("a", (10,)), BlockSpace("b", (11,))])
    count_patterns(candidates, plan)
    list(emit_pairs(candidates, plan, np.zeros((3, plan.n_patterns)), 0.0))
    compare_pairs(words, np.array([0, 1]), np.array([2, 3]), plan)
    assert signatures() == before


def test_joins_are_loaded_if_asked_for() -> None:
    told = Told()
    ready_kernels(told, joins=True)
    assert told.stages == [("load or compile kernels", 7)]
    assert told.done[-1] == 7
    before = [len(kernel.signatures) for kernel in JOINS]
    assert min(before) > 0
    words = np.hstack([oracle_cases.record_words(1, 50, 10), np.full((50, 2), 7, dtype=np.uint64)])
    sources = (np.arange(50) % 2).astype(np.int16)
    plan = oracle_cases.mixed_plan()
    spaces = [BlockSpace("a", (10,)), BlockSpace("b", (11,))]
    order = list(range(len(plan.comparisons)))
    join = SeedJoin.of(words[:9], sources[:9], spaces, plan, np.zeros((3, plan.n_patterns)), 0.0, order)
    assert len(join.meet(words[9:], sources[9:])) == 9 * 41
    assert [len(kernel.signatures) for kernel in JOINS] == before


def test_compiled_kernels_are_loaded_beside_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a stage; what goes wrong on the thread is told where it is waited for."""
    ready_kernels(Told())
    told = Told()
    with kernels_beside(told) as wait:
        wait()
    assert told.stages == []

    def fail(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("pipelines.at_unit.linking.kernels.ready_kernels", fail)
    with pytest.raises(OSError), kernels_beside(told) as wait:  # noqa: PT011
        wait()


def test_the_collector_looks_at_imports_again_behind_the_block() -> None:
    ready_kernels(Told())
    with kernels_beside(Told()):
        left_alone = gc.get_freeze_count()
        with kernels_beside(Told()):
            pass
        # The inner one leaves it to the outer one.
        assert gc.get_freeze_count() == left_alone > 0
    assert gc.get_freeze_count() == 0


def test_kernels_that_compile_do_so_before_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.at_unit.linking.kernels.is_compiled", lambda _: False)
    told = Told()
    with kernels_beside(told) as wait:
        assert told.done == [1, 2, 3, 4, 5, 6]
        wait()


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Everything seems not to be compiled; gives the processes that are started."""
    started = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr("pipelines.at_unit.linking.kernels.is_compiled", lambda _: False)
    monkeypatch.setattr("pipelines.at_unit.linking.kernels.available_threads", lambda: 2)
    monkeypatch.setattr("pipelines.at_unit.linking.kernels.subprocess.Popen", Noted)
    return started


def test_half_is_compiled_by_another_process(apart: list[subprocess.Popen[bytes]]) -> None:
    ready_kernels(Told())
    assert [process.returncode for process in apart] == [0]


@pytest.mark.usefixtures("apart")
def test_no_garbage_is_looked_for_while_kernels_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "pipelines.at_unit.linking.kernels.count_patterns", lambda *_, **__: seen.append(gc.isenabled())
    )
    ready_kernels(Told())
    assert seen == [False]
    assert gc.isenabled()


def test_the_other_process_ends_with_an_interrupt(
    apart: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.at_unit.linking.kernels.count_patterns", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ready_kernels(Told())
    assert [process.returncode for process in apart] == [-signal.SIGTERM]

"""What linking will take, predicted from a small part of it: time, memory, disk, links.

Nothing is guessed that can be tried. A model is fitted to a sample of the blocks, and both passes over the pairs are
timed on a part of each space, by the functions of the real run (see `trial`); memory starts from what they took. What a
sample cannot tell is what resolution and the store cost by record: that is taken from how long this machine sorts now,
by ratios that were measured (docs/scale.md).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from linkage.exchange.specification import Specification
from linkage.index import Index
from pipelines.at_unit.linking.comparable import Comparable
from pipelines.at_unit.linking.decided_model import DecidedModel
from pipelines.at_unit.linking.evidence import Scores
from pipelines.at_unit.linking.fit_sample import FIT_PAIRS, pairs_by_space
from pipelines.at_unit.linking.fitting import fit
from pipelines.at_unit.linking.memory import BASE_MIB, RECORD_BYTES, OwnPeak, fits_whole
from pipelines.at_unit.linking.trial import sorting_seconds, try_passes
from pipelines.progress import Silent, Stage

__all__ = ["Prediction", "predicted"]

FIT_TRIAL_PAIRS = 1 << 24
WARM_PAIRS = 1 << 12
STORE_SORTS = 40.0
"""Resolving, child ids and publishing a record, as a multiple of sorting one."""
STORED_RECORD_BYTES = 150
"""What the store and two snapshots take for a record that got its child: membership, history, readers' tables."""
STORED_LINK_BYTES = 20
RUNNING_BYTES = 140
"""A record while children are resolved and published, beside the pairs."""
PAIR_BYTES = 120


@dataclass(frozen=True)
class Prediction:
    """What a full run is expected to take.

    Attributes
    ----------
    seconds, parts
        By the clock, in all and by part of the run.
    memory_mib
        Memory of the process itself; files mapped into memory come on top and give way.
    disk_gib
        The index afterwards.
    links
        Pairs kept as evidence.
    """

    seconds: float
    parts: dict[str, float]
    memory_mib: float
    disk_gib: float
    links: int


def predicted(
    index: Index,
    specification: Specification,
    records: Comparable,
    decided: DecidedModel | None,
    *,
    memory_mb: int,
    n_bytes: int,
    seconds_to_open: float,
    own_peak: OwnPeak,
    threads: int | None,
) -> Prediction:
    """Try a small part and multiply.

    Parameters
    ----------
    decided
        The model that will be used; None if it has to be fitted.
    memory_mb
        What linking may take.
    n_bytes
        Of the index now.
    seconds_to_open
        What laying out the records took.
    own_peak
        Of this process since it began to.
    """
    n_records = index.count_live()[0]
    clock = _StageClock()
    # The first call of a kernel loads or compiles it.
    warm = records.sampled(WARM_PAIRS)
    warm.count_patterns(Silent(), threads)
    model = decided or fit(specification, records.fitted_to(FIT_TRIAL_PAIRS), clock, threads).decided
    scores = Scores.of(model, specification, index.sources)
    warm.emit(scores.table, scores.cutoff, Silent(), threads)
    trial = try_passes(records, scores, threads)
    whole = [cost.n_pairs for cost in records.costs]
    fitted = pairs_by_space(whole, FIT_PAIRS)
    links = sum(trial.links)
    parts = {
        "read and plan": seconds_to_open,
        "count patterns": 0.0
        if decided
        else sum(
            seconds * part / max(1, every)
            for seconds, part, every in zip(trial.count_seconds, fitted, whole, strict=True)
        ),
        "fit the model": clock.seconds.get("fit the model", 0.0),
        "compare and link": sum(trial.emit_seconds),
        "resolve and publish": n_records * sorting_seconds() * STORE_SORTS,
    }
    return Prediction(
        round(sum(parts.values()), 1),
        {name: round(seconds, 1) for name, seconds in parts.items()},
        round(_memory_mib(records, n_records, links, memory_mb, own_peak.mib)),
        round((n_bytes + n_records * STORED_RECORD_BYTES + links * STORED_LINK_BYTES) / 2**30, 3),
        links,
    )


def _memory_mib(
    records: Comparable, n_records: int, links: int, memory_mb: int, own_peak: float | None
) -> float:
    """The larger of what comparing takes and what resolving and publishing takes."""
    whole = fits_whole(n_records, records.n_words, memory_mb)
    of_records = n_records * (RECORD_BYTES + 8 * records.n_words * whole) / 2**20
    # What the interpreter, kernels, patterns and the store hold is what the trial took at its peak, less its records.
    base = BASE_MIB if own_peak is None else max(own_peak - of_records, 0.0)
    comparing = base + of_records if whole else memory_mb
    resolving = base + (n_records * RUNNING_BYTES + links * PAIR_BYTES) / 2**20
    return max(comparing, resolving)


class _StageClock:
    """Seconds of each stage that it is told of."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, *, total: int | None = None, unit: str = "records") -> Iterator[Stage]:  # noqa: ARG002
        """Time one stage."""
        started = time.perf_counter()
        with Silent().stage(name) as stage:
            yield stage
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

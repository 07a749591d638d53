"""Sequences of operations on small indexes: ``python benchmarks/sequences.py [--quick] [--json] [--record FILE...]``.

The state machine of `tests/linkage/index/test_invariants.py`, which the tests run a few times, is run 10,000 times, or
for as long as `--minutes` allows: nights, full and incremental, with changes, deletions and shields of sources, and
decisions of people (shield, separate, sever, join), undoings and erasures, in any order. After every step: nobody who
is shielded is shown, no separated pair shares a child, incremental equals full, undoing restores rows, children and
links exactly, and no file of the index holds the id of an erased record. A sequence that breaks one of these is shrunk
and printed, and the benchmark fails.

With `--record`, each batch is noted in a file with its seed as soon as it has ended. A run that was stopped goes on
where it was, and runs of other seeds add up: `--record mine.jsonl others.jsonl` counts both and writes to the first.
"""

import json
import runpy
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from quick_store import quicken
from reporting import Figure, arguments, print_report

TESTS = Path(__file__).parent.parent / "tests"
SEQUENCES, QUICK_SEQUENCES = 10_000, 2
BATCH = 50
STEPS = 12
MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, where there is one


@dataclass(frozen=True)
class Batch:
    """What was run under one seed without a fault."""

    seed: int
    sequences: int
    operations: int
    seconds: float


def main() -> None:
    """Run the sequences, and print a table or one JSON object."""
    parser = arguments(__doc__)
    parser.add_argument("--sequences", type=int, help=f"how many in all; {SEQUENCES:,} if not given")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so many minutes")
    parser.add_argument("--seed", type=int, default=1, help="of the first batch; each batch has the next")
    parser.add_argument("--record", type=Path, nargs="+", default=[], help="files that remember the batches")
    asked = parser.parse_args()
    wanted = asked.sequences or (QUICK_SEQUENCES if asked.quick else SEQUENCES)
    batches = run(wanted, 60 * asked.minutes, asked.seed, asked.record)
    sequences = sum(batch.sequences for batch in batches)
    seconds = sum(batch.seconds for batch in batches)
    figures = [
        Figure("sequences without a fault", "sequences", [sequences], f">= {SEQUENCES:,}", quick=asked.quick),
        Figure("operations in them", "operations", [sum(b.operations for b in batches)], quick=asked.quick),
        Figure("a sequence, processor", "s", [seconds / max(1, sequences)], quick=asked.quick),
    ]
    print_report("sequences", figures, ("hypothesis", "duckdb"), as_json=asked.json)


def run(wanted: int, seconds: float, first_seed: int, records: list[Path]) -> list[Batch]:
    """Run batches until there are enough sequences, those on record included, or the time is over.

    Raises
    ------
    AssertionError
        With the shortest sequence that hypothesis finds, if an invariant is broken.
    """
    if MEMORY.is_dir():
        tempfile.tempdir = str(
            MEMORY
        )  # a flush to a disk would be most of the time; what is written is the same
    quicken()
    batches = list({batch.seed: batch for path in records for batch in _recorded(path)}.values())
    taken = {batch.seed for batch in batches}
    number, started = first_seed, time.perf_counter()
    sys.path.insert(0, str(TESTS / "oracle"))
    machine: Any = runpy.run_path(str(TESTS / "linkage" / "index" / "test_invariants.py"))["NightsOfAnIndex"]
    while (left := wanted - sum(batch.sequences for batch in batches)) > 0:
        if time.perf_counter() - started >= seconds:
            break
        if number not in taken:
            batches.append(_run_batch(machine, number, min(BATCH, left)))
            if records:
                with records[0].open("a", encoding="utf-8") as file:
                    print(json.dumps(asdict(batches[-1])), file=file)
            print(f"{sum(batch.sequences for batch in batches):,} sequences", file=sys.stderr)
        number += 1
    return batches


def _recorded(path: Path) -> list[Batch]:
    if not path.exists():
        return []
    return [Batch(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _run_batch(machine: Any, number: int, size: int) -> Batch:
    done = {"sequences": 0, "steps": 0}

    class Counted(machine):  # type: ignore[misc]  # loaded from the tests
        """Counts what was run."""

        def __init__(self) -> None:
            super().__init__()
            done["sequences"] += 1

        def check_invariants(self, *arguments: object, **options: object) -> None:
            done["steps"] += 1
            super().check_invariants(*arguments, **options)

    rules = settings(
        max_examples=size,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),  # a busy machine is no fault
    )
    started = time.process_time()
    run_state_machine_as_test(seed(number)(Counted), settings=rules)
    return Batch(number, done["sequences"], done["steps"], time.process_time() - started)


if __name__ == "__main__":
    main()

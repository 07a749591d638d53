"""Sequences of operations on small indexes: ``python benchmarks/sequences.py [--quick] [--json] [--sequences N]``.

The state machine of `tests/linkage/index/test_invariants.py`, which the tests run a few times, is run 10,000 times, or
for as long as `--minutes` allows: nights, full and incremental, with changes, deletions and shields of sources, and
decisions of people (shield, separate, sever, join), undoings and erasures, in any order. After every step: nobody who
is shielded is shown, no separated pair shares a child, incremental equals full, undoing restores rows, children and
links exactly, and no file of the index holds the id of an erased record. A sequence that breaks one of these is shrunk
and printed, and the benchmark fails.
"""

import runpy
import sys
import time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from reporting import Figure, arguments, print_report

TESTS = Path(__file__).parent.parent / "tests"
SEQUENCES, QUICK_SEQUENCES = 10_000, 2
BATCH = 50
STEPS = 12


def main() -> None:
    """Run the sequences, and print a table or one JSON object."""
    parser = arguments(__doc__)
    parser.add_argument("--sequences", type=int, help=f"how many; {SEQUENCES:,} if not given")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so many minutes")
    parser.add_argument("--seed", type=int, default=1, help="of the first batch; each batch has the next")
    asked = parser.parse_args()
    wanted = asked.sequences or (QUICK_SEQUENCES if asked.quick else SEQUENCES)
    sequences, steps, seconds = run(wanted, 60 * asked.minutes, asked.seed)
    figures = [
        Figure("sequences without a fault", "sequences", [sequences], f">= {SEQUENCES:,}", quick=asked.quick),
        Figure("operations in them", "operations", [steps], quick=asked.quick),
        Figure("a sequence", "s", [seconds / sequences], quick=asked.quick),
    ]
    print_report("sequences", figures, ("hypothesis", "duckdb"), as_json=asked.json)


def run(wanted: int, seconds: float, first_seed: int) -> tuple[int, int, float]:
    """Run sequences until there are enough or the time is over: how many, their operations, the seconds.

    Raises
    ------
    AssertionError
        With the shortest sequence that hypothesis finds, if an invariant is broken.
    """
    sys.path.insert(0, str(TESTS / "oracle"))
    machine: Any = runpy.run_path(str(TESTS / "linkage" / "index" / "test_invariants.py"))["NightsOfAnIndex"]
    done = {"sequences": 0, "steps": 0}

    class Counted(machine):  # type: ignore[misc]  # loaded from the tests
        """Counts what was run."""

        def __init__(self) -> None:
            super().__init__()
            done["sequences"] += 1

        def check_invariants(self, *arguments: object, **options: object) -> None:
            done["steps"] += 1
            super().check_invariants(*arguments, **options)

    started = time.perf_counter()
    batch = 0
    while done["sequences"] < wanted and time.perf_counter() - started < seconds:
        size = min(BATCH, wanted - done["sequences"])
        phases = (Phase.generate, Phase.shrink)
        rules = settings(
            max_examples=size,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),  # a busy machine is no fault
        )
        run_state_machine_as_test(seed(first_seed + batch)(Counted), settings=rules)
        batch += 1
        print(f"{done['sequences']:,} sequences", file=sys.stderr)
    return done["sequences"], done["steps"], time.perf_counter() - started


if __name__ == "__main__":
    main()

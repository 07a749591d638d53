"""How many pairs of 1024-bit filters a second the similarity join looks through, against anonlink and FAISS.

Figures
-------
Dice >= 0.7, 0.8, 0.9: times anonlink, times FAISS
    Ratio of pairs a second, one thread each, run by run: ours, anonlink's and FAISS's turn come one after the other.
Dice >= 0.5: times anonlink
    A dense result: many thousand pairs have to be written, not only looked at.
two threads over one
    Our own pairs a second.
pairs that anonlink does not have, or has alone
    At every threshold, over all pairs of the two sets.

The filters are those of two feeds of simulated children, by our encoder: one filter over forename, surname, birth
date and postcode, three bits of ten set. anonlink is timed inside `dice_coefficient_accelerated`, its filters made
before. FAISS has no Dice coefficient: it searches the Hamming distance that a pair of mean length has at the threshold
(`IndexBinaryFlat.range_search`, one thread), which is the same work but another result, so its pairs are not held
against ours. Ours is the whole of `similarity_join`, with its sorting and its choice of stopping points.

Traps: thresholds differ in kind. At 0.9 nearly every tile is skipped by length or left after a few words; at 0.7 the
bound after half the bits drops little. The first pass compiles and is not counted. Seconds are those of the processor,
of one thread each, so that a busy machine does not show; only the gain of a second thread is one of the clock, and
needs both processors idle.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from realistic_filters import filters, normalised_records, simulate_feeds
from reporting import Figure, arguments, peers_python, print_report

from linkage.kernels import similarity_join

RECORDS, QUICK_RECORDS = 40_000, 300
PEER_RECORDS = 20_000
"""Half as many where peers take part, whose dense join would take minutes; more where it is the gain of a second
thread that is asked for, so that the join is measured and not its preparation of some hundredths of a second."""
RUNS, QUICK_RUNS = 5, 1
FIELDS = ("forename", "surname", "birth_date", "postcode")
TARGETS = {
    0.5: (">= 1", None),
    0.7: (">= 4", None),
    0.8: (">= 8", ">= 5"),
    0.9: (">= 10", None),
}
"""By threshold: times anonlink, times FAISS."""

Words = npt.NDArray[np.uint64]


class Joined(NamedTuple):
    """Seconds of the clock and of the processor, and the numbers of the pairs."""

    clock: float
    processor: float
    pairs: list[npt.NDArray[np.int64]]


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--no-peers", action="store_true", help="only our own figures")
    asked = parser.parse_args()
    n = QUICK_RECORDS if asked.quick else RECORDS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        feeds = simulate_feeds(folder, max(int(1.6 * n), 200))
        left, right = (
            filters(normalised_records(feeds, source).slice(0, n), FIELDS, bits=1024, fill=0.3)
            for source in ("gp", "school")
        )
        figures = own_figures(left, right, quick=asked.quick)
        peers = None if asked.no_peers else peers_python()
        if peers is None:
            print("no peers: only our own figures (make bench-peers has both)", file=sys.stderr)
        else:
            figures += peer_figures(
                left[:PEER_RECORDS], right[:PEER_RECORDS], folder, peers, quick=asked.quick
            )
    print_report("similarity_join", figures, ("childindex", "numpy", "numba", "llvmlite"), as_json=asked.json)


def own_figures(left: Words, right: Words, *, quick: bool) -> list[Figure]:
    """Pairs a second by threshold, and what a second thread adds."""
    figures = []
    for threshold in TARGETS:
        join(left, right, threshold, 1)
        runs = [
            (join(left, right, threshold, 1), join(left, right, threshold, 2))
            for _ in range(n_runs(quick=quick))
        ]
        speeds = [len(left) * len(right) / one.processor / 1e6 for one, _ in runs]
        figures.append(Figure(f"Dice >= {threshold}: one thread", "M pairs/s", speeds))
        gains = [one.clock / two.clock for one, two in runs]
        target = ">= 1.8" if threshold in (0.8, 0.9) else None
        figures.append(Figure(f"Dice >= {threshold}: two threads over one", "times", gains, target, quick))
    return figures


def peer_figures(left: Words, right: Words, folder: Path, peers: Path, *, quick: bool) -> list[Figure]:
    """Ratios to the peers, run by run, and differences from anonlink's pairs."""
    for name, words in (("left", left), ("right", right)):
        np.save(folder / f"{name}.npy", words.view(np.uint8))
    figures = []
    with answering(peers, folder) as ask:
        for threshold, (times_anonlink, times_faiss) in TARGETS.items():
            ratios = []
            for _ in range(n_runs(quick=quick)):
                own = join(left, right, threshold, 1).processor
                ratios.append([ask(peer, threshold, "1") / own for peer in ("anonlink", "faiss")])
            name = f"Dice >= {threshold}"
            anonlink, faiss = zip(*ratios, strict=True)
            figures.append(Figure(f"{name}: times anonlink", "times", anonlink, times_anonlink, quick))
            figures.append(Figure(f"{name}: times FAISS", "times", faiss, times_faiss, quick))
            ask("pairs", threshold, str(folder / "pairs.npy"))
            own_pairs = join(left, right, threshold, 1).pairs
            differing = different_pairs(own_pairs, np.load(folder / "pairs.npy"), len(right))
            figures.append(Figure(f"{name}: pairs of one alone", "pairs", [differing], "<= 0", quick))
    return figures


def join(left: Words, right: Words, threshold: float, threads: int) -> Joined:
    """Join two sets from end to end."""
    clock, processor = time.perf_counter(), time.process_time()
    found = list(similarity_join(left, right, threshold, threads=threads))
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return Joined(clock, processor, [pairs.left * len(right) + pairs.right for pairs in found])


@contextmanager
def answering(peers: Path, folder: Path) -> Iterator[Callable[[str, float, str], float]]:
    """A process of the peers, which gives the seconds of each job that it is asked for."""
    command = [str(peers), str(Path(__file__).parent / "peer_similarity.py"), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        jobs, answers = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        answers.readline()

        def ask(peer: str, threshold: float, last: str) -> float:
            print(peer, threshold, last, file=jobs, flush=True)
            return float(answers.readline().split()[0])

        yield ask
        jobs.close()


def different_pairs(own: list[npt.NDArray[np.int64]], theirs: npt.NDArray[np.uint64], n_right: int) -> int:
    """Pairs that one side has and the other has not."""
    rows, others = theirs.astype(np.int64)
    ours = np.concatenate([np.empty(0, np.int64), *own])
    return int(np.setxor1d(ours, rows * n_right + others).size)


def n_runs(*, quick: bool) -> int:
    """Runs of each figure."""
    return QUICK_RUNS if quick else RUNS


if __name__ == "__main__":
    main()

"""How many pairs a second a thread counts into a pattern table, and how many it looks through to emit some.

Figures
-------
counting, six filters of 256 bits
    Dice at four thresholds on forename, surname, birth date, postcode, address and both names, for all
    pairs of one block of simulated GP records. Pairs a second of one thread.
counting, five diffused filters of 1024 bits
    Hamming at three distances, the weakest 0.38 of the bits, with the sequential test (1e-9) and without.
    With the weakest level at 0.44, where unrelated filters are only four standard deviations away, for
    comparison.
emitting
    The same pairs by a table of match weights, at the cutoff where the odds are even. Its ratio to counting.
blocks of about 30, and of about 5, records
    The same six filters where tiles are half empty, or not worth filling. One record is fetched for few
    pairs, so memory and preparation count.

The bound of the machine. A step compares one query with 64 records. A piece of 16 bits of these is two
512-bit vectors, each to be combined with the query's, counted (`vpopcntw`) and added: on Zen 4, whose four
vector pipes are 256 bits wide, 2 * 3 * 2 / 4 = 3 cycles. Six filters of 256 bits are 96 pieces, or 288
cycles for 64 pairs; at 3.7 GHz no more than 820 million pairs a second. Counting reaches about a third of
it: four thresholds of a filter cost 60 vector operations beside the 96 of its bits, and cells that differ from
the common one are added to one by one. Five filters of 1024 bits are 320 pieces: 250 million, of which counting
reaches 60 percent; the sequential test raises it by what it leaves out, about a quarter of the bits at these
thresholds. Loads are no bound: one of 64 bytes a cycle would do for 440 million pairs, but each is shared by two
queries. Emission has the same bound for the comparisons that it cannot do without: with these weights no code of
three filters can be ruled out, so four of six (and four of five) are compared of every pair.

Seconds are those of the processor, so that a busy machine does not show; on an idle one they are those of
the clock. Traps: the first pass compiles, and is not counted; a table of one cell alone would be too easy,
so people are realistic ones.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from realistic_filters import filters, normalised_records, simulate_feeds
from reporting import Figure, arguments, print_report

from linkage.candidates import BlockSpace, CandidatePlan, count_patterns, emit_pairs, plan_candidates
from linkage.comparison import Comparison, ComparisonPlan, Metric, decode_patterns, random_pair_table

RECORDS, QUICK_RECORDS = 30_000, 400
RUNS, QUICK_RUNS = 5, 1
SIX = (
    ("forename",),
    ("surname",),
    ("birth_date",),
    ("postcode",),
    ("address",),
    ("forename", "surname"),
)
FIVE = (
    ("forename", "surname", "birth_date"),
    ("forename", "birth_date", "postcode"),
    ("surname", "birth_date", "postcode"),
    ("forename", "surname", "postcode"),
    ("surname", "birth_date", "address"),
)
DICE = (575, 700, 830, 1000)
SHARES = (0.38, 0.31, 0.18)
BITS = 1024


def main() -> None:
    """Measure and print."""
    asked = arguments(__doc__).parse_args()
    n_records = QUICK_RECORDS if asked.quick else RECORDS
    with tempfile.TemporaryDirectory() as folder:
        feeds = simulate_feeds(Path(folder), int(n_records * 1.1))
        records = normalised_records(feeds, "gp").slice(0, n_records)
    figures = six_filters(records, quick=asked.quick) + five_filters(records, quick=asked.quick)
    print_report("pattern_counts", figures, ("childindex", "numpy", "numba", "llvmlite"), as_json=asked.json)


def six_filters(records: pa.Table, *, quick: bool) -> list[Figure]:
    """Attribute-level filters: counting, emitting, small blocks."""
    words = [filters(records, fields, bits=256, fill=0.3) for fields in SIX]
    plan = ComparisonPlan(
        tuple(
            Comparison.of("_".join(fields), Metric.DICE, DICE, 4 * place, 4)
            for place, fields in enumerate(SIX)
        )
    )
    return both_passes("six filters of 256 bits", words, plan, quick=quick) + small_blocks(
        words, plan, quick=quick
    )


def five_filters(records: pa.Table, *, quick: bool) -> list[Figure]:
    """Diffused filters: with the sequential test, without, and with a weak level."""
    words = [filters(records, fields, bits=BITS, fill=0.19, inputs=12) for fields in FIVE]
    name = "five diffused filters of 1024 bits"
    figures = both_passes(name, words, diffused_plan(SHARES, 1e-9), quick=quick)
    figures += both_passes(f"{name}, exact", words, diffused_plan(SHARES, 0.0), quick=quick, judged=False)
    weak = diffused_plan((0.44, *SHARES), 1e-9)
    return figures + both_passes(f"{name}, weak level", words, weak, quick=quick, judged=False)


def diffused_plan(shares: tuple[float, ...], stop_error: float) -> ComparisonPlan:
    """Five Hamming comparisons with thresholds at shares of differing bits."""
    distances = tuple(int(share * BITS) for share in shares)
    n_words = BITS // 64
    return ComparisonPlan(
        tuple(
            Comparison.of("_".join(fields), Metric.HAMMING, distances, n_words * place, n_words)
            for place, fields in enumerate(FIVE)
        ),
        stop_error,
    )


def both_passes(
    name: str, words: list[npt.NDArray[np.uint64]], plan: ComparisonPlan, *, quick: bool, judged: bool = True
) -> list[Figure]:
    """Counting and emitting over one block of all records."""
    candidates = blocked(words, np.ones(len(words[0]), dtype=np.uint64))
    score, cutoff = match_weights(candidates, plan)
    counting = speeds(lambda: count_patterns(candidates, plan, threads=1), candidates, quick=quick)
    emitting = speeds(
        lambda: sum(len(pairs) for pairs in emit_pairs(candidates, plan, score, cutoff, threads=1)),
        candidates,
        quick=quick,
    )
    ratios = [emitted / counted for emitted, counted in zip(emitting, counting, strict=True)]
    speed, ratio = (">= 200", ">= 2") if judged else (None, None)
    return [
        Figure(f"counting, {name}", "M pairs/s", counting, speed, quick),
        Figure(f"emitting, {name}", "M pairs/s", emitting),
        Figure(f"emitting over counting, {name}", "times", ratios, ratio, quick),
    ]


def small_blocks(words: list[npt.NDArray[np.uint64]], plan: ComparisonPlan, *, quick: bool) -> list[Figure]:
    """Counting where blocks are small."""
    rng = np.random.default_rng(0)
    n_records = len(words[0])
    figures = []
    for size in (30, 5):
        keys = rng.integers(1, max(n_records // size, 1) + 1, size=n_records).astype(np.uint64)
        candidates = blocked(words, keys)
        runs = speeds(lambda: count_patterns(candidates, plan, threads=1), candidates, quick=quick)  # noqa: B023
        figures.append(Figure(f"counting, six filters, blocks of about {size}", "M pairs/s", runs))
    return figures


def blocked(words: list[npt.NDArray[np.uint64]], keys: npt.NDArray[np.uint64]) -> CandidatePlan:
    """Candidates of one space with the given keys, from two sources."""
    rows = np.hstack([*words, keys[:, None]])
    sources = (np.arange(len(rows)) % 2).astype(np.int16)
    return plan_candidates(rows, sources, [BlockSpace("key", (rows.shape[1] - 1,))])


def match_weights(candidates: CandidatePlan, plan: ComparisonPlan) -> tuple[npt.NDArray[np.float64], float]:
    """Weights as a model gives them: matches agree in nine fields of ten, others as random pairs do.

    The cutoff is where the odds are even if every record has one match.
    """
    table = random_pair_table(candidates.words, candidates.sources, plan, 300_000, seed=1)
    levels = decode_patterns(np.arange(plan.n_patterns), plan.n_levels)
    counts = table.counts.sum(axis=(0, 1))
    score = np.zeros(plan.n_patterns)
    for place, n in enumerate(plan.n_levels):
        u = np.bincount(levels[:, place], weights=counts, minlength=n) + 0.5
        m = np.full(n, 0.1 / max(n - 2, 1))
        m[-1] = 0.9
        weights = np.log2(m / (u / u[1:].sum()))
        weights[0] = 0.0
        score += weights[levels[:, place]]
    n_records = len(candidates.words)
    return score, float(np.log2(max(candidates.n_pairs, 1) / n_records))


def speeds(work: Callable[[], object], candidates: CandidatePlan, *, quick: bool) -> list[float]:
    """Million pairs a second of the processor, for each run after one that is not counted."""
    work()
    runs = []
    for _ in range(QUICK_RUNS if quick else RUNS):
        started = time.process_time()
        work()
        runs.append(candidates.n_pairs / max(time.process_time() - started, 1e-9) / 1e6)
    return runs


if __name__ == "__main__":
    main()

"""Loading the kernels of the passes over pairs before they begin, and compiling them where it is a first run.

Compiling takes half a minute, once on a machine and after every upgrade. It would pass for a standstill of the stage
that happens to need a kernel first; so a few made-up records are compared, under a stage of its own. Compiled code
depends on the types of arrays alone, not on what is compared.
"""

import numpy as np

from linkage.candidates import BlockSpace, count_patterns, emit_pairs, plan_candidates
from linkage.comparison import Comparison, ComparisonPlan, Metric, compare_pairs
from linkage.kernels import connected_components
from pipelines.progress import Progress

__all__ = ["ready_kernels"]

N_RECORDS = 64


def ready_kernels(progress: Progress) -> None:
    """Load every kernel that comparing records takes; each counts as one of the stage."""
    plan = ComparisonPlan((Comparison.of("value", Metric.DICE, (800,), 0, 1),))
    # The second word is the key of one block of all, which is larger than those that are compared row by row.
    words = np.ones((N_RECORDS, 2), dtype=np.uint64)
    sources = np.zeros(N_RECORDS, dtype=np.int16)
    rows = np.arange(2, dtype=np.int64)
    with progress.stage("load or compile kernels", total=5, unit="") as stage:
        candidates = plan_candidates(words, sources, [BlockSpace("all", (1,))])
        stage.reach(1)
        count_patterns(candidates, plan, threads=1)
        stage.reach(2)
        compare_pairs(words, rows, rows[::-1], plan)
        stage.reach(3)
        for _ in emit_pairs(candidates, plan, np.zeros((1, plan.n_patterns)), 1.0, threads=1):
            pass
        stage.reach(4)
        connected_components(2, rows[:1], rows[1:])
        stage.reach(5)

"""How well encodings are linked, without labels, on public and simulated data, and where what is missed was lost.

Every data set is mapped by a specification that names fields and columns and nothing else (the simulated children have
the specification that ships), and runs through the real jobs: encode, load, link, evaluate.

Figures, by data set
--------------------
ceiling of the patterns
    The best F1 that any score of agreement patterns could reach, chosen with the truth: what normalisation, encoding,
    levels and blocking leave possible. The first rung of the ablation.
best pairwise F1, one-to-one F1
    Of the best threshold on the weights that the model gives, without and with greedy assignment. The distance to the
    ceiling is what the model loses.
F1 of pairs at the own threshold
    At the threshold that the software chose without labels. Its distance to the best is what choosing costs.
F1 of the children
    Of the published partition. Its distance to the pairs' is what resolution gains or loses.
calibration error
    Expected calibration error of the posteriors of all pairs above odds of one in 4,096, ten bins.
precision among twins
    Of the links that a record of a twin takes part in, where the truth knows twins.
Splink, best pairwise and one-to-one F1, best components
    Splink on the plaintext of pseudopeople's feeds in the same run, with our normalised values and our blocking keys;
    its components at the best of six probabilities, chosen with the truth.

Traps: hashing keys are drawn anew in each run, which moves F1 by about 0.002 on the small sets; the truth counts all
pairs of records of one person, duplicates inside a source included; "best" and "ceiling" know the truth and are bounds,
not results; the ceiling is too kind where patterns hold few pairs.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from datasets import DATA_SETS, DataSet, NotThereError, prepare
from linkage_job import Linked, PairsAtAnyThreshold, link_data_set, pairs_at_any_threshold
from reporting import Figure, arguments, print_report
from splink_baseline import run_splink

BEST, ONE_TO_ONE, OWN, CHILDREN = (
    "best pairwise F1",
    "one-to-one F1",
    "F1 of pairs at the own threshold",
    "F1 of the children",
)
OWN_GAP, CALIBRATION, TWINS = "own threshold below best", "calibration error", "precision among twins"
TARGETS = {
    ("febrl4", BEST): ">= 0.9933",
    ("febrl4", ONE_TO_ONE): ">= 0.9988",
    ("febrl4", OWN_GAP): "<= 0.005",
    ("ons", BEST): ">= 0.938",
    ("ons", ONE_TO_ONE): ">= 0.971",
    ("ons", OWN_GAP): "<= 0.01",
    ("rldata", BEST): ">= 0.947",
    ("rldata", OWN_GAP): "<= 0.01",
    ("children_100000", CHILDREN): ">= 0.985",
    ("children_100000", TWINS): ">= 0.99",
    ("children_100000", CALIBRATION): "<= 0.02",
}
WITH_PEER = ("pseudopeople", "pseudopeople_benefits")
QUICK_SETS = ("febrl4", "rldata", "children_20000")
PACKAGES = ("childindex", "numpy", "numba", "pyarrow", "duckdb", "recordlinkage")


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(DATA_SETS), help="these data sets")
    parser.add_argument("--no-peers", action="store_true", help="leave Splink out")
    asked = parser.parse_args()
    names = asked.only or (QUICK_SETS if asked.quick else DATA_SETS)
    figures: list[Figure] = []
    for name in names:
        try:
            figures += measured(name, quick=asked.quick, peers=not (asked.no_peers or asked.quick))
        except NotThereError as reason:
            print(f"{name}: left out, {reason}", file=sys.stderr)
    print_report("accuracy", figures, PACKAGES, as_json=asked.json)


def measured(name: str, *, quick: bool, peers: bool) -> list[Figure]:
    """All figures of one data set.

    Raises
    ------
    NotThereError
        If the data are not on this machine.
    """
    with tempfile.TemporaryDirectory(prefix="childindex-accuracy-") as folder:
        data = prepare(name, Path(folder) / name, quick=quick)
        started = time.perf_counter()
        linked = link_data_set(data)
        seconds = time.perf_counter() - started
        pairs = pairs_at_any_threshold(linked)
        values = rungs(linked, pairs)
        for warning in linked.summary.warnings:
            print(f"{name}: the model warns: {warning}", file=sys.stderr)
        print(f"{name}: {json.dumps(details(linked))}", file=sys.stderr)
        figures = [
            Figure(f"{name}: {figure}", "", [value], TARGETS.get((name, figure)), quick)
            for figure, value in values.items()
        ]
        figures.append(Figure(f"{name}: warnings of the model", "", [len(linked.summary.warnings)]))
        figures.append(Figure(f"{name}: whole job", "s", [seconds]))
        if peers and name in WITH_PEER:
            figures += compared(name, data, values)
    return figures


def rungs(linked: Linked, pairs: PairsAtAnyThreshold) -> dict[str, float]:
    """What each step leaves of F1, and how honest the posteriors are."""
    best, own = pairs.curve.best[1].f1, pairs.curve.at(pairs.threshold)
    values = {
        "ceiling of the patterns": pairs.ceiling_f1,
        BEST: best,
        ONE_TO_ONE: pairs.one_to_one.best[1].f1,
        OWN: own.f1,
        OWN_GAP: best - own.f1,
        CHILDREN: linked.evaluation.pairs.f1,
        "precision of the children": linked.evaluation.pairs.precision,
        "recall of the children": linked.evaluation.pairs.recall,
        CALIBRATION: pairs.calibration.calibration_error,
    }
    twins = linked.evaluation.by_group.get("twin", {}).get("True")
    return values | ({TWINS: twins.precision} if twins else {})


def details(linked: Linked) -> dict[str, Any]:
    """What a person reads beside the figures: losses by step, feed pairs, relatives, stages."""
    told = linked.evaluation
    return {
        "records": told.records,
        "pairs_compared": linked.summary.pairs_compared,
        "missed_by_reason": told.lost.to_json(),
        "f1_by_feed_pair": {name: quality.f1 for name, quality in told.by_feed_pair.items()},
        "relatives": told.relatives.to_json() if told.relatives else None,
        "seconds": linked.seconds
        | {f"link: {name}": value for name, value in linked.summary.seconds.items()},
    }


def compared(name: str, data: DataSet, ours: dict[str, float]) -> list[Figure]:
    """Splink on the plaintext of the same feeds, and ours held against it."""
    peer = run_splink(data)
    best, single = peer.curve.best[1].f1, peer.one_to_one.best[1].f1
    return [
        Figure(f"{name}: Splink {peer.version}, best pairwise F1", "", [best]),
        Figure(f"{name}: Splink {peer.version}, one-to-one F1", "", [single]),
        Figure(f"{name}: Splink {peer.version}, best components F1", "", [peer.best_clusters_f1]),
        Figure(f"{name}: Splink {peer.version}", "s", [peer.seconds]),
        Figure(f"{name}: best pairwise F1, ours less Splink's", "", [ours[BEST] - best], ">= 0"),
        Figure(f"{name}: one-to-one F1, ours less Splink's", "", [ours[ONE_TO_ONE] - single], ">= 0"),
    ]


if __name__ == "__main__":
    main()

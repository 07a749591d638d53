"""Review without names: pairs where a label teaches most, shown as agreement and weights, labelled in a page.

The page knows pairs by opaque numbers. Which records a number stands for is in the key file, which stays at the unit
with mode 0600; `--labels-from` maps the labels that the page exported back to records.

Labels: ``{"format": "childindex review labels", "version": 1, "review": id, "labels": {"1": "yes", ...}}``.
The key file is CSV with ``review, number, source_left, record_left, source_right, record_right``.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from linkage.analysis import Workbench, read_material
from linkage.analysis.levels import level_name
from linkage.analysis.pattern_odds import pattern_odds
from linkage.analysis.scored_pairs import ScoredPairs
from linkage.comparison import decode_patterns, encode_patterns
from linkage.exchange.errors import InputRefused
from linkage.exchange.plurals import counted
from linkage.index import open_index
from pipelines.at_unit.labels import COLUMNS
from pipelines.documents import Document, read_document
from pipelines.outputs import check_output, whole_file
from pipelines.progress import Progress, Silent
from pipelines.report.page import page, write_page

__all__ = ["LABELS_FORMAT", "ReviewSummary", "draw_pairs", "key_path", "label_records", "run"]

LABELS_FORMAT = "childindex review labels"
VERSION = 1
REACH_BITS = 8.0
"""Pairs further from the threshold than this are as good as certain."""
KEY_COLUMNS = ("review", "number", *COLUMNS[:4])


class Labels(Document):
    """What the page saves."""

    review: str
    labels: dict[str, Literal["yes", "no", "unsure"]]


@dataclass(frozen=True)
class ReviewSummary:
    """What was written."""

    pairs: int
    report: Path
    key: Path

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return {"pairs": self.pairs, "report": str(self.report), "key": str(self.key)}

    def text(self) -> str:
        """The same for people."""
        return (
            f"{counted(self.pairs, 'pair')} to label in {self.report}\n"
            f"{self.key} says which records they are: keep it here, it is not for the reviewer"
        )


def key_path(report: Path) -> Path:
    """Where the key of a review page lies."""
    return report.with_suffix(".key.csv")


def run(
    index: Path,
    n_pairs: int,
    report: Path,
    *,
    overwrite: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> ReviewSummary:
    """Draw pairs and write the page and its key.

    Records of shielded children are never drawn.

    Raises
    ------
    InputRefused
        If there is no model, nothing to review, or a place is taken.
    """
    key = key_path(report)
    for out in (report, key):
        check_output(out, overwrite=overwrite)
    with open_index(index, command="childindex review") as opened:
        shielded = opened.protection.shielded_rows()
    bench = Workbench(read_material(index, command="childindex review"), threads=threads)
    if not np.isfinite(bench.threshold):
        raise InputRefused(f"{index}: the last run linked nothing, so there is no threshold to review around")
    with (progress or Silent()).stage(
        "find pairs", total=bench.material.candidates.n_pairs, unit="pairs"
    ) as stage:
        pairs = bench.pairs(bench.threshold - REACH_BITS, reach=stage.reach)
    hidden = np.isin(bench.material.live.rows, shielded)
    chosen = draw_pairs(pairs, bench.threshold, n_pairs, np.random.default_rng(), hidden)
    if not len(chosen):
        raise InputRefused(f"{index}: no pair lies within {REACH_BITS:.0f} bits of the threshold")
    review = secrets.token_hex(8)
    write_page(report, _page(bench, pairs, chosen, review))
    with whole_file(key) as partial:
        _key(bench, pairs, chosen, review).to_csv(partial, index=False)
    return ReviewSummary(len(chosen), report, key)


def draw_pairs(
    pairs: ScoredPairs,
    threshold: float,
    n_pairs: int,
    random: np.random.Generator,
    hidden: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int64]:
    """Places of the pairs to label, in random order.

    A pattern with N pairs of which a share p are expected to match gets labels in proportion to N sqrt(p (1 - p)): the
    allocation under which a stratified estimate of the number of matches varies least (Neyman 1934, JRSS 97). Each
    pattern that gets any gets one at least; inside a pattern pairs are drawn evenly.

    Parameters
    ----------
    hidden
        bool (n_records,): records of which no pair is drawn.
    """
    near = np.flatnonzero(np.abs(pairs.odds - threshold) <= REACH_BITS)
    near = near[~hidden[pairs.left[near]] & ~hidden[pairs.right[near]]]
    if not len(near):
        return near
    probability = 1.0 / (1.0 + np.exp2(-pairs.odds[near]))
    doubt = np.sqrt(probability * (1.0 - probability))
    _, cell = np.unique(np.stack([pairs.classes[near], pairs.patterns[near]]), axis=1, return_inverse=True)
    order = random.permutation(len(near))
    by_cell = order[np.argsort(cell[order], kind="stable")]
    sizes = np.bincount(cell)
    rank = np.arange(len(near)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    total = np.bincount(cell, doubt)
    # The k-th pair of a cell comes when the allocation has grown to k: dividing the cells fairly (Webster).
    due = (rank + 0.5) / total[cell[by_cell]]
    return np.asarray(random.permutation(near[by_cell[np.argsort(due, kind="stable")[:n_pairs]]]))


def label_records(exported: Path, key: Path, out: Path, *, overwrite: bool = False) -> int:
    """Map exported labels back to records; how many there are.

    Raises
    ------
    InputRefused
        If a file is not what it should be, or the labels are of another review.
    """
    check_output(out, overwrite=overwrite)
    labels = read_document(exported, Labels, LABELS_FORMAT, VERSION)
    try:
        known = pd.read_csv(key, dtype=str)
    except (OSError, ValueError):
        raise InputRefused(f"{key}: cannot be read as the key file of a review") from None
    if tuple(known.columns) != KEY_COLUMNS:
        raise InputRefused(f"{key}: this is not the key file of a review")
    if set(known["review"]) != {labels.review}:
        raise InputRefused(f"{exported} and {key} are of different reviews")
    known["label"] = known["number"].map(labels.labels)
    if labels.labels.keys() - set(known["number"]):
        raise InputRefused(f"{exported}: labels of pairs that {key} does not have")
    found = known.dropna(subset=["label"])
    with whole_file(out) as partial:
        found[list(COLUMNS)].to_csv(partial, index=False)
    return len(found)


def _key(bench: Workbench, pairs: ScoredPairs, chosen: npt.NDArray[np.int64], review: str) -> pd.DataFrame:
    material = bench.material
    names = np.array(material.sources)[material.live.sources]

    def ids(rows: npt.NDArray[np.int64]) -> list[str]:
        return [material.record_ids[row].tobytes().hex() for row in rows]

    left, right = pairs.left[chosen], pairs.right[chosen]
    columns = (review, 1 + np.arange(len(chosen)), names[left], ids(left), names[right], ids(right))
    return pd.DataFrame(dict(zip(KEY_COLUMNS, columns, strict=True)))


def _page(bench: Workbench, pairs: ScoredPairs, chosen: npt.NDArray[np.int64], review: str) -> str:
    model, feeds = bench.model, bench.material.feed_pairs
    tables = {number: pattern_odds(model)[number] for number in np.unique(pairs.classes[chosen]).tolist()}
    shown = []
    for place in chosen.tolist():
        pair_class, code = int(pairs.classes[place]), int(pairs.patterns[place])
        levels = decode_patterns(np.array([code]), model.n_levels)[0].astype(np.int64)
        n = len(levels)
        prefixes = np.where(np.arange(n) < np.arange(n + 1)[:, None], levels, 0)
        bits = np.diff(tables[pair_class][encode_patterns(prefixes, model.n_levels)])
        rows = [
            [
                traits.name,
                int(level),
                traits.n_levels - 1,
                level_name(int(level), traits.n_levels, len(traits.equal_shares), traits.incomplete_levels),
                round(float(bit), 2),
            ]
            for traits, level, bit in zip(model.comparisons, levels, bits, strict=True)
        ]
        shown.append({"feeds": feeds[pair_class], "rows": rows, "bits": round(float(pairs.odds[place]), 2)})
    return page(
        "review.html.j2",
        title="Are these the same child?",
        data={"review": review, "format": LABELS_FORMAT, "version": VERSION, "pairs": shown},
        scripts=["review.js", "clerk.js"],
        n_pairs=len(shown),
    )

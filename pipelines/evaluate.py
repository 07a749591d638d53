"""The job that measures an index against a truth file: how good it is, for whom, and where links were lost."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from linkage.candidates.specified import spaces_of
from linkage.evaluation import (
    BCubed,
    LossCounts,
    PairQuality,
    RelativeLinks,
    Reliability,
    bcubed,
    count_losses,
    links_among_relatives,
    loss_of,
    missed_links,
    one_to_one,
    pair_quality,
    quality_by_feed_pair,
    quality_by_group,
    reliability,
    shares_key,
    threshold_curve,
)
from linkage.exchange.errors import InputRefused
from linkage.exchange.plurals import counted
from linkage.exchange.specification import Specification, compares_every_pair
from linkage.index import Index, open_index
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.linking.evidence import Scores
from pipelines.at_unit.linking.fitting import last_model
from pipelines.console import table_text
from pipelines.progress import Progress, Silent
from pipelines.truth import grouping_columns, read_truth

__all__ = ["EvaluationSummary", "run"]


@dataclass(frozen=True)
class EvaluationSummary:
    """Quality of a published partition.

    Attributes
    ----------
    records, unknown
        With a known entity; and those of each source without one, which are not judged.
    pairs, cubed
        Over all records with a known entity.
    by_feed_pair, by_group
        By pair of sources, and by the values of every grouping column of the truth file.
    relatives
        False links among siblings and twins, where the truth names households and twins.
    lost
        Missed links by the step at which they were lost.
    best, best_one_to_one
        The best that any threshold on the weights of single pairs can do, without and with greedy assignment.
    calibration
        Whether pairs that say 0.9 are right nine times in ten.
    """

    records: int
    unknown: dict[str, int]
    pairs: PairQuality
    cubed: BCubed
    by_feed_pair: dict[str, PairQuality]
    by_group: dict[str, dict[str, PairQuality]]
    relatives: RelativeLinks | None
    lost: LossCounts
    best: PairQuality
    best_one_to_one: PairQuality
    calibration: Reliability

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return {
            "records": self.records,
            "unknown": self.unknown,
            "precision": _number(self.pairs.precision),
            "recall": _number(self.pairs.recall),
            "f1": _number(self.pairs.f1),
            "pairwise": self.pairs.to_json(),
            "bcubed": self.cubed.to_json(),
            "by_feed_pair": {name: quality.to_json() for name, quality in self.by_feed_pair.items()},
            "by_group": {
                column: {value: quality.to_json() for value, quality in values.items()}
                for column, values in self.by_group.items()
            },
            "relatives": self.relatives.to_json() if self.relatives else None,
            "missed_by_reason": self.lost.to_json(),
            "best_threshold": self.best.to_json(),
            "best_one_to_one": self.best_one_to_one.to_json(),
            "calibration": self.calibration.to_json(),
        }

    def text(self) -> str:
        """The same for people."""
        headings = ["", "precision", "recall", "F1", "false", "missed"]
        rows = [_row("all pairs", self.pairs)]
        rows += [_row(name, quality) for name, quality in self.by_feed_pair.items()]
        groups = [
            _row(f"{column} = {value}", quality)
            for column, values in self.by_group.items()
            for value, quality in values.items()
        ]
        lost = ", ".join(f"{reason} {count:,}" for reason, count in self.lost.to_json().items())
        unknown = ", ".join(f"{source} {count:,}" for source, count in self.unknown.items() if count)
        parts = [
            f"{counted(self.records, 'record')} of known entity"
            + (f"; not judged, since neither truth nor maps have them: {unknown}" if unknown else ""),
            table_text(headings, rows),
            "\n".join(
                [
                    f"B-cubed: precision {_share(self.cubed.precision)}, recall {_share(self.cubed.recall)}",
                    f"missed links by reason: {lost}",
                    f"best F1 of single links: {_share(self.best.f1)}, one to one {_share(self.best_one_to_one.f1)}",
                    f"calibration error of the posteriors {_share(self.calibration.calibration_error)}",
                ]
            ),
        ]
        if self.relatives:
            told = self.relatives
            parts.append(
                f"false links between siblings {told.false_household:,} of {told.possible_household:,} possible,"
                f" between twins {told.false_twin:,} of {told.possible_twin:,}"
            )
        if groups:
            parts.append(table_text(headings, groups, title="links that a record of the group takes part in"))
        return "\n\n".join(parts)


def _number(value: float) -> float | None:
    """A share as JSON takes it: null where it is one of nothing."""
    return None if math.isnan(value) else value


def _share(value: float) -> str:
    """A share for people: a dash where it is one of nothing."""
    return "-" if math.isnan(value) else f"{value:.4f}"


@dataclass(frozen=True, repr=False)
class _Judged:
    """Live records of an index with their cluster and their entity, in the order of the rows."""

    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    truth: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int16]
    facts: pd.DataFrame


def run(
    index: Path, truth: Path, id_maps: Sequence[Path], progress: Progress | None = None
) -> EvaluationSummary:
    """Measure the children of an index.

    Raises
    ------
    InputRefused
        If nothing was linked, the truth cannot be read, or none of its records is in the index.
    """
    specification = index_specification(index)
    known = read_truth(truth, id_maps)
    with (progress or Silent()).stage("evaluate", unit="") as stage, open_index(index) as opened:
        judged = _judge(opened, known, truth)
        pairs = _stored_pairs(opened, judged, specification)
        lost = _lost(opened, judged, specification, pairs)
        stage.reach(1)
        n_true = _n_pairs(judged.truth)
        single = one_to_one(pairs.left, pairs.right, pairs.weights, judged.sources)
        in_truth = (judged.truth[pairs.left] >= 0) & (judged.truth[pairs.right] >= 0)
        left, right, weights = pairs.left[in_truth], pairs.right[in_truth], pairs.weights[in_truth]
        return EvaluationSummary(
            records=int((judged.truth >= 0).sum()),
            unknown=_unknown(judged, opened.sources),
            pairs=pair_quality(judged.labels, judged.truth),
            cubed=bcubed(judged.labels, judged.truth),
            by_feed_pair=_by_feed_pair(judged, opened.sources),
            by_group=_by_group(judged),
            relatives=_relatives(judged),
            lost=lost,
            best=threshold_curve(pairs.left, pairs.right, pairs.weights, judged.truth, n_true=n_true).best[1],
            best_one_to_one=threshold_curve(
                pairs.left[single], pairs.right[single], pairs.weights[single], judged.truth, n_true=n_true
            ).best[1],
            calibration=reliability(1 / (1 + np.exp2(-weights)), judged.truth[left] == judged.truth[right]),
        )


@dataclass(frozen=True, repr=False)
class _StoredPairs:
    """The pairs that an index keeps as evidence, by places among the judged records.

    Attributes
    ----------
    weights
        float64 (n,): log2 odds.
    joins
        bool (n,): whether the model in use links the pair, given that neither record has a better rival.
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    joins: npt.NDArray[np.bool_]


def _stored_pairs(index: Index, judged: _Judged, specification: Specification) -> _StoredPairs:
    places = np.full(int(judged.rows.max()) + 1, -1, dtype=np.int64)
    places[judged.rows] = np.arange(len(judged.rows))
    links = index.links()
    left, right = places[links.left_rows], places[links.right_rows]
    joins = np.zeros(len(left), dtype=np.bool_)
    decided = last_model(index)
    if decided is not None:
        scores = Scores.of(decided, specification, index.sources)
        of_left, of_right = judged.sources[left], judged.sources[right]
        lowered = scores.threshold - scores.exclusivity_bits[of_left, of_right]
        joins = scores.weights(of_left, of_right, links.patterns) >= lowered
    return _StoredPairs(left, right, links.weights.astype(np.float64), joins)


def _lost(index: Index, judged: _Judged, specification: Specification, pairs: _StoredPairs) -> LossCounts:
    """The links that were missed, by the step at which each was lost."""
    missed = missed_links(judged.labels, judged.truth)
    if compares_every_pair(specification, len(judged.rows)):
        compared = np.ones(len(missed), dtype=np.bool_)
    else:
        spaces = spaces_of(specification)
        columns = [offset for space in spaces for offset in space.offsets]
        numbers = np.array([number for number, space in enumerate(spaces) for _ in space.offsets])
        compared = shares_key(missed.left, missed.right, index.words(judged.rows)[:, columns], numbers)
    return count_losses(loss_of(missed, pairs.left[pairs.joins], pairs.right[pairs.joins], compared))


def _judge(index: Index, known: pd.DataFrame, origin: Path) -> _Judged:
    live = index.live_rows()
    if not len(live) or (live.children < 0).all():
        raise InputRefused(
            "the index has not been linked yet; run `childindex nightly` or `childindex link` first"
        )
    ids = index.record_ids(live.rows)
    records = pd.DataFrame(
        {
            "source": np.array(index.sources)[live.sources],
            "record_id": [identifier.tobytes().hex() for identifier in ids],
        }
    )
    facts = records.merge(known, on=["source", "record_id"], how="left", validate="one_to_one")
    entities = pd.factorize(facts["entity_id"])[0].astype(np.int64)
    if (entities < 0).all():
        raise InputRefused(
            f"{origin}: none of its records is in the index; give the record-id maps of the sources with --ids"
        )
    return _Judged(live.rows, live.children, entities, live.sources, facts)


def _unknown(judged: _Judged, names: tuple[str, ...]) -> dict[str, int]:
    counts = np.bincount(judged.sources[judged.truth < 0], minlength=len(names))
    return dict(zip(names, counts.tolist(), strict=True))


def _by_feed_pair(judged: _Judged, names: tuple[str, ...]) -> dict[str, PairQuality]:
    found = quality_by_feed_pair(judged.labels, judged.truth, judged.sources)
    return {
        f"{names[a]} - {names[b]}" if a != b else f"within {names[a]}": quality
        for (a, b), quality in found.items()
    }


def _by_group(judged: _Judged) -> dict[str, dict[str, PairQuality]]:
    found = {}
    for column, names, codes in grouping_columns(judged.facts):
        qualities = quality_by_group(judged.labels, judged.truth, codes)
        found[column] = {names[code]: quality for code, quality in qualities.items()}
    return found


def _relatives(judged: _Judged) -> RelativeLinks | None:
    if not {"household_id", "twin"} <= set(judged.facts.columns):
        return None
    households = pd.factorize(judged.facts["household_id"])[0].astype(np.int64)
    twins = judged.facts["twin"].eq(other=True).to_numpy()
    return links_among_relatives(judged.labels, judged.truth, households, twins)


def _n_pairs(truth: npt.NDArray[np.int64]) -> int:
    sizes = np.bincount(truth[truth >= 0])
    return int((sizes * (sizes - 1) // 2).sum())


def _row(name: str, quality: PairQuality) -> list[object]:
    return [name, quality.precision, quality.recall, quality.f1, quality.false_links, quality.missed_links]

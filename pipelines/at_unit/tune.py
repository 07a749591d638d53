"""The job for analysts: what every threshold would do, as a page, and the threshold that somebody chose for it.

The index is read and closed again before anything is computed, so that a night does not wait for an analyst.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from linkage.analysis import (
    Grouping,
    JudgedPairs,
    Material,
    Outcome,
    Workbench,
    measured_links,
    read_material,
)
from linkage.analysis.judged_pairs import MeasuredLinks, judged_odds, judged_reliability
from linkage.analysis.sweep import lowest_weight
from linkage.evaluation import Reliability
from linkage.exchange.errors import InputRefused
from linkage.index import open_index
from linkage.weights import label_warnings, score_patterns
from pipelines.at_unit.labels import judged_pairs
from pipelines.at_unit.linking.decided_model import (
    DecidedModel,
    Decision,
    read_decided_model,
    write_decided_model,
)
from pipelines.at_unit.linking.model_choice import model_in_use
from pipelines.console import table_text
from pipelines.outputs import check_output
from pipelines.progress import Progress, Silent
from pipelines.report.page import write_page
from pipelines.report.tune_page import TuneFindings, tune_page
from pipelines.truth import grouping_columns, read_truth

__all__ = ["TuneJob", "TuneSummary", "run", "set_threshold"]

SHOWN = 9
TITLE = "by threshold, expected without labels (best: what the software would choose)"
JUDGED = "by the judged pairs, of single links"
MEASURED = "measured, of the children: pairs of records that the truth file knows"


@dataclass(frozen=True)
class TuneJob:
    """What to look at.

    Attributes
    ----------
    index
        An index that was linked.
    report
        Where the page goes; None for none.
    model
        A model file instead of the model in use.
    labels
        Judged pairs, see `pipelines.at_unit.labels`.
    truth, id_maps
        A truth file, and the sources' maps of record ids where it needs them.
    threads
        All processors if None.
    """

    index: Path
    report: Path | None = None
    overwrite: bool = False
    model: Path | None = None
    labels: Path | None = None
    truth: Path | None = None
    id_maps: Sequence[Path] = ()
    threads: int | None = None


@dataclass(frozen=True, repr=False)
class TuneSummary:
    """What was found.

    Attributes
    ----------
    findings
        All of it.
    report
        Where the page is.
    """

    findings: TuneFindings
    report: Path | None

    def to_json(self) -> dict[str, Any]:
        """As a document for machines: one object a threshold, and one by the judged pairs where there are any."""
        frame = self.findings.sweep.frame()
        outcomes = self.findings.sweep.outcomes
        return {
            "today": outcomes[self.findings.today].threshold,
            "chosen": outcomes[self.findings.chosen].threshold,
            "thresholds": frame.astype(object).where(frame.notna(), None).to_dict("records"),
            "judged": [
                {"threshold": outcome.threshold, **asdict(measured)}
                for outcome, measured in zip(outcomes, self.findings.measured, strict=False)
            ],
            "warnings": list(self.findings.warnings),
            "report": None if self.report is None else str(self.report),
        }

    def text(self) -> str:
        """The same for people, at every few thresholds."""
        outcomes = self.findings.sweep.outcomes
        chosen, today = self.findings.chosen, self.findings.today
        marks = {chosen: "best", today: "in use, best" if chosen == today else "in use"}
        even = np.linspace(0, len(outcomes) - 1, min(SHOWN, len(outcomes))).astype(int).tolist()
        rows = [_row(outcomes[step], marks.get(step, "")) for step in sorted({*even, *marks})]
        headings = ["bits", "links", "false", "95%", "missed", "95%", "children", ""]
        lines = [TITLE, table_text(headings, rows)]
        measured = [(outcomes[step].threshold, outcomes[step].measured) for step in sorted({*even, *marks})]
        known = [
            [_bits(at), found.precision, found.recall, found.f1, found.false_links, found.missed_links]
            for at, found in measured
            if found is not None
        ]
        if self.findings.measured:
            judged = [
                [_bits(outcomes[step].threshold), *_judged_row(self.findings.measured[step])]
                for step in sorted({*even, *marks})
            ]
            lines += ["", JUDGED, table_text(["bits", "precision", "95%", "recall", "95%"], judged)]
        if known:
            lines += ["", MEASURED]
            lines += [table_text(["bits", "precision", "recall", "F1", "false", "missed"], known)]
        lines += [f"warning: {warning}" for warning in self.findings.warnings]
        return "\n".join([*lines, *([f"page: {self.report}"] if self.report else [])])


@dataclass(frozen=True, repr=False)
class _Known:
    """The entity of each live record, -1 where unknown, and ways to part the records."""

    entities: npt.NDArray[np.int64]
    groupings: list[Grouping]


def run(job: TuneJob, progress: Progress | None = None) -> TuneSummary:
    """Resolve the index's pairs at every threshold of a grid, and write the page.

    Raises
    ------
    InputRefused
        If there is no model yet, a file cannot be used, or the page's place is taken.
    """
    progress = progress or Silent()
    if job.report is not None:
        check_output(job.report, overwrite=job.overwrite)
    bench = Workbench(_material(job), threads=job.threads)
    judged = _judged(job.labels, bench.material) if job.labels else None
    known = _known(bench.material, job.truth, job.id_maps) if job.truth else None
    findings = _findings(bench, judged, known, progress)
    if job.report is not None:
        write_page(job.report, tune_page(findings))
    return TuneSummary(findings, job.report)


def _judged(labels: Path, material: Material) -> JudgedPairs:
    return judged_pairs(labels, material.sources, material.live.sources, material.record_ids)


def set_threshold(index: Path, model: Path, threshold: float, *, who: str, reason: str) -> Decision:
    """Write a threshold, with who chose it and why, to a model file; `link --model` uses it.

    A file that is not there yet is made from the model in use.

    Raises
    ------
    InputRefused
        If who or why is missing, the threshold is no number or beyond all odds of the model, or there is no model.
    """
    if not who.strip() or not reason.strip():
        raise InputRefused("a threshold is set by somebody for a reason: give --who and --reason")
    if not np.isfinite(threshold):
        raise InputRefused("--set-threshold: expected a number of bits")
    if model.exists():
        decided = read_decided_model(model)
    else:
        with open_index(index) as opened:
            found = model_in_use(opened).decided
        if found is None:
            raise InputRefused(f"{index} has no model yet: run `childindex link`, or name a model file")
        decided = found
    _require_reached(decided, threshold)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    decision = Decision(float(threshold), "person", {}, who=who.strip(), reason=reason.strip(), set_at=now)
    write_decided_model(model, replace(decided, decision=decision))
    return decision


def _require_reached(decided: DecidedModel, threshold: float) -> None:
    """A slip such as 999 for 9.99 would link nobody, or everybody, and be seen after a run."""
    odds = score_patterns(decided.model).odds
    odds = odds[np.isfinite(odds)]
    low, high = float(odds.min()), float(odds.max())
    if not low <= threshold <= high:
        raise InputRefused(
            f"--set-threshold: the odds of this model's pairs lie between {low:.1f} and {high:.1f} bits, got"
            f" {threshold:g}; give one between them"
        )


def _material(job: TuneJob) -> Material:
    if job.model is None:
        return read_material(job.index, command="childindex tune")
    decided = read_decided_model(job.model)
    material = read_material(job.index, command="childindex tune", common=decided.common)
    if decided.model.n_levels != material.plan.n_levels or decided.model.n_sources != len(material.sources):
        raise InputRefused(f"{job.model}: fitted to other comparisons or sources than {job.index} has")
    is_automatic = decided.decision.objective != "person"
    threshold = decided.decision.threshold
    return replace(material, model=decided.model, threshold=threshold, is_automatic=is_automatic)


def _findings(
    bench: Workbench, judged: JudgedPairs | None, known: _Known | None, progress: Progress
) -> TuneFindings:
    truth, groupings = (None, []) if known is None else (known.entities, known.groupings)
    model, material = bench.model, bench.material
    with progress.stage("compare", total=material.candidates.n_pairs, unit="pairs") as stage:
        bench.count(stage.reach)
    chosen, grid = bench.choose_threshold().threshold, bench.grid()
    today = bench.threshold if np.isfinite(bench.threshold) else chosen
    with progress.stage("find pairs", total=material.candidates.n_pairs, unit="pairs") as stage:
        lowest = lowest_weight(grid, bench.automatic(), bench.exclusivity())
        pairs = bench.pairs(min(lowest, 0.0), reach=stage.reach)
    with progress.stage("resolve", total=len(grid), unit="thresholds") as stage:
        found = bench.sweep(grid, truth=truth, groupings=groupings, reach=stage.reach)
    odds, is_match, contradicted = pairs.odds[:0], np.zeros(0, dtype=np.bool_), []
    if judged is not None:
        odds, is_match = judged_odds(material, model, judged), judged.is_match
        contradicted = list(label_warnings(odds, is_match.astype("i8"), (~is_match).astype("i8")))
    measured = [] if judged is None else [measured_links(bench.scored(), odds, is_match, at) for at in grid]
    checked: Reliability | None = None
    if judged is not None:
        checked = judged_reliability(odds, is_match)
    elif truth is not None:
        both = (truth[pairs.left] >= 0) & (truth[pairs.right] >= 0)
        same = truth[pairs.left] == truth[pairs.right]
        checked = judged_reliability(pairs.odds[both], same[both])
    return TuneFindings(
        sweep=found,
        today=int(np.argmin(np.abs(grid - today))),
        chosen=int(np.argmin(np.abs(grid - chosen))) if np.isfinite(chosen) else len(grid) - 1,
        levels=bench.levels(),
        classes=bench.classes(),
        steps=bench.steps(today),
        completeness=bench.completeness(),
        presence=bench.linked_by_presence(),
        keys=bench.keys(today),
        measured=measured,
        reliability=checked,
        records=dict(zip(bench.sources, material.counts.tolist(), strict=True)),
        warnings=(*model.report.warnings, *contradicted),
    )


def _known(material: Material, truth: Path, id_maps: Sequence[Path]) -> _Known:
    """What a truth file says of the live records."""
    records = pd.DataFrame(
        {
            "source": np.array(material.sources)[material.live.sources],
            "record_id": [identifier.tobytes().hex() for identifier in material.record_ids],
        }
    )
    told = read_truth(truth, id_maps)
    facts = records.merge(told, on=["source", "record_id"], how="left", validate="one_to_one")
    entities = pd.factorize(facts["entity_id"])[0].astype(np.int64)
    if (entities < 0).all():
        raise InputRefused(
            f"{truth}: none of its records is in the index; give the record-id maps of the sources with --ids"
        )
    return _Known(entities, [Grouping(*grouping) for grouping in grouping_columns(facts)])


def _row(outcome: Outcome, mark: str) -> list[object]:
    row: list[object] = [_bits(outcome.threshold), outcome.links]
    for part in (outcome.expected.false_links, outcome.expected.missed_links):
        row += [round(part.estimate), f"{_short(part.low)}-{_short(part.high)}"]
    return [*row, outcome.children, mark]


def _judged_row(measured: MeasuredLinks) -> list[object]:
    row: list[object] = []
    for part in (measured.precision, measured.recall):
        row += [part.estimate, f"{part.low:.3f} to {part.high:.3f}"]
    return row


def _bits(threshold: float) -> str:
    return f"{round(threshold, 2) + 0.0:.2f}"


def _short(count: float) -> str:
    """A count in at most five characters."""
    for scale, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if count >= scale:
            scaled = count / (1000 if letter == "k" else scale)
            return f"{scaled:.0f}{letter}" if scaled >= 100 else f"{scaled:.1f}{letter}"
    return f"{count:.0f}"
